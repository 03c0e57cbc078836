"""What a terminal shows: no colours where they are not wanted, and no word broken on a narrow one."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from fcntl import ioctl
from pathlib import Path

import pytest

from tests.made_wheels import BAD, put, wheel
from tests.models.writing import payload

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def _shown(words: list[str], folder: Path, columns: int = 100, **variables: str) -> str:
    """What mlsupply writes to a terminal of so many columns."""
    left_out = {"NO_COLOR", "COLUMNS", "LINES"}
    environ: Mapping[str, str] = {name: text for name, text in os.environ.items() if name not in left_out}
    environ = {**environ, "TERM": "xterm", "MLSUPPLY_CACHE_DIR": str(folder / "cache"), **variables}
    screen, end = pty.openpty()
    ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "mlsupply", *words]
    run = subprocess.Popen(command, cwd=folder, env=environ, stdin=end, stdout=end, stderr=end)
    os.close(end)
    data = b""
    while select.select([screen], [], [], 60)[0]:
        try:
            piece = os.read(screen, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        data += piece
    run.wait(60)
    os.close(screen)
    return data.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("words", [["check", "reqeusts", "idna"], ["scan", "litellm==1.82.8", "--no-progress"]])
def test_colours_are_left_out_where_a_variable_says_so(words: list[str], tmp_path: Path) -> None:
    asked = [*words, "--offline"]
    assert _COLOUR.search(_shown(asked, tmp_path))
    assert not _COLOUR.search(_shown(asked, tmp_path, NO_COLOR="1"))
    assert not _COLOUR.search(_shown(asked, tmp_path, TERM="dumb"))


@pytest.mark.parametrize(
    "words",
    [
        ["explain", "litellm-2026"],
        ["rules", "show", "MLS-I001"],
        ["explain", "3"],
        ["check", "--offline", "litellm==1.82.8", "reqeusts"],
        ["inspect", "--offline", "demo-1.0-py3-none-any.whl"],
        ["models", "scan", "bad.pkl"],
        ["exposure", "litellm-2026", "--no-progress", "requirements.txt"],
        ["scan", "-o", "excel"],
    ],
)
def test_no_word_is_broken_on_a_narrow_terminal(words: list[str], tmp_path: Path) -> None:
    put(tmp_path, "demo-1.0-py3-none-any.whl", wheel(BAD))
    (tmp_path / "bad.pkl").write_bytes(payload())
    (tmp_path / "requirements.txt").write_text("litellm==1.82.8\n", encoding="ascii")
    wide, narrow = (_shown(words, tmp_path, columns, NO_COLOR="1") for columns in (140, 60))
    assert wide.split() == narrow.split()
    long = [line for line in narrow.splitlines() if len(line) > 60]
    assert all(len(line.split()) == 1 for line in long), "only what has no blank in it is longer"
