"""What a program that is started may take of the machine. Imports nothing of the package.

uv reads the answer of an index to its end, which the index need not reach; git unpacks whatever an object is a difference
to. Both would take all memory before their time or what they say comes to an end.
"""

from __future__ import annotations

import sys
from contextlib import suppress

MEMORY = 4 << 30  # bytes; a resolution of 300 packages takes a fifth of it, the history of a large repository a quarter
ON_DISK = 4 << 30  # bytes of one file: uv fetches a wheel whole to read its metadata where an index gives no part of it


def limit(pid: int) -> None:
    """Limit the memory of a process that has just been started, and what it writes into one file; it leaves no core behind.
    Only Linux limits a process that runs: elsewhere this does nothing."""
    if sys.platform == "linux":
        import resource

        limits = ((resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_FSIZE, ON_DISK), (resource.RLIMIT_CORE, 0))
        with suppress(ProcessLookupError):  # it has ended
            for which, wanted in limits:
                hard = resource.prlimit(pid, which)[1]
                most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
                resource.prlimit(pid, which, (most, most))
