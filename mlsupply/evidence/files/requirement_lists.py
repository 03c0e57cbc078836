"""Lists of requirements that a build reads: text so far to the right that nobody sees it."""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.evidence.allowance import MOST_TEXT
from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.lazy import expression
from mlsupply.text import safe

_REQUIREMENTS = expression(r"(?:^|/)(?:[\w.-]{0,60}requirements[\w.-]{0,60}\.(?:txt|in)|setup\.cfg)$")
_FAR = expression(rb"(?<![ \t])[ \t]{100,}+(?P<rest>[^\s][^\n]{0,399})")


def is_requirement_list(path: str) -> bool:
    """Is this, by its name, a text file that a build may read requirements from?"""
    return _REQUIREMENTS.search(path) is not None


def requirement_facts(path: str, data: bytes) -> Iterator[CodeFact]:
    """A fact for each line of which a part is pushed out of sight by a hundred blanks or more; comments do not count. Only
    the first `MOST_TEXT` bytes are searched."""
    for number, line in enumerate(data[:MOST_TEXT].split(b"\n"), 1):
        if len(line) > 100 and (found := _FAR.search(line)) is not None and not found["rest"].startswith(b"#"):
            shown = safe(found["rest"].decode("utf-8", "replace"), 200)
            yield CodeFact(
                behaviour="far-right", moment=Moment.INSTALL, member=path, line=number, detail=shown, decoded=shown
            )
