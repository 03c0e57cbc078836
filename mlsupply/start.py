"""Entry point of the installed command: quick to start, quick to end."""

from __future__ import annotations

import gc
import os
import sys

# What `signal` is made of, without the enums that cost as much to import as the rest of this file; it has no stub.
from _signal import SIG_DFL, SIGTERM, default_int_handler, getsignal, signal  # type: ignore[import-not-found]

# A run builds tens of thousands of values and drops few before it ends: looking for cycles every 700 allocations would cost
# a tenth of an offline scan. Every 200,000 is enough to bound the memory of long runs.
gc.set_threshold(200_000, 20, 20)

from mlsupply.cli import run  # noqa: E402  the imports are what the line above is for


def entry() -> None:
    """Run the command and exit without the interpreter's clean-up, which costs as much as reading a lock."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller, who gets the exit code alone
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  for the rest of the process
    if getsignal(SIGTERM) == SIG_DFL:  # `docker stop`, `timeout` and CI end a run so: it tidies up as at Ctrl-C
        signal(SIGTERM, default_int_handler)
    try:
        run()
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(done.code is not None)
        if aside := sys.modules.get("mlsupply.aside"):  # a run that needed no temporary folder has not imported it
            aside.end()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            os._exit(code or 1)  # whoever read the output has gone: there is nobody to tell
        os._exit(code)
