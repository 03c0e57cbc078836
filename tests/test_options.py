"""A scan that is typed plainly is read without click, and just as click reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsupply.cli import run
from mlsupply.cli.options import typed
from mlsupply.cli.scan import command
from mlsupply.cli.scanning import OPTIONS
from mlsupply.errors import EXIT_INCOMPLETE

PLAIN: tuple[list[str], ...] = (
    [],
    ["."],
    ["requirements.txt", "--offline"],
    ["uv.lock", "-o", "json"],
    ["--output", "json=report.json", "-o", "table", "uv.lock"],
    ["uv.lock", "--check=advisories", "--check", "known-bad", "--no-progress"],
    ["--feed", "live", "--feed-url", "https://osv.example", "a", "b"],
    ["litellm[proxy]==1.82.8", "-q", "--fail-on", "low"],
    ["--config=", "--env", ""],
    ["--python", "3.11", "--python", "3.12", "-v", "--extra", "a=b"],
)
LEFT_TO_CLICK: tuple[list[str], ...] = (
    ["--help"],
    ["-h"],
    ["-qv"],  # switches run together
    ["-ojson"],  # a value run on
    ["-o=json"],  # click takes "=json" for the value
    ["--"],
    ["--", "-x"],
    ["-"],
    ["--offline=yes"],
    ["--fail-on", "bad"],
    ["--fail-on="],
    ["--index-url"],  # without its value
    ["--env", "--offline"],
    ["--off"],
    ["--no-such-option"],
)


def by_click(arguments: list[str]) -> tuple[tuple[str, ...], dict[str, object]]:
    found = dict(command.make_context("scan", list(arguments)).params)
    return found.pop("subjects"), found


@pytest.mark.parametrize("arguments", PLAIN, ids=" ".join)
def test_plain_arguments_are_read_as_click_reads_them(arguments: list[str]) -> None:
    assert typed(arguments, OPTIONS) == by_click(arguments)


@pytest.mark.parametrize("arguments", LEFT_TO_CLICK, ids=" ".join)
def test_whatever_is_not_plain_is_left_to_click(arguments: list[str]) -> None:
    assert typed(arguments, OPTIONS) is None


_WORDS = sorted(
    {flag for option in OPTIONS for flag in option.flags} | {w for words in (*PLAIN, *LEFT_TO_CLICK) for w in words}
)


@given(st.lists(st.sampled_from(_WORDS) | st.text("-=ovq a", max_size=5), max_size=6))
def test_no_arguments_are_read_otherwise_than_by_click(arguments: list[str]) -> None:
    found = typed(arguments, OPTIONS)
    if found is not None:
        try:
            assert found == by_click(arguments)
        except (click.UsageError, click.exceptions.Exit) as error:
            pytest.fail(f"click refuses {arguments}: {error}")


def start(folder: Path, *arguments: str, stdout: int) -> subprocess.Popen[str]:
    """The command as installed."""
    text = "from mlsupply.start import entry; entry()"
    return subprocess.Popen(
        [sys.executable, "-c", text, *arguments],
        cwd=folder,
        text=True,
        stderr=subprocess.PIPE,
        env={**os.environ, "MLSUPPLY_CACHE_DIR": str(folder / "cache")},
        stdout=stdout,
    )


def test_a_reader_who_leaves_is_told_nothing_and_the_verdict_stands(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("".join(f"package-{number}==1.0\n" for number in range(3000)))
    reading, writing = os.pipe()
    os.close(reading)
    with start(tmp_path, "scan", ".", "--offline", "--check", "known-bad", "-o", "json", stdout=writing) as process:
        os.close(writing)
        _, said = process.communicate()
    assert (process.returncode, said) == (EXIT_INCOMPLETE, "")  # offline, what bare pins need is not known


@pytest.mark.parametrize("words", [["scan", "."], ["sbom", "."]])
def test_what_is_interrupted_says_so_in_a_word_and_does_not_end_as_one_with_findings(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["mlsupply", *words])
    monkeypatch.setattr("mlsupply.audit.run", interrupted)
    monkeypatch.setattr("mlsupply.audit.inventory_report", interrupted)
    with pytest.raises(SystemExit) as ended:
        run()
    assert (ended.value.code, capsys.readouterr().err) == (130, "\nAborted!\n")
