"""What the probes say of an archive and of the code in it: facts, never verdicts. Their fields are what rules speak of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """When a piece of code runs, earliest first: the same call is worth more the earlier it runs."""

    INSTALL = "install"  # setup.py, a build backend in the tree
    START = "start"  # .pth lines, sitecustomize: whenever any Python starts
    IMPORT = "import"  # module level of a module
    SCRIPT = "script"  # console scripts, __main__, conftest and other tests
    CALL = "call"  # only when somebody calls it

    @property
    def rank(self) -> int:
        """4 for install down to 0 for call."""
        return 4 - list(Moment).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFact:
    """An oddity of a container or of a member in it.

    kind: absolute-name, parent-name, unprintable-name, long-name, duplicate-name, case-collision, link, link-outside,
    special-file, encrypted, corrupt, bomb, leading-data, hidden-bytes, trailing-data, header-disagrees, not-in-record,
    record-missing-file, record-size, record-hash, executable-out-of-place, type-differs; member: path; detail: one phrase.
    """

    kind: str
    member: str
    detail: str = ""
