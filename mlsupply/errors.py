"""The one exception that stops a run. Imports nothing of the package.

The test that tells an exception from a gap: could the report still be true without this? Then it is a `model.Gap`.
"""

from __future__ import annotations

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_INCOMPLETE = 3
EXIT_NOTHING = 4
EXIT_STOPPED = 130  # 128 + SIGINT, as shells have it


class MlsupplyError(Exception):
    """Stops the run. reference: kebab-case id that `mlsupply explain` knows; message: what and where, one sentence;
    hint: the next step; exit_code: see the table in the README."""

    def __init__(self, reference: str, message: str, hint: str = "", exit_code: int = EXIT_USAGE) -> None:
        super().__init__(message)
        self.reference = reference
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
