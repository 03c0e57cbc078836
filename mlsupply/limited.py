"""Limits on the memory and disk space of the programs we start, uv and git. Imports nothing of the package.

uv reads an index's answer to its end, and a hostile index need never end it; git unpacks every object a delta builds on.
Without a limit either can take all memory before its time limit ends it.
"""

from __future__ import annotations

import sys
from contextlib import suppress

MEMORY = 4 << 30  # bytes; a resolution of 300 packages takes a fifth of it, the history of a large repository a quarter
ON_DISK = 4 << 30  # bytes of one file: where an index serves no byte ranges, uv fetches a whole wheel to read its metadata


def limit(pid: int) -> None:
    """Limit the memory of a process that has just been started and the size of each file it writes, and forbid core dumps.
    Only Linux can limit a running process: elsewhere this does nothing."""
    if sys.platform == "linux":
        import resource

        limits = ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, ON_DISK), (resource.RLIMIT_CORE, 0))
        with suppress(ProcessLookupError):  # it has ended already
            for which, wanted in limits:
                hard = resource.prlimit(pid, which)[1]
                most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
                resource.prlimit(pid, which, (most, most))
