"""Licences: what a distribution states about itself, as an SPDX expression or nothing. Pure.

Nothing is guessed from licence texts, and whatever is not clear is unknown: several classifiers, for example, do not say
whether all of them apply or any one. Sources: PEP 639 (License-Expression),
https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlsupply.headers import Headers, first
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from license_expression import Licensing

_LONGEST = 300  # characters of an expression
_DEEPEST = 20  # brackets in brackets
_ID = r"[A-Za-z0-9][A-Za-z0-9.+-]{1,39}"
_SPDX_LIKE = expression(rf"{_ID}(?: (?:AND|OR|WITH) {_ID}){{0,5}}")
_CLASSIFIER = "License :: OSI Approved :: "
# classifiers that mean one licence and version; the others ("BSD License", "GNU General Public License (GPL)") do not
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "zlib/libpng License": "Zlib",
}


# what people write into the old License field for one licence and version, in lower case
_WORDS = {
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache2": "Apache-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd-3-clause license": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "isc license": "ISC",
    "mit license": "MIT",
    "the mit license": "MIT",
    "the mit license (mit)": "MIT",
    "mpl 2.0": "MPL-2.0",
    "mozilla public license 2.0": "MPL-2.0",
}


def of_headers(fields: Headers) -> str:
    """See `stated`."""
    return stated(first(fields, "license-expression"), fields.get("classifier", ()), first(fields, "license"))


def of_json(info: Mapping[str, Any]) -> str:
    """The same of `info` in an index's JSON of a release, whatever shape it has."""
    texts = [value if isinstance(value := info.get(key), str) else "" for key in ("license_expression", "license")]
    listed = info.get("classifiers")
    classifiers = listed if isinstance(listed, list) else []
    return stated(texts[0], [text for text in classifiers if isinstance(text, str)], texts[1])


def stated(expression: str, classifiers: Sequence[str], word: str) -> str:
    """What core metadata states: its License-Expression; its one licence classifier; its License field where that reads like
    an SPDX id or expression and no classifier says otherwise. "" for unknown."""
    if expression:
        return safe(expression, _LONGEST)
    word = _WORDS.get(word.lower(), word)
    own = [text for text in classifiers if text.startswith("License ::") and text != "License :: OSI Approved"]
    if len(own) == 1 and (one := _CLASSIFIERS.get(own[0].removeprefix(_CLASSIFIER))):
        return one
    if not all(text.startswith(_CLASSIFIER) for text in own) or not _SPDX_LIKE.fullmatch(word) or word.upper() == "UNKNOWN":
        return ""
    return word if len(own) < 2 or " " in word else ""  # of several classifiers the field must say how they combine


def normalised(text: str) -> str:
    """The SPDX expression in its canonical form, "" where it is none."""
    tree = _parsed(text)
    return "" if tree is None else str(tree.render())


def satisfiable(text: str, permitted: Callable[[str], bool]) -> bool | None:
    """Whether the expression can be met with permitted licences alone: all of `A AND B`, one of `A OR B`; `A WITH B` is one
    licence. None where the text is no SPDX expression."""
    tree = _parsed(text)
    return None if tree is None else _holds(tree, permitted)


def _holds(tree: Any, permitted: Callable[[str], bool]) -> bool:
    parts = getattr(tree, "args", ())
    if not parts:
        return permitted(str(tree.render()))
    combined = any if type(tree).__name__ == "OR" else all
    return combined([_holds(part, permitted) for part in parts])


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Any:
    """The library's tree, None for what is no expression of known ids. The library was not written for hostile text: length
    and depth are bounded here, and broken operators also make it raise AttributeError, TypeError and IndexError."""
    if not text.strip() or len(text) > _LONGEST or text.count("(") > _DEEPEST:
        return None
    from license_expression import ExpressionError

    try:
        return _licensing().parse(text, validate=True, strict=True)
    except (ExpressionError, ValueError, AttributeError, TypeError, IndexError, RecursionError):
        return None


@lru_cache(maxsize=1)
def _licensing() -> Licensing:
    """The list of SPDX ids: a fifth of a second to read."""
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()
