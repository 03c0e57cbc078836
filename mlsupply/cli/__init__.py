"""The command line. Only this package prints, exits and reads the environment. Data goes to stdout, words and progress to
stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from mlsupply.hints import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from typing import TextIO

    from mlsupply.cli.verbs import VERBS as VERBS
    from mlsupply.cli.verbs import main as main


def __getattr__(name: str) -> object:
    """`main` and `VERBS`, which import click when somebody asks for them."""
    if name not in {"main", "VERBS"}:
        raise AttributeError(name)
    from mlsupply.cli import verbs

    return getattr(verbs, name)


def run() -> None:
    """Run the command line; ends with `SystemExit`. A scan with plain options is parsed without click (see
    `cli.options`)."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["scan"] and os.name == "posix":  # click expands patterns on Windows, where no shell does
        from mlsupply.cli.options import typed
        from mlsupply.cli.scanning import OPTIONS, scan

        if plain := typed(arguments[1:], OPTIONS):
            _ending_quietly(lambda: scan(*plain))
    _ending_quietly(_with_click)


def _with_click() -> NoReturn:
    from typing import cast

    from mlsupply.cli.verbs import main

    sys.stdout = cast("TextIO", _Patient(sys.stdout))
    main()
    raise SystemExit(0)


class _Patient:
    """The standard output, to which writing goes on where its reader has gone (`| head`): the exit code is still wanted."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """As the stream's."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            no_more_output()
            return len(text)

    def flush(self) -> None:
        """As the stream's."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            no_more_output()

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _ending_quietly(run: Callable[[], NoReturn]) -> NoReturn:
    """Run; an error outside any verb (imports, help and usage) ends in words as well."""
    try:
        run()
    except KeyboardInterrupt:
        stopped()
    except BrokenPipeError:
        sys.exit(1)  # whoever read the output has gone: there is nobody to tell
    except OSError as error:
        from mlsupply.cli.common import stop_refused

        stop_refused(error)


def no_more_output() -> None:
    """Redirect stdout to nowhere: what is left in its buffer would fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def stopped() -> NoReturn:
    """End as an interrupted program does: with 1, as click ends, it would claim that there are findings."""
    from mlsupply.errors import EXIT_STOPPED

    sys.stderr.write("\nAborted!\n")
    sys.exit(EXIT_STOPPED)
