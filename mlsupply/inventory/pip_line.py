"""One logical line of a requirements file, by pip's rules
(https://pip.pypa.io/en/stable/reference/requirements-file-format/): options, PEP 508 requirements, bare URLs, VCS
addresses, paths. Environment variables in it stay as they are written."""

from __future__ import annotations

import re

from mlsupply.inventory.files import file_name, is_archive, name_and_version
from mlsupply.inventory.parsing import gap, requirement, source_of_url
from mlsupply.lazy import expression
from mlsupply.model import Gap, Place, Reason, Requirement, Source, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.text import canonical, safe, without_credentials

# option -> whether it takes a value; the names pip documents for requirements files
_OPTIONS = {
    "--requirement": True,
    "--constraint": True,
    "--editable": True,
    "--index-url": True,
    "--pypi-url": True,
    "--extra-index-url": True,
    "--find-links": True,
    "--trusted-host": True,
    "--no-index": False,
    "--no-binary": True,
    "--only-binary": True,
    "--pre": False,
    "--prefer-binary": False,
    "--require-hashes": False,
    "--use-feature": True,
    "--always-unzip": False,
    "--hash": True,
    "--config-settings": True,
    "--config-setting": True,
    "--global-option": True,
    "--install-option": True,
    "--build-option": True,
}
_SHORT = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
    "-C": "--config-settings",
}
_TOKEN = expression(r"""(?:[^\s"'\\]|\\.|"[^"]*"|'[^']*')+""")
_QUOTES = expression(r"""["']|\\(?=[\s"'\\])""")

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*+(?<=[A-Za-z0-9]))?"
_SPECIFIER = r"(?:===?|~=|!=|<=?|>=?)\s*+[A-Za-z0-9.!+*_-]++"
_PLAIN = expression(
    rf"({_NAME})\s*+(?:\[([A-Za-z0-9._,\s-]*+)\])?\s*+(\(?\s*+{_SPECIFIER}\s*+(?:,\s*+{_SPECIFIER}\s*+)*+,?\s*+\)?)?\s*+"
    r"(?:;([^;]++))?"
)
_EXACT = expression(r"(?<![<>~!=])===?\s*+([A-Za-z0-9.!+_-]++)(?!\*)(?=[\s,)]|$)")
_DIRECT = expression(rf"({_NAME})\s*+(?:\[([A-Za-z0-9._,\s-]*+)\])?\s*+@\s*+(\S.*)", re.DOTALL)
_ADDRESS = expression(r"(?:(?:git|hg|svn|bzr)\+|https?://|ftp://|file:)", re.IGNORECASE)
_PATH = expression(r"[.~/\\]|[A-Za-z]:[\\/]|[^;@\s/\\]*+[/\\]")
_EGG = expression(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]{0,200})")
_FRAGMENT_HASH = expression(r"[#&](sha256|sha384|sha512|sha1|md5)=([0-9A-Fa-f]{32,128})")
_EXTRAS = expression(r"\[([A-Za-z0-9._,\s-]{1,400})\]$")
_COMMENT_START = expression(r"(?:^|(?<=[ \t]))#")
_MARKER_START = expression(r"(?<=\s);|;(?=\s)|(?<=\.whl);|(?<=\.gz);|(?<=\.zip);")
_MARKER = expression(
    r"""[\s(]*+(?:'[^']*+'|"[^"]*+"|(?:python_version|python_full_version|python_implementation|os[._]name|sys[._]platform"""
    r"""|platform[._]\w++|implementation_\w++|extras?|dependency_groups)\b)[^/@\x00-\x08\x0e-\x1f]*+"""
)


class Line(NamedTuple):
    """A taken-apart line. options: (long name, value) in order; asked: the requirement text, "" for options alone."""

    asked: str
    options: tuple[tuple[str, str], ...]
    fault: str = ""


def without_comment(line: str) -> str:
    """The line up to a `#` that starts it or follows white space."""
    found = _COMMENT_START.search(line)
    return (line[: found.start()] if found else line).strip()


def take_apart(line: str) -> Line:
    """Split off the options; pip takes everything before the first word that starts with `-` as the requirement."""
    start = 0 if line.startswith("-") else next((m.start() + 1 for m in re.finditer(r"\s-", line)), len(line))
    asked, rest = line[:start].strip(), line[start:]
    if not rest:
        return Line(asked, ())
    words = [_QUOTES.sub("", word) for word in _TOKEN.findall(rest)]
    options: list[tuple[str, str]] = []
    while words:
        name, value, fault = _option(words)
        if fault:
            return Line(asked, tuple(options), fault)
        options.append((name, value))
    return Line(asked, tuple(options))


