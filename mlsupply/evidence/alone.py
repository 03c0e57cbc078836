"""Whether what `mlsupply inspect` is given is a model's alone: the model scanner judges that at once. Whatever holds code is
looked into as a package, its models with it: the scanner has nothing to say about code.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from mlsupply.evidence.models.folder import is_model_name, model_files
from mlsupply.hints import TYPE_CHECKING
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.archives import Walked  # what walks archives is imported where a name does not decide

_PACKAGES = (".whl", ".egg", ".conda", ".py", ".txt", ".toml", ".lock", ".cfg")
_SDIST = expression(r"[a-z0-9._-]+-\d[\w.!+-]*\.(?:tar\.gz|tgz|tar\.bz2|tar\.xz|zip)")
_CODE = expression(
    r"\.(?:pyw?|py[cdix]|so|dll|dylib|whl|egg|conda|ipynb|toml|cfg)$|(?:^|/)(?:METADATA|PKG-INFO)$|(?:^|/)src/",
    re.IGNORECASE,
)
_MOST = 20_000  # files that are looked at to decide
_SECONDS = 5.0


def stands_alone(path: Path) -> bool:
    """Whether a file or folder holds models and no code: no wheel, no source archive by its name, no Python, script, library
    or file for agents among what it holds. False as well where there is too much to tell. Raises `OSError` where the file
    cannot be read."""
    if path.is_dir():
        return not _holds_code(path) and next(model_files(path, []), None) is not None
    name = path.name.lower()
    if not path.is_file() or name.endswith(_PACKAGES) or _SDIST.fullmatch(name):
        return False
    if name.endswith(".pth"):
        with open(path, "rb") as handle:
            return not _is_text(handle.read(512))
    return is_model_name(name) or not _holds_code(path)


def _holds_code(path: Path) -> bool:
    """Is there code in the folder or archive, or something that could not be looked at? A file that is no archive holds
    none."""
    from mlsupply.evidence.archives import Limits, Member, walk

    items = walk(path, lambda path, size: False, Limits(members=_MOST, seconds=_SECONDS))
    first = next(items, None)
    no_archive = path.is_file() and not isinstance(first, Member)
    return not no_archive and any(_is_code(item) for item in (first, *islice(items, _MOST)) if item is not None)


def _is_code(item: Walked) -> bool:
    from mlsupply.evidence.archives import Member, is_nested_name
    from mlsupply.evidence.files.agent_files import is_agent_file
    from mlsupply.evidence.files.builds import build_system
    from mlsupply.evidence.files.foreign import is_foreign
    from mlsupply.evidence.files.jupyter import is_jupyter_file
    from mlsupply.evidence.files.requirement_lists import is_requirement_list
    from mlsupply.evidence.files.start_lines import SUFFIXES

    if not isinstance(item, Member) or item.head.startswith(b"#!") or (item.path.endswith(SUFFIXES) and _is_text(item.head)):
        return True
    kinds = (is_nested_name, is_agent_file, build_system, is_foreign, is_jupyter_file, is_requirement_list)
    return _CODE.search(item.path) is not None or any(kind(item.path) for kind in kinds)


def _is_text(head: bytes) -> bool:
    """A `.pth` of site-packages is text, one of torch is not."""
    return all(code >= 32 or code in b"\t\r\n" for code in head) and not head.startswith((b"(", b"\x80"))
