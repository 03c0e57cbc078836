"""YAML with the line and column of every value, for errors that point. Pure.

PyYAML's `compose` keeps positions; `Located` carries them on. Aliases and odd tags are refused: a rule file needs neither,
and an alias can blow up a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from mlsupply.named import NamedTuple

MAX_TEXT = 512 << 10  # characters of one YAML file of ours or the user's


class Fault(NamedTuple):
    """One thing wrong with a rule file. line, column: from 1; hint: how to fix it."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{text} ({self.hint})" if self.hint else text


class Located(NamedTuple):
    """A YAML value and where it stands. value: str, int, float, bool, None, date, list of Located, or a dict from key to
    (key, value), both Located; raw: a scalar as written."""

    value: Any
    line: int
    column: int
    raw: str = ""

    @property
    def entries(self) -> Iterator[tuple[str, Located, Located]]:
        """(key, where the key stands, value) of a mapping; nothing of anything else."""
        if isinstance(self.value, dict):
            for name, (key, value) in self.value.items():
                yield name, key, value

    def get(self, name: str) -> Located | None:
        """The value of a mapping's key."""
        entry = self.value.get(name) if isinstance(self.value, dict) else None
        return entry[1] if entry else None

    def plain(self) -> Any:
        """Without positions; dates as ISO text."""
        from mlsupply.ruleset.operators import iso

        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {name: value.plain() for name, _, value in self.entries}
        return iso(self.value) if isinstance(self.value, date) else self.value

    @property
    def sort(self) -> str:
        """What it is, in words for a message."""
        names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
        return names.get(type(self.value), "a date" if isinstance(self.value, date) else "a number")


_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what ends a line in YAML, by which the parser counts


_TWICE = "stands here twice"


def parse(file: str, text: str) -> Located | Fault:
    """The document, or the first thing that is not YAML."""
    import yaml

    if len(text) > MAX_TEXT:
        return Fault(file, 1, 1, f"the file is longer than {MAX_TEXT} characters", "split it: one rule a file")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_aliases(yaml, loader, text)
        node = yaml.compose(text, Loader=loader)
        if node is None:
            return Fault(file, 1, 1, "the file is empty", "a rule starts with id: and title:")
        return _located(node, yaml.constructor.SafeConstructor())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = (error.problem or error.context or "not YAML").strip()
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        lines = _BREAK.split(text)
        return Fault(file, *place, f"not YAML: {words}", _yaml_hint(words, lines[min(place[0], len(lines)) - 1]))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Fault(file, 1, 1, f"not YAML: {next(iter(str(error).splitlines()), type(error).__name__)}")


def _yaml_hint(words: str, line: str) -> str:
    if line.lstrip(" ").startswith("\t"):
        return "indent with spaces, not tabs"
    if words.endswith(_TWICE):
        return "keep one of the two"
    if "mapping values are not allowed" in words:
        return "put a text with a colon or braces in quotes"
    return "put texts with : { } [ ] # or a leading quote in quotes, and indent with spaces"


def _refuse_aliases(yaml: Any, loader: Any, text: str) -> None:
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="anchors and aliases are not used here", problem_mark=event.start_mark)


def _located(node: Any, constructor: Any) -> Located:
    import yaml

    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, tuple[Located, Located]] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in entries:
                raise yaml.MarkedYAMLError(problem=f"{name} {_TWICE}", problem_mark=key.start_mark)
            entries[name] = (_located(key, constructor), _located(value, constructor))
        return Located(entries, line, column)
    if isinstance(node, yaml.SequenceNode):
        return Located([_located(item, constructor) for item in node.value], line, column)
    if not node.tag.startswith("tag:yaml.org,2002:"):
        raise yaml.MarkedYAMLError(problem=f"the tag {node.tag} is not used here", problem_mark=node.start_mark)
    return Located(constructor.construct_object(node), line, column, str(node.value))
