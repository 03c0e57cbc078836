"""Files of an installed distribution against its RECORD: what was changed, taken away or put beside it.

Source: PEP 376 and the specification "Recording installed projects".
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from mlsupply.digest import digest_if_read
from mlsupply.evidence.record import rows
from mlsupply.exposure.repository import gap
from mlsupply.exposure.traces import Trace
from mlsupply.folders import is_file
from mlsupply.model import Gap, Reason
from mlsupply.text import safe

_MAX_RECORD = 32 << 20  # bytes
_MAX_SHOWN = 20


def compare(record: Path, inside: Path, shown: str) -> list[Trace | Gap]:
    """What differs. inside: the folder the user named; nothing outside it is opened, wherever RECORD points."""
    if record.stat().st_size > _MAX_RECORD:
        return [gap(shown, Reason.TOO_LARGE, f"RECORD is larger than {_MAX_RECORD:,} bytes; its files were not compared")]
    site, home = record.parent.parent, Path(os.path.realpath(inside))
    listed: set[str] = set()
    wrong: list[str] = []
    outside = 0
    for row in rows(record.read_bytes()):
        if not row.path or "\0" in row.path:
            wrong.append(f"line {row.line} of RECORD cannot be read")
            continue
        real = Path(os.path.realpath(site / row.path))
        listed.add(str(real))
        if not real.is_relative_to(home):
            outside += 1
        elif not is_file(real):
            wrong.append(f"{safe(row.path)} is listed in RECORD and not there")
        elif row.digest and digest_if_read(real, row.algorithm) != row.digest:
            wrong.append(f"{safe(row.path)} differs from RECORD")
    wrong += [f"{safe(path)} is not in RECORD" for path in _added(site, listed)]
    found: list[Trace | Gap] = [Trace(kind="changed", path=shown, says=says) for says in wrong[:_MAX_SHOWN]]
    if len(wrong) > _MAX_SHOWN:
        found.append(Trace(kind="changed", path=shown, says=f"{len(wrong) - _MAX_SHOWN:,} further files differ"))
    if outside:
        detail = f"{outside:,} files in RECORD lie outside the folder that was named; they were not compared"
        found.append(gap(shown, Reason.FORBIDDEN, detail, "name the whole environment"))
    return found


def _added(site: Path, listed: set[str]) -> list[str]:
    """Files below the distribution's own folders that RECORD does not list; compiled ones aside. A folder without
    `__init__.py` may be shared with other distributions, so it tells nothing."""
    tops = {PurePosixPath(os.path.relpath(path, os.path.realpath(site))).parts[0] for path in listed}
    own = sorted(top for top in tops if (site / top / "__init__.py").is_file() and not (site / top).is_symlink())
    added = []
    for top in own:
        for where, folders, names in os.walk(site / top):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            full = [f"{os.path.realpath(where)}/{name}" for name in sorted(names)]
            added += [os.path.relpath(path, os.path.realpath(site)) for path in full if path not in listed]
    return added
