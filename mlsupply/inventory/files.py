"""Names of installable files, and what they say: wheels (PEP 427), source archives (PEP 625), conda packages."""

from __future__ import annotations

from mlsupply.text import canonical, safe

_ARCHIVES = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.zst", ".tar.Z", ".tar")


def file_name(url: str) -> str:
    """The last part of a URL or path, `%2B` and its like decoded, query and fragment cut off."""
    name = url[url.rfind("/") + 1 :]
    if "?" in name or "#" in name:
        name = url.split("#", 1)[0].split("?", 1)[0].rpartition("/")[2]
    if "%" in name:
        from urllib.parse import unquote

        name = safe(unquote(name), 400)
    return name


def kind_of(filename: str) -> str:
    """`wheel`, `sdist` or `other`."""
    if filename.endswith(".whl"):
        return "wheel"
    return "sdist" if filename.endswith(_ARCHIVES) else "other"


def is_archive(text: str) -> bool:
    """Whether a path or URL names a file pip would install."""
    return text.endswith((".whl", *_ARCHIVES))


def name_and_version(filename: str) -> tuple[str, str]:
    """(canonical name, version) of a wheel or source archive; ("", "") where the name says neither."""
    if filename.endswith(".whl"):
        parts = filename[:-4].split("-")
        return (canonical(parts[0]), safe(parts[1], 200)) if len(parts) in {5, 6} and parts[0] else ("", "")
    for ending in _ARCHIVES:
        if filename.endswith(ending):
            name, _, version = filename[: -len(ending)].rpartition("-")
            return (canonical(name), safe(version, 200)) if name and version[:1].isdigit() else ("", "")
    return "", ""


def conda_parts(filename: str) -> tuple[str, str, str]:
    """(name, version, build) of a conda package file; three empty strings where it is none."""
    for ending in (".conda", ".tar.bz2"):
        if filename.endswith(ending):
            parts = filename[: -len(ending)].rsplit("-", 2)
            if len(parts) == 3:
                return safe(parts[0], 200).lower(), safe(parts[1], 200), safe(parts[2], 200)
    return "", "", ""


def hash_pair(text: str) -> tuple[tuple[str, str], ...]:
    """`sha256:AB..` as (("sha256", "ab.."),); nothing where it is not of that form."""
    algorithm, _, digest = text.lower().partition(":")
    return ((algorithm, digest),) if digest.isalnum() and algorithm.isalnum() and text.isascii() else ()
