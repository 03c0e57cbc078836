"""Which release to move to, and which packages stand in the way: values, made by `advisories.findings`."""

from __future__ import annotations

from mlsupply.named import NamedTuple


class Blocker(NamedTuple):
    """A package whose requirement rules a fix out. package: `dspy 2.6.0`; asks: its specifier; to: its release that allows
    the fix; newest: its newest release, where no release is known to allow it."""

    package: str
    asks: str
    to: str = ""
    newest: str = ""


class Upgrade(NamedTuple):
    """The release to move to, for all flaws together. checked: the index has the version, not yanked, and for the project's
    Python unless `needs_python` (a specifier) says otherwise; blockers: packages whose requirements rule it out."""

    version: str
    checked: bool = False
    needs_python: str = ""
    blockers: tuple[Blocker, ...] = ()
