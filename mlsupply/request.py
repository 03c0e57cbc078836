"""What the user asked for: the command line and configuration as one frozen value. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mlsupply.model import Place, Severity, Source, SourceKind
from mlsupply.value import field, value
from mlsupply.world import PUBLIC_INDEX


@value
class Targets:
    """What to resolve for where nothing is locked. Empty values mean: universal, the project's own requirement."""

    python: str = ""  # e.g. 3.11
    platforms: tuple[str, ...] = ()  # uv's names, e.g. x86_64-unknown-linux-gnu
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    exclude_newer: str = ""  # RFC 3339 time or ISO date


@value
class RuleSettings:
    """What the user says of rules. files: (path, text) of the user's rule and list files; off: ids switched off;
    severity: (id, severity) changed; values: (name, value) that replace named values and lists (`$cooling_off`);
    origin: the configuration file."""

    files: tuple[tuple[str, str], ...] = ()
    off: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    values: tuple[tuple[str, object], ...] = ()
    origin: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the built-in rules are judged by as they are."""
        return not (self.files or self.off or self.severity or self.values)


@value
class WaiverRule:
    """A user's decision to live with a finding. id: of a rule or an advisory (any alias); package: name, "" for any;
    version: exact, "" for any; until: ISO date, inclusive; until_fixed: lapses once a fix is published. A malicious
    release is waived only by id, package, version and date together, so that it stays a decision about one file."""

    id: str
    reason: str
    package: str = ""
    version: str = ""
    owner: str = ""
    until: str = ""
    until_fixed: bool = False
    place: Place


@value
class VexStatement:
    """What a VEX document says of one vulnerability. ids: the vulnerability's name and aliases; products: purls, with or
    without a version, none meaning all; status: `not_affected`, `fixed`, `affected` or `under_investigation`."""

    ids: tuple[str, ...]
    status: str
    products: tuple[str, ...] = ()
    reason: str = ""
    place: Place


@value
class Tolerance:
    """Gaps that do not make a run incomplete; `*` in check and subject stands for any text."""

    check: str = "*"
    reason: str = "*"
    subject: str = "*"


@value
class Policy:
    """What fails a run. fail_on: lowest severity; by_kind, by_group: other thresholds, None for never (a group counts for
    packages that are reached through no other way in); unknown: the severity an unknown one counts as; waivers, vex,
    baseline (see `report.baseline`) mark findings, nothing is dropped; tolerated: gaps that are accepted."""

    fail_on: Severity = Severity.HIGH
    by_kind: tuple[tuple[str, Severity | None], ...] = ()
    by_group: tuple[tuple[str, Severity | None], ...] = ()
    unknown: Severity = Severity.UNKNOWN
    waivers: tuple[WaiverRule, ...] = ()
    vex: tuple[VexStatement, ...] = ()
    baseline: frozenset[str] = frozenset()
    tolerated: tuple[Tolerance, ...] = ()


@value
class Request:
    """One run. subjects: paths or requirement texts as typed (beside an environment the default stands for nothing);
    checks: names to run, empty for all; settings: the validated `[tool.mlsupply]` table of options that belong to one
    check, by check name."""

    subjects: tuple[str, ...] = (".",)
    environment: str = ""  # an installed environment to read instead
    offline: bool = False
    resolve: bool = True
    targets: Targets = field(default_factory=Targets)
    checks: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    chosen_in: str = ""  # the configuration file that chooses the checks, "" where they are typed
    policy: Policy = field(default_factory=Policy)
    feed: str = "auto"  # auto | embedded | local | live
    feed_url: str = ""  # live API to ask instead of the public one
    index_url: str = ""  # index to ask instead of the project's own
    mirrors: tuple[str, ...] = ()  # indexes that serve the public index's packages under the same names
    rules: RuleSettings = field(default_factory=RuleSettings)
    settings: Mapping[str, object] = field(default_factory=dict)

    def is_public(self, source: Source) -> bool:
        """Whether a package from `source` is the public index's package of that name: taken from it, from a mirror the
        user named, or from a registry the input leaves open."""
        if source.kind is not SourceKind.REGISTRY:
            return False
        url = source.url.rstrip("/")
        return not url or url == PUBLIC_INDEX or any(url == mirror.rstrip("/") for mirror in self.mirrors)

    def private_index(self, name: str) -> str:
        """The index that `[tool.mlsupply.index] private` says a canonical name belongs to, "" for all other names: of
        those alone the public index may be asked."""
        private = self._private()
        if not private:
            return ""
        from fnmatch import fnmatchcase

        patterns = ((pattern.lower().replace("_", "-").replace(".", "-"), url) for pattern, url in private.items())
        return next((url for pattern, url in patterns if fnmatchcase(name, pattern)), "")

    def private_indexes(self) -> tuple[str, ...]:
        """The indexes private names belong to, as the configuration writes them, each once."""
        return tuple(dict.fromkeys(self._private().values()))

    def _private(self) -> dict[str, str]:
        table = self.settings.get("index")
        private = table.get("private") if isinstance(table, Mapping) else None
        return {pattern: str(url) for pattern, url in private.items()} if isinstance(private, Mapping) else {}
