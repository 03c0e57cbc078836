"""The stories of `code_incidents.txt`: the techniques of real incidents, rebuilt harmlessly. Nothing of them is ever run.

A story is `## the incident | the rule that finds it`, and for each file `### path` and its text; with a pyproject.toml it
is a source, else an installed package. B64 and PACKED stand for encoded code that sends all variables away. Hosts end in
`.example`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_code_facts import B64, PACKED, found


def incidents() -> Iterator[tuple[str, dict[str, str], str]]:
    """What happened, the files, the rule."""
    whole = (Path(__file__).parent / "code_incidents.txt").read_text(encoding="utf-8")
    for story in ("\n" + whole).split("\n## ")[1:]:
        head, *files = story.split("### ")
        name, _, rule = head.strip().partition(" | ")
        parts = (file.partition("\n") for file in files)
        yield name, {path: text.replace("B64", B64).replace("PACKED", PACKED) for path, _, text in parts}, rule


@pytest.mark.parametrize(("files", "rule"), [story[1:] for story in incidents()], ids=[story[0] for story in incidents()])
def test_the_technique_of_an_incident_is_found(files: dict[str, str], rule: str) -> None:
    assert rule in found(files)
