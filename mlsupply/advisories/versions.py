"""PEP 440 versions as strings that sort as the versions do, so that a window of an advisory is two string comparisons.

`sort_key(a) < sort_key(b)` exactly where `packaging.version.Version(a) < Version(b)`, and equal exactly where these are
equal. Versions in the normal form (`1.82.6`, `2.0rc1.post2`, `2.9.0+cu128`), nearly all of a lock file, are read without
importing packaging (11 ms of a scan); everything else goes through it. The key without its local part is the key of the
public version.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mlsupply.hints import TYPE_CHECKING
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

if TYPE_CHECKING:
    from packaging.version import Version

FIRST = ""  # sorts below the key of every version: the bound `introduced: "0"`

_EPOCH = "A0"  # the key of epoch 0, see `_number`
_FINAL = "~0~"  # no pre-release, no post-release, no dev-release
_LONGEST = 512  # characters of a version that are read at all
_PRE = {"a": "a", "b": "b", "rc": "c"}
_LEADING_VERSION = expression(r"v?[0-9]{1,40}(?:\.[0-9]{1,40}){0,20}")
_NORMAL = expression(  # PEP 440, "Normalization", but for leading zeros, which int() takes away
    r"(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*+)(?:(a|b|rc)([0-9]+))?(?:\.post([0-9]+))?(?:\.dev([0-9]+))?"
    r"(?:\+([a-z0-9]+(?:\.[a-z0-9]+)*+))?\Z"
)


class Bound(NamedTuple):
    """A version that stands in an advisory, read as well as it can be. key: its sort key, None where nothing in it
    could be read; read_as: the version taken for it where it is not PEP 440, otherwise ""."""

    key: str | None
    read_as: str = ""


@lru_cache(maxsize=1 << 16)  # advisories of one project list the same hundreds of versions again and again
def sort_key(text: str) -> str | None:
    """The key of a version as written, or None where it is not PEP 440."""
    if len(text) > _LONGEST:
        return None
    numbers = text.split(".")
    if text.isascii() and all(map(str.isdigit, numbers)):
        return _EPOCH + _release([int(number) for number in numbers]) + _FINAL
    if normal := _NORMAL.match(text):
        return _normal_key(normal)
    from packaging.version import InvalidVersion, Version

    try:
        return _key(Version(text))
    except InvalidVersion:
        return None


def _normal_key(match: re.Match[str]) -> str:
    epoch, release, letter, pre, post, dev, local = match.groups()
    return _joined(
        int(epoch or 0),
        [int(number) for number in release.split(".")],
        (letter, int(pre)) if letter else None,
        None if post is None else int(post),
        None if dev is None else int(dev),
        local,
    )


def is_version(text: str) -> bool:
    """Whether this is a version (PEP 440), as a release on an index must have."""
    return sort_key(text) is not None


def same_version(one: str, other: str) -> bool:
    """Whether two texts are one version (PEP 440): file names say `1.0` where a lock says `1.0.0`. What is none is only
    itself."""
    return one == other or ((key := sort_key(one)) is not None and key == sort_key(other))


def public_key(key: str) -> str:
    """The key of the public version: `2.10.0+cu128` -> that of `2.10.0`."""
    return key.partition("+")[0]


def is_dev(key: str) -> bool:
    """Whether the version is a dev release (PEP 440), such as a nightly build."""
    return not public_key(key).endswith("~")


def bound(text: str, *, semver: bool = False) -> Bound:
    """The bound of a range. What is not PEP 440 is read as the version it begins with (`2.6.0-NA` as `2.6.0`). semver: it is
    written by SemVer 2.0.0, where a build (`+b`) means nothing and everything behind a hyphen is a pre-release: read as PEP
    440, `1.0.0-1` would be a post-release."""
    spelled = text.partition("+")[0] if semver else text
    key = sort_key(spelled)
    if key is not None and not (semver and "-" in spelled and not is_pre(key)):
        return Bound(key)
    leading = _LEADING_VERSION.match(spelled)
    return Bound(sort_key(leading[0]), leading[0]) if leading else Bound(None)


def is_pre(key: str) -> bool:
    """Whether the version is a pre-release or a dev-release of its release."""
    return "!~" not in public_key(key)


def _key(version: Version) -> str:
    return _joined(version.epoch, list(version.release), version.pre, version.post, version.dev, version.local)


def _joined(
    epoch: int, release: list[int], pre: tuple[str, int] | None, post: int | None, dev: int | None, local: str | None
) -> str:
    missing = "0" if post is None and dev is not None else "~"
    before = _PRE[pre[0]] + _number(pre[1]) if pre is not None else missing
    after = "0" if post is None else "1" + _number(post)
    nightly = "~" if dev is None else "0" + _number(dev)
    return _number(epoch) + _release(release) + before + after + nightly + _local(local)


def _release(numbers: list[int]) -> str:
    """`!` ends it and sorts below every number, so that 1 < 1.0.1; trailing zeros mean nothing."""
    while numbers and not numbers[-1]:
        numbers.pop()
    return "".join(map(_number, numbers)) + "!"


def _number(value: int) -> str:
    """Its decimal digits behind a character that tells how many there are: `A7`, `B82`, `C128`."""
    digits = str(value)
    return (chr(64 + len(digits)) if len(digits) < 32 else f"a{len(digits):04}") + digits


def _local(local: str | None) -> str:
    """Segments: words below numbers, a shorter label below the longer one it begins (PEP 440)."""
    if local is None:
        return ""
    parts = (f"2{_number(int(part))}" if part.isdigit() else f"1{part}!" for part in local.split("."))
    return "+" + "".join(parts)
