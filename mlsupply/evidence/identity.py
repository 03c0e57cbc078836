"""Name and version of an archive or a folder, without looking inside: by its file name, or its pyproject.toml."""

from __future__ import annotations

from pathlib import Path

from mlsupply.lazy import expression
from mlsupply.text import safe

_ARCHIVE_SUFFIX = expression(r"\.(?:whl|egg|zip|tar(?:\.\w{2,4})?|tgz)$")


def name_of_archive(filename: str) -> tuple[str, str]:
    """(name, version) as the file name has them (PEP 427, PEP 625)."""
    stem = _ARCHIVE_SUFFIX.sub("", filename)
    if filename.endswith((".whl", ".egg")):
        parts = stem.split("-")
        return parts[0], parts[1] if len(parts) > 1 else ""
    name, _, version = stem.rpartition("-")
    return (name, version) if name and version[:1].isdigit() else (stem, "")


def project_of(folder: Path) -> tuple[str, str]:
    """(name, version) of the project in a folder by its pyproject.toml, or ("", "")."""
    import tomli

    try:
        with open(folder / "pyproject.toml", "rb") as handle:
            project = tomli.loads(handle.read(1 << 20).decode("utf-8", "replace")).get("project", {})
    except (OSError, tomli.TOMLDecodeError, RecursionError):
        return "", ""
    name, version = (project.get(key) for key in ("name", "version")) if isinstance(project, dict) else ("", "")
    return (safe(name) if isinstance(name, str) else ""), (safe(version) if isinstance(version, str) else "")
