"""The closed sets of words that findings, gaps and packages are described with; all of them appear in the JSON. Imports
nothing of the package.
"""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is, worst first; `unknown` is a state of its own and never means low."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """4 for critical down to 0 for unknown; for ordering only, policy decides what unknown does."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: 4 - place for place, severity in enumerate(Severity)}


class Confidence(StrEnum):
    """How sure a rule is of what it says."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Kind(StrEnum):
    """What sort of thing a finding is about."""

    ADVISORY = "advisory"  # a published vulnerability
    MALICIOUS = "malicious"  # a known bad release, by name, version or hash: always fails
    NAME = "name"  # impersonation, confusion, does not exist
    RELEASE = "release"  # age, yank, quarantine, provenance, publisher
    CONTENT = "content"  # inside an archive
    INTEGRITY = "integrity"  # a hash or a RECORD differs
    INDEX = "index"  # extra-index confusion, direct URL under a public name
    MODEL = "model"  # unsafe or unpinned model, dataset, tool server
    LICENCE = "licence"  # what a package or model may be used for, against the user's lists
    CONFIG = "config"  # the project's own settings


class Reason(StrEnum):
    """Why something was not looked at. Closed: a new reason is a change of the published JSON."""

    OFFLINE = "offline"
    NOT_FOUND = "not-found"
    FORBIDDEN = "forbidden"
    TIMEOUT = "timeout"
    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    UNPINNED = "unpinned"
    NO_ARTIFACT = "no-artifact"
    LIMIT = "limit"
    STALE = "stale"
    DISABLED = "disabled"
    INTERNAL = "internal"


class Cause(StrEnum):
    """What is behind a gap, by who can close it, in the order of the reports."""

    FAILED = "failed"  # it was tried and went wrong, or the data is too old: fix it, or try again
    INPUT = "input"  # the input leaves it open, or is not read here: lock it, or scan the result
    SCOPE = "scope"  # the options of this run rule it out: run with others
    UNPUBLISHED = "unpublished"  # nobody publishes it


class SourceKind(StrEnum):
    """Where a package comes from, in the words of lock files."""

    REGISTRY = "registry"
    GIT = "git"
    URL = "url"
    PATH = "path"
    EDITABLE = "editable"
    VIRTUAL = "virtual"  # a project that is never built: a workspace root
