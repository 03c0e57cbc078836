"""Advisories from disk: an OSV export (zip), a folder of OSV files, a checkout of the PyPA database."""

from __future__ import annotations

import json
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlsupply.digest import sha256_of_file
from mlsupply.errors import MlsupplyError
from mlsupply.folders import files_below
from mlsupply.model import DataSource
from mlsupply.text import safe
from mlsupply.yaml_values import document

PYPA = "PyPA Advisory Database"
PYPA_LICENCE = "CC-BY-4.0"
PYPA_URL = "https://github.com/pypa/advisory-database"
OSV = "OSV export for PyPI"
OSV_LICENCE = "CC-BY-4.0"
IMPORTED = "imported OSV records"

_MAX_RECORD = 8 << 20  # bytes of one record
_MAX_RECORDS = 2_000_000
_MAX_TOTAL = 8 << 30  # bytes of all records together


def records_of(path: Path) -> Iterator[tuple[str, object]]:
    """(name, record) for each record of a zip or a folder, in the order of their names. What cannot be read as JSON or YAML
    comes as its error, which no reader takes for a record. Raises `MlsupplyError` where there is nothing to read."""
    if path.is_dir():
        return _folder(path)
    try:
        if zipfile.is_zipfile(path):
            return _archive(zipfile.ZipFile(path))
        reason = "neither a zip nor a folder of advisories"
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        reason = f"a zip that cannot be read ({error})"
    raise MlsupplyError("not-an-export", f"{path} is {reason}", "give an OSV export such as PyPI/all.zip")


def source_of(path: Path, as_of: str, ids: Iterable[str]) -> DataSource:
    """The credit for the records with these ids, read from this path; the digest is of the zip. Only records that all carry
    the ids of the PyPA database are credited to it: of others neither the author nor the licence is known."""
    digest = sha256_of_file(path) if path.is_file() else ""
    if all(known.startswith("PYSEC-") for known in ids):
        return DataSource(PYPA, as_of, 0, digest, PYPA_LICENCE, PYPA_URL)
    return DataSource(IMPORTED, as_of, 0, digest, "", safe(str(path)))


def _archive(opened: zipfile.ZipFile) -> Iterator[tuple[str, object]]:
    """Nothing is written to disk and no member name is used as a path."""
    left = _MAX_TOTAL
    with opened as archive:
        members = sorted((info for info in archive.infolist() if info.filename.endswith(".json")), key=lambda i: i.filename)
        if len(members) > _MAX_RECORDS:
            yield members[_MAX_RECORDS].filename, ValueError(f"it and what follows are more than {_MAX_RECORDS:,} records")
        for info in members[:_MAX_RECORDS]:
            left -= info.file_size
            if info.file_size > _MAX_RECORD or left < 0:
                yield info.filename, ValueError("too large")
                continue
            try:
                with archive.open(info) as member:
                    yield info.filename, json.loads(member.read(_MAX_RECORD))
            except _UNREADABLE as error:
                yield info.filename, error


# of a member: broken, in a compression that is not known, encrypted (RuntimeError), no JSON, or on a disk that fails
_UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError, OSError)


def _folder(path: Path) -> Iterator[tuple[str, object]]:
    for file in files_below(path, (".json", ".yaml", ".yml")):
        name = file.relative_to(path).as_posix()
        try:
            if file.stat().st_size > _MAX_RECORD:
                yield name, ValueError("too large")
                continue
            text = file.read_bytes()
            yield name, json.loads(text) if file.suffix == ".json" else _yaml(text)
        except (OSError, ValueError, RecursionError) as error:
            yield name, error


def _yaml(text: bytes) -> object:
    import yaml

    try:
        return _plain(document(text))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _plain(value: object) -> object:
    """YAML's dates as the text JSON has for them."""
    from datetime import date, datetime

    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else value
