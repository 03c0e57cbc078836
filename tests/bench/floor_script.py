"""The least a Python program can do for an offline audit: read a hashed requirements file, look its names up in a keyed
SQLite file, compare versions, print. Run as a script; imports nothing of mlsupply.

    python tests/bench/floor_script.py REQUIREMENTS DATABASE
"""

import json
import re
import sqlite3
import sys
import zlib

from packaging.version import InvalidVersion, Version

_PIN = re.compile(rb"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^ \\;\n]+)", re.M)
_WINDOWS, _LISTED, _WITHDRAWN = 2, 3, 10  # places in a stored record


def _below(version: Version, bound: str) -> bool:
    try:
        return version < Version(bound)
    except InvalidVersion:
        return True


def _holds(version: Version, windows: list[list[str]]) -> bool:
    return any(
        (not first or not _below(version, first)) and (not last or _below(version, last) or str(version) == last)
        for _, _, ends, first, last in windows
        if ends
    )


def main(requirements: str, database: str) -> None:
    with open(requirements, "rb") as handle:
        pins = [(name.decode(), version.decode()) for name, version in _PIN.findall(handle.read())]
    connection = sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)
    found = []
    for name, version in pins:
        row = connection.execute("SELECT records FROM project WHERE name = ?", (name.lower(),)).fetchone()
        if row:
            parsed = Version(version)
            records = json.loads(zlib.decompress(row[0]))
            hits = [record[0] for record in records if not record[_WITHDRAWN] and _holds(parsed, record[_WINDOWS])]
            found += [{"name": name, "version": version, "id": identifier} for identifier in hits]
    print(json.dumps({"packages": len(pins), "findings": found}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
