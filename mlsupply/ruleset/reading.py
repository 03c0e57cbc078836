"""A rule file to a `Rule`, every fault of it collected with its line and column. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from mlsupply.model import Confidence, Kind, Severity
from mlsupply.ruleset.conditions import Always, Condition, Values
from mlsupply.ruleset.facets import FieldKind, Vocabulary, facet_names, nearest, vocabulary
from mlsupply.ruleset.located import Fault, Located, parse
from mlsupply.ruleset.messages import placeholders, stray_braces
from mlsupply.ruleset.rule import Rule, Sample
from mlsupply.ruleset.samples import read_samples
from mlsupply.ruleset.when import ConditionReader

Choice = TypeVar("Choice", bound=StrEnum)

REQUIRED = ("id", "title", "looks_at", "when", "severity", "confidence", "kind", "message", "remedy", "samples")
OPTIONAL = ("references", "technique", "since", "offline", "what", "why", "example")
_ID = re.compile(r"[A-Z][A-Z0-9]{1,15}(-[A-Z0-9]{1,15}){1,3}\Z")
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?\Z")


def read_rule(file: str, text: str, values: Values) -> tuple[Rule | None, list[Fault]]:
    """The rule, or None with everything that is wrong with it. values: what `$name` may stand for."""
    document = parse(file, text)
    if isinstance(document, Fault):
        return None, [document]
    if not isinstance(document.value, dict):
        return None, [Fault(file, document.line, document.column, f"a rule is a mapping, not {document.sort}", "id: ...")]
    reader = _RuleReader(file, document, values)
    rule = reader.read()
    return (None if reader.faults else rule), reader.faults


class _RuleReader:
    """One file: collects faults instead of stopping at the first."""

    def __init__(self, file: str, document: Located, values: Values) -> None:
        self.file = file
        self.document = document
        self.values = values
        self.faults: list[Fault] = []

    def fault(self, at: Located, message: str, hint: str = "") -> None:
        self.faults.append(Fault(self.file, at.line, at.column, message, hint))

    def read(self) -> Rule:
        self.keys()
        words = self.vocabulary()
        return Rule(
            id=self.matching("id", _ID, "an id is capital words joined by hyphens, such as ACME-R001"),
            title=self.text("title"),
            looks_at=words.name if words else "",
            when=self.when(words),
            severity=self.choice("severity", Severity, Severity.UNKNOWN),
            confidence=self.choice("confidence", Confidence, Confidence.LOW),
            kind=self.choice("kind", Kind, Kind.CONFIG),
            message=self.sentence("message", words),
            remedy=self.sentence("remedy", words),
            references=self.references(),
            technique=self.matching("technique", _TECHNIQUE, "a MITRE ATT&CK technique such as T1195.002"),
            since=self.text("since"),
            offline=self.truth("offline", otherwise=True),
            what=self.text("what"),
            why=self.text("why"),
            example=self.text("example"),
            samples=self.samples(words),
            file=self.file,
            line=self.document.line,
        )

    def keys(self) -> None:
        known = (*REQUIRED, *OPTIONAL)
        for name, key, _ in self.document.entries:
            if name not in known:
                self.fault(key, f"{name} is no key of a rule{nearest(name, known)}", f"keys: {', '.join(known)}")
        for name in REQUIRED:
            if self.document.get(name) is None:
                self.fault(self.document, f"{name} is missing", _WANTED.get(name, f"add {name}: ..."))

    def vocabulary(self) -> Vocabulary | None:
        node = self.document.get("looks_at")
        if node is None:
            return None
        words = vocabulary(str(node.value))
        if words is None:
            names = list(facet_names().values())
            hint = f"facets: {', '.join(names)}"
            self.fault(node, f"there is no facet named {node.value}{nearest(str(node.value), names)}", hint)
        return words

    def when(self, words: Vocabulary | None) -> Condition:
        node = self.document.get("when")
        if node is None or words is None:
            return Always()
        reader = ConditionReader(self.file, words, self.values)
        condition = reader.read(node)
        self.faults.extend(reader.faults)
        return condition

    def samples(self, words: Vocabulary | None) -> tuple[Sample, ...]:
        node = self.document.get("samples")
        if node is None or words is None:
            return ()
        samples, faults = read_samples(self.file, node, words)
        self.faults.extend(faults)
        return samples

    def sentence(self, key: str, words: Vocabulary | None) -> str:
        """The message or remedy, whose `{fields}` there must be: they are filled in when the rule fires."""
        text = self.text(key)
        node = self.document.get(key)
        if words is None or node is None:
            return text
        known = (*words.fields, "package", "place")
        hint = f"fields of {words.name}: {', '.join(known)}; write {{{{ for a brace"
        for name, wants_age in placeholders(text):
            if name not in known:
                self.fault(node, f"the {key} names {{{name}}}, which is no field{nearest(name, known)}", hint)
            elif wants_age and (name not in words.fields or words.fields[name].kind is not FieldKind.TIME):
                self.fault(node, f"the {key} wants the age of {name}, which is no time", f"write {{{name}}}")
        for braces in stray_braces(text):
            forms = "{field}, {time:age} or {text:or none}"
            self.fault(node, f"{braces} in the {key} stands for nothing", f"write {forms}; {{{{ for a brace")
        return text

    def text(self, name: str) -> str:
        node = self.document.get(name)
        if node is None:
            return ""
        if not isinstance(node.value, str):
            self.fault(node, f"{name} is text, not {node.sort}", f'put it in quotes: {name}: "{node.raw}"')
            return ""
        if not node.value.strip():
            self.fault(node, f"{name} is empty", "write a sentence")
        return node.value.strip()

    def matching(self, name: str, pattern: re.Pattern[str], wanted: str) -> str:
        text = self.text(name)
        node = self.document.get(name)
        if text and node and not pattern.match(text):
            self.fault(node, f"{name} {text!r} is not well formed", wanted)
        return text

    def choice(self, name: str, choices: type[Choice], otherwise: Choice) -> Choice:
        node = self.document.get(name)
        known = [choice.value for choice in choices]
        if node is None:
            return otherwise
        if node.value not in known:
            self.fault(node, f"{name} {node.raw!r} is none{nearest(node.raw.lower(), known)}", f"one of: {', '.join(known)}")
            return otherwise
        return choices(node.value)

    def truth(self, name: str, *, otherwise: bool) -> bool:
        node = self.document.get(name)
        if node is None:
            return otherwise
        if not isinstance(node.value, bool):
            self.fault(node, f"{name} is true or false, not {node.sort}")
            return otherwise
        return node.value

    def references(self) -> tuple[str, ...]:
        node = self.document.get("references")
        if node is None:
            return ()
        if not isinstance(node.value, list):
            self.fault(node, f"references is a list of URLs, not {node.sort}", "references: [https://…]")
            return ()
        found = [item for item in node.value if self._is_url(item)]
        return tuple(item.value for item in found)

    def _is_url(self, item: Located) -> bool:
        if isinstance(item.value, str) and item.value.startswith("https://"):
            return True
        self.fault(item, f"a reference is an https URL, not {item.raw or item.sort}")
        return False


_WANTED = {
    "id": "an id is capital words joined by hyphens, such as ACME-R001",
    "when": "write a condition on the facet's fields, or when: always",
    "samples": "every rule has samples: {fires: [...], quiet: [...]}",
    "looks_at": "name the facet the rule judges; mlsupply rules facets lists them",
}


def read_all(files: Iterable[tuple[str, str]], values: Values) -> tuple[list[Rule], list[Fault]]:
    """All rules of (file, text) pairs, with the faults of all files; an id may stand once."""
    rules: dict[str, Rule] = {}
    faults: list[Fault] = []
    for file, text in files:
        rule, found = read_rule(file, text, values)
        faults.extend(found)
        if rule is not None:
            before = rules.setdefault(rule.id, rule)
            if before is not rule:
                hint = "give one of them another id"
                faults.append(Fault(file, rule.line, 1, f"the id {rule.id} is taken by {before.file}:{before.line}", hint))
    return list(rules.values()), faults
