"""Where to go from a release, and who keeps it from being gone there: values, made by `advisories.findings`."""

from __future__ import annotations

from mlsupply.named import NamedTuple


class Blocker(NamedTuple):
    """A package that keeps a fix out. package: `dspy 2.6.0`; asks: its specifier; to: its release that lets the fix in;
    newest: where none is known to, its newest release, which does not."""

    package: str
    asks: str
    to: str = ""
    newest: str = ""


class Upgrade(NamedTuple):
    """Where to go from a release, over all its flaws. checked: the index has the version, not yanked and for the project's
    Python unless `needs_python` (a specifier) says otherwise; blockers: who keeps it out."""

    version: str
    checked: bool = False
    needs_python: str = ""
    blockers: tuple[Blocker, ...] = ()
