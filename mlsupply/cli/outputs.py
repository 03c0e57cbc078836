"""Where the formats of a run go: files, written whole or not at all, and the standard output."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Collection, Sequence

from mlsupply.cli import no_more_output
from mlsupply.cli.terminal import coloured, fitted
from mlsupply.errors import MlsupplyError
from mlsupply.outcome import Report
from mlsupply.paths import Path
from mlsupply.report import FORMATS, Format
from mlsupply.report.view import View, sentence, view_of
from mlsupply.text import safe


def parse_outputs(texts: Sequence[str]) -> list[tuple[Format, str]]:
    """(format, file) of all outputs of a run, as `named` has them."""
    known = {form.name: form for form in FORMATS}
    return [(known[name], path) for name, path in named(texts, known)]


def named(texts: Sequence[str], known: Collection[str]) -> list[tuple[str, str]]:
    """`json=report.json` -> ("json", "report.json"); without `=` the file is "" and means stdout. Checked before the run
    starts: known formats, at most one to stdout, files that can be written. Raises `MlsupplyError`."""
    chosen = [(name, path) for name, _, path in (text.partition("=") for text in texts)]
    for (name, path), text in zip(chosen, texts, strict=True):
        if not path and text.endswith("="):
            hint = f"write {name}=FILE, or {name} alone for stdout; is a variable empty?"
            raise MlsupplyError("output-not-written", f"-o {safe(text)} names no file", hint)
        if name not in known:
            raise MlsupplyError("unknown-format", f"there is no output format named {name}", f"one of: {', '.join(known)}")
        if path and (why := _no_file(Path(path))):
            raise MlsupplyError("output-not-written", f"{path} cannot be written: {why}", "name another file")
    files = [os.path.realpath(path) for _, path in chosen if path and (Path(path).is_file() or not Path(path).exists())]
    if len(set(files)) < len(files):  # a pipe or device takes one after the other
        twice = next(file for file in files if files.count(file) > 1)
        said = f"two outputs would be written to {twice}, and one would remain"
        raise MlsupplyError("output-not-written", said, "name another file for each")
    if sum(not path for _, path in chosen) > 1:
        raise MlsupplyError("two-outputs-to-stdout", "only one output can go to stdout", "write the others as FORMAT=FILE")
    return chosen


def write(report: Report, chosen: Sequence[tuple[Format, str]], *, quiet: bool = False, verbose: bool = False) -> View:
    """Render every output asked for from one view, which is given back. quiet: of a table on stdout the verdict's sentence
    alone; verbose: every table uncut. Raises `MlsupplyError` (`output-not-written`) once all the others are written."""
    view = view_of(report)
    failed: list[MlsupplyError] = []
    for known, path in chosen:
        is_table, shown = known.name == "table", not path
        data = _table(view, shown=shown, quiet=quiet, verbose=verbose) if is_table else known.render(view)
        try:
            send(data, path)
        except MlsupplyError as error:
            failed.append(error)
    if failed:
        raise MlsupplyError("output-not-written", "; ".join(error.message for error in failed), failed[0].hint)
    return view


def send(data: bytes, path: str) -> None:
    """To the file, or to stdout for "". Whoever read stdout may have gone (`| head`): the other outputs and the exit code
    are still wanted."""
    if not path:
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            no_more_output()
        except OSError as error:
            no_more_output()
            raise MlsupplyError("output-not-written", f"the output could not be written: {error.strerror}") from error
        return
    try:
        _put(Path(path), data)
    except OSError as error:
        said = f"{path} could not be written: {error.strerror}"
        raise MlsupplyError("output-not-written", said, "free some space or name another file") from error


def send_table(data: bytes, path: str) -> None:
    """As `send`; on a terminal its lines are broken between words."""
    send(data if path else fitted(data.decode()).encode(), path)


def _no_file(path: Path) -> str:
    """Why no report can be written there, as far as that can be known beforehand; "" where nothing speaks against it."""
    if path.is_dir():
        return "it is a folder"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    allowed = os.access(path if path.exists() else path.parent, os.W_OK)
    return "" if allowed else "its permissions forbid it"


def _put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. A link, pipe or device, and a file in a folder that takes no new files, are written
    in place."""
    if path.is_symlink() or (path.exists() and not (path.is_file() and os.access(path.parent, os.W_OK))):
        path.write_bytes(data)
        return
    from mlsupply.drafts import Draft

    with Draft(path) as draft:
        draft.write_bytes(data)
        if path.exists():
            draft.chmod(stat.S_IMODE(path.stat().st_mode))


def _table(view: View, *, shown: bool, quiet: bool, verbose: bool) -> bytes:
    """The table; on stdout (shown) its sentence alone for `quiet`, and as wide and as colourful as the terminal. Plain and
    100 columns wide in a pipe (see no-color.org) and in a file."""
    import shutil

    from mlsupply.report.inert import inert

    report = inert(view.report)
    view = view if report is view.report else view_of(report)
    if shown and quiet:
        return sentence(view)
    from mlsupply.report.table import CUT, WHOLE, render  # which brings rich

    most = WHOLE if verbose else CUT
    if not (shown and sys.stdout.isatty()):
        return render(view, most=most)
    width = max(60, min(shutil.get_terminal_size().columns, 140))
    return render(view, width, color=coloured(), most=most)
