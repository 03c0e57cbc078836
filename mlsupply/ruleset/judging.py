"""Facts in, findings and gaps out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from types import MappingProxyType

from mlsupply.model import Cause, Checked, Finding, Gap, Package, Place, Quote, Reason
from mlsupply.named import NamedTuple
from mlsupply.ruleset.conditions import Decide, Values, decider, undecided
from mlsupply.ruleset.facets import facet_names
from mlsupply.ruleset.messages import filled
from mlsupply.ruleset.rule import Rule
from mlsupply.value import replace

MAX_PLACES = 20  # places and quotes kept of one finding


class Unknown(NamedTuple):
    """Why a field of a facet is None; cause: where the reason does not tell it."""

    reason: Reason
    detail: str
    hint: str = ""
    cause: Cause | None = None


class Fact(NamedTuple):
    """A facet with where it was seen. facet: an instance of a registered dataclass; subject: what it is about where that
    is not the package as a whole (an index, a file); unknown: field name to why it is None."""

    facet: object
    places: tuple[Place, ...] = ()
    quotes: tuple[Quote, ...] = ()
    subject: str = ""
    unknown: Mapping[str, Unknown] = MappingProxyType({})


class _Ready(NamedTuple):
    rule: Rule
    decide: Decide


class Rules:
    """The rules of a run, by facet, with the clock and the named values they are judged with."""

    def __init__(self, rules: Iterable[Rule], values: Values, now: datetime) -> None:
        self.all = tuple(rules)
        self.values = values
        self.now = now

    @cached_property
    def _by_facet(self) -> dict[str, list[Rule]]:
        found: dict[str, list[Rule]] = {}
        for rule in self.all:
            found.setdefault(rule.looks_at, []).append(rule)
        return found

    @cached_property
    def _ready(self) -> dict[str, list[_Ready]]:
        return {}

    def wants(self, facet_name: str) -> bool:
        """Whether any rule looks at this facet: if none does, a probe need not look either."""
        return facet_name in self._by_facet

    def find(self, rule_id: str) -> Rule | None:
        """The rule of this id."""
        return next((rule for rule in self.all if rule.id == rule_id), None)

    def judge(
        self, check: str, facts: Iterable[Fact], *, package: Package | None = None, gaps: Iterable[Gap] = ()
    ) -> Checked:
        """What the rules say of a package's facts (or, without one, of the project's). Facts of one finding (same rule,
        subject and members) are united. Raises `KeyError` for a facet that is not registered: a defect of the probe."""
        findings: dict[str, Finding] = {}
        open_fields: dict[tuple[str, str, Unknown], list[str]] = {}
        for fact in facts:
            for rule, decide in self._of(fact):
                truth = decide(fact.facet, self.now)
                if truth:
                    found = self._finding(check, rule, fact, package)
                    before = findings.get(found.fingerprint)
                    findings[found.fingerprint] = _united(before, found) if before else found
                elif truth is None:
                    for name in undecided(rule.when, self.values, fact.facet, self.now):
                        why = fact.unknown.get(name, Unknown(Reason.UNSUPPORTED, f"{name} is not known"))
                        open_fields.setdefault((_subject(fact, package), name, why), []).append(rule.id)
        unknown = tuple(_gap(check, subject, why, ids) for (subject, _, why), ids in open_fields.items())
        return Checked(check=check, package=package, findings=tuple(findings.values()), gaps=(*gaps, *unknown))

    def _of(self, fact: Fact) -> list[_Ready]:
        cls = type(fact.facet)
        name = facet_names()[f"{cls.__module__}.{cls.__qualname__}"]
        ready = self._ready.get(name)
        if ready is None:
            ready = [_Ready(rule, decider(rule.when, self.values)) for rule in self._by_facet.get(name, ())]
            self._ready[name] = ready
        return ready

    def _finding(self, check: str, rule: Rule, fact: Fact, package: Package | None) -> Finding:
        beside = {
            "package": str(package.coordinate) if package else fact.subject,
            "place": str(fact.places[0]) if fact.places else fact.subject,
        }
        return Finding(
            id=rule.id,
            check=check,
            kind=rule.kind,
            title=rule.title,
            message=filled(rule.message, fact.facet, beside, self.now),
            severity=rule.severity,
            confidence=rule.confidence,
            package=package.coordinate if package else None,
            subject=fact.subject,
            places=fact.places[:MAX_PLACES],
            quotes=fact.quotes[:MAX_PLACES],
            remedy=filled(rule.remedy, fact.facet, beside, self.now),
            references=rule.references,
            technique=rule.technique,
            moment=str(getattr(fact.facet, "moment", "") or ""),
        )


def _subject(fact: Fact, package: Package | None) -> str:
    return fact.subject or (str(package.coordinate) if package else "the project")


def _gap(check: str, subject: str, why: Unknown, ids: Iterable[str]) -> Gap:
    detail = f"{', '.join(dict.fromkeys(ids))} could not be decided: {why.detail}"
    return Gap(subject=subject, check=check, reason=why.reason, detail=detail, hint=why.hint, cause=why.cause)


def _united(one: Finding, other: Finding) -> Finding:
    """The finding with the places and quotes of both; what exceeds `MAX_PLACES` is the same thing at one more place."""
    return replace(
        one,
        places=tuple(dict.fromkeys(one.places + other.places))[:MAX_PLACES],
        quotes=tuple(dict.fromkeys(one.quotes + other.quotes))[:MAX_PLACES],
    )