def _option(words: list[str]) -> tuple[str, str, str]:
    """Take one option from the front: (long name, value, what is wrong)."""
    word = words.pop(0)
    name, equals, value = word.partition("=")
    if not word.startswith("--"):
        name, equals, value = _SHORT.get(word[:2], word[:2]), word[2:3], word[2:]
    elif name not in _OPTIONS:  # pip, as optparse does, takes any beginning that names only one option
        name = next((known for known in _OPTIONS if known.startswith(name)), name)
    if name not in _OPTIONS:
        return name, "", f"pip knows no option {safe(word, 80)!r} in a requirements file"
    if _OPTIONS[name] and not equals:
        if not words:
            return name, "", f"the option {name} lacks its value"
        value = words.pop(0)
    return name, value, ""


def exact_version(specifier: str) -> str:
    """The version an `==` or `===` without wildcard pins, "" where none does."""
    found = _EXACT.search(specifier)
    return safe(found[1], 200) if found else ""


def is_marker(text: str) -> bool:
    """Whether it starts as a marker (PEP 508) does and holds nothing that none holds: `/` and `@` of an address."""
    return _MARKER.fullmatch(text) is not None


def asked_for(text: str, place: Place, *, editable: bool = False, constraint: bool = False) -> Requirement | Gap:
    """What a line asks for, its options already split off. Its name is "" where only the path's own metadata tells."""
    direct = _DIRECT.fullmatch(text)
    if direct and not editable:
        return _addressed(direct[3], place, text, name=direct[1], extras=direct[2] or "", constraint=constraint)
    if _ADDRESS.match(text):
        return _addressed(text, place, text, editable=editable, constraint=constraint)
    if editable or _PATH.match(text) or is_archive(text.partition(";")[0].strip()):
        return _local(text, place, editable=editable, constraint=constraint)
    plain = _PLAIN.fullmatch(text)
    if plain is None or (plain[4] and not is_marker(plain[4])):
        return requirement(text, place, constraint=constraint)
    return Requirement(
        name=canonical(plain[1]),
        specifier=re.sub(r"[\s()]", "", plain[3] or "").rstrip(","),
        extras=_split(plain[2] or ""),
        marker=safe((plain[4] or "").strip(), 2000),
        place=place,
        constraint=constraint,
        text=safe(text, 300),
    )


def _split(extras: str) -> tuple[str, ...]:
    return tuple(sorted({canonical(extra.strip()) for extra in extras.split(",") if extra.strip()}))


def _addressed(
    url: str, place: Place, text: str, *, name: str = "", extras: str = "", editable: bool = False, constraint: bool = False
) -> Requirement | Gap:
    """A requirement by URL. The file name of a wheel or the `egg` names the package where the line does not."""
    url, marker = _unglued(url)
    if marker and not is_marker(marker):
        return _bad_marker(marker, place)
    if "#" not in url and (found := _EXTRAS.search(url)):
        url, extras = url[: found.start()], found[1]
    source = source_of_url(url)
    if source.kind is not SourceKind.GIT and editable:
        source = source._replace(kind=SourceKind.EDITABLE)
    egg = _EGG.search(url)
    from_file = "" if source.kind is SourceKind.GIT else name_and_version(file_name(url.removeprefix("file:")))[0]
    name = canonical(name or (egg[1] if egg else "")) or from_file
    if not name and source.kind in {SourceKind.GIT, SourceKind.URL}:
        hint = "write it as name @ URL"
        return gap(place.file, Reason.UNSUPPORTED, f"no package name can be read from {source.url}", place.line, hint)
    return Requirement(
        name=name,
        extras=_split(extras),
        marker=marker,
        source=source,
        place=place,
        hashes=tuple((algorithm, digest.lower()) for algorithm, digest in _FRAGMENT_HASH.findall(url)),
        constraint=constraint,
        text=safe(without_credentials(text)[0], 300),
    )


def _unglued(url: str) -> tuple[str, str]:
    """(address, marker): `;` ends the address where white space follows or precedes it, or an archive's name ends there."""
    parts = _MARKER_START.split(url, maxsplit=1)
    return parts[0].strip(), safe(parts[1].strip(), 2000) if len(parts) > 1 else ""


def _bad_marker(marker: str, place: Place) -> Gap:
    detail = f"not an environment marker: {marker.strip()[:80]!r}"
    return gap(place.file, Reason.MALFORMED, detail, place.line, "see the marker syntax of PEP 508")


def _local(text: str, place: Place, *, editable: bool, constraint: bool) -> Requirement | Gap:
    path, _, marker = text.partition(";")
    if marker.strip() and not is_marker(marker):
        return _bad_marker(marker, place)
    path, extras = path.strip(), ""
    if found := _EXTRAS.search(path):
        path, extras = path[: found.start()], found[1]
    kind = SourceKind.EDITABLE if editable else SourceKind.PATH
    return Requirement(
        name=name_and_version(file_name(path.replace("\\", "/")))[0],
        extras=_split(extras),
        marker=safe(marker.strip(), 2000),
        source=Source(kind, without_credentials(path)[0]),
        place=place,
        constraint=constraint,
        text=safe(without_credentials(text)[0], 300),
    )
