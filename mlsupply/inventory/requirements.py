"""Requirements and constraints files in all their shapes: written by hand, compiled (`# via`), hashed, exported.

Nearly every line of a compiled file is `name==version`, perhaps a marker, and hashes, which are read here. Every other line
goes through `pip_line`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from posixpath import basename, dirname, join, normpath

from mlsupply.inventory.files import file_name, hash_pair, name_and_version
from mlsupply.inventory.parsing import gap, is_unmarked_utf_16, text_of
from mlsupply.inventory.pins import Pin, Pins
from mlsupply.inventory.pip_line import asked_for, exact_version, is_marker, take_apart, without_comment
from mlsupply.inventory.trusted import with_trusted
from mlsupply.inventory.via import is_generated, parents
from mlsupply.lazy import expression
from mlsupply.model import Gap, Index, Inventory, Place, Reason, Requirement, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.text import canonical, safe, without_credentials
from mlsupply.world import Failure, Limits, Tree

FORMAT = "requirements"
_ENTRY = expression(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*+(?<=[A-Za-z0-9]))?)(?:\[(?P<extras>[A-Za-z0-9._,-]*+)\])?[ ]*+"
    r"===?[ ]*+(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*+)(?:[ ]*+;[ ]*+(?P<marker>[^\\#;\n]++))?"
)
_ALIKE = expression(r"(?P<before> (?:\\\n    )?--hash=sha256:).{64}(?:(?P=before).{64})*+(?=\n|\Z)")
_REST = expression(
    r"(?P<hashes>(?:[ \t]*+(?:\\\n[ \t]*+)?--hash[= ][a-z0-9]++:[A-Fa-f0-9]++)*+)"
    r"[ \t]*+(?:(?<=[ \t])\#(?P<comment>[^\n]*+))?(?:\n|\Z)"
)
_HASH = expression(r"--hash[= ]([a-z0-9]+):([A-Fa-f0-9]+)")
_COMMENT = expression(r"[ \t]*+(?:#([^\n]*+))?(?:\n|\Z)")
_BREAKS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_CODED = expression(r"\A(?:[^\n]*+\n)?\#[^\n]*?coding[:=]\s*+([\w.-]++)")  # PEP 263, as pip heeds it
_ASCII_INSIDE = expression(
    r"(?:utf[-_]?8|u8)(?:[-_]sig)?|(?:us[-_]?)?ascii|latin[-_]?1|l1|iso[-_]?(?:ir[-_]?)?8859[-_]?[0-9]{1,2}|(?:cp|windows[-_]?)125[0-8]"
    r"|cp(?:437|8[0-9]{2}|932|936|949|950)|koi8[-_][a-z]|gb(?:k|2312|18030)|big5|euc[-_]?[a-z]{2}|s(?:hift)?[-_]?jis|mac[-_]?roman"
)
_MOST_GAPS = 200  # told apart in one file; the rest are counted
_MOST_JOINED = 10_000  # lines continued by a backslash
_ROLES = {"--index-url": "primary", "--pypi-url": "primary", "--extra-index-url": "extra", "--find-links": "find-links"}


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """See the module. The files named by `-r` and `-c` are read with it, and every place names the file it is in."""
    reading = Reading(tree, limits)
    reading.file(path, constraint=False)
    return reading.inventory(path)


class Reading:
    """One file and those it includes, while they are read; also lines that stand inside another file."""

    def __init__(self, tree: Tree, limits: Limits) -> None:
        self.tree = tree
        self.limits = limits
        self.pins = Pins(limits.packages)
        self.indexes: list[Index] = []
        self.trusted: dict[str, Place] = {}
        self.gaps: list[Gap] = []
        self.seen: list[tuple[str, bool]] = []
        self.open: list[str] = []
        self.generated = False

    # -- files

    def file(self, path: str, *, constraint: bool, asked_at: Place | None = None) -> None:
        """Read a file and what it includes. constraint: it limits and does not ask; asked_at: the line that includes it."""
        text = text_of(path, self.tree, self.limits)
        if isinstance(text, Gap):
            self.gaps.append(_dangling(text, path, asked_at) if asked_at else text)
            text = self._other_encoding(path) if text.reason is Reason.MALFORMED else ""
        if not text:
            return
        if found := _CODED.match(text):
            self._other_lines(Place(path, found[0].count("\n") + 1), found[1])
        self.seen.append((path, constraint))
        self.open.append(path)
        self.generated = self.generated or is_generated(text)
        self.lines(path, _as_pip_breaks(text), constraint=constraint)
        self.open.pop()

    def _other_lines(self, place: Place, encoding: str) -> None:
        """pip reads the file as its coding comment says, and in some encodings a comment holds line ends."""
        if not _ASCII_INSIDE.fullmatch(encoding.lower()):
            detail = f"pip reads this file as {safe(encoding, 40)}, and may find other lines in it; read as UTF-8"
            self.gaps.append(gap(place.file, Reason.MALFORMED, detail, place.line, "save it as UTF-8, without that comment"))

    def _other_encoding(self, path: str) -> str:
        """The file with `?` for every byte that is not ASCII: pip reads it in the encoding of the machine or of a coding
        comment, and the lines that matter are ASCII. The zeros of UTF-16 are left out."""
        data = self.tree.read(path, self.limits.manifest_bytes)
        text = "" if isinstance(data, Failure) else data.decode("ascii", "replace").replace("\ufffd", "?")
        if not isinstance(data, Failure) and is_unmarked_utf_16(data):
            text = text.replace("\0", "")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def include(self, target: str, place: Place, *, constraint: bool) -> None:
        """Read a file named by `-r` or `-c`, relative to the file that names it."""
        if "://" in target:
            detail = f"{without_credentials(target)[0]} is not fetched: requirements by URL are not read"
            self.gaps.append(gap(place.file, Reason.UNSUPPORTED, detail, place.line, "keep the file in the project"))
            return
        path = normpath(join(dirname(place.file), target.removeprefix("file:")))
        words = safe(target, 200)
        if path in self.open:
            self.gaps.append(gap(place.file, Reason.MALFORMED, f"{words} includes itself, which pip refuses", place.line))
        elif (path, constraint) in self.seen:
            return
        elif len(self.seen) > self.limits.includes:
            detail = f"{words} was not read: one file may include {self.limits.includes} others"
            self.gaps.append(gap(place.file, Reason.LIMIT, detail, place.line))
        else:
            self.file(path, constraint=constraint, asked_at=place)

    # -- lines

    def lines(self, path: str, text: str, *, constraint: bool, line: int = 1) -> None:
        """Every entry of the text; `position` and `line` walk it together."""
        entry, comment = _ENTRY.match, _COMMENT.match
        position, end = 0, len(text)
        last: Pin | None = None
        inside = False
        while position < end:
            if found := comment(text, position):
                if last is not None and found[1] is not None:
                    inside = self._via(last, found[1], inside)
                else:
                    last, inside = None, False
                line += 1
                position = found.end()
            elif (
                (found := entry(text, position))
                and (found["marker"] is None or _is_usual(found["marker"]))
                and (rest := _rest(text, found.end()))
            ):
                if self.pins.is_full():
                    self._stop(Place(path, line))
                    return
                last, inside = self._entry(found, rest.hashes, Place(path, line), constraint), False
                if last is not None and rest.comment:
                    inside = self._via(last, rest.comment, inside)
                line += text.count("\n", position, rest.end)
                position = rest.end
            else:
                if self.pins.is_full():
                    self._stop(Place(path, line))
                    return
                logical, used, position = _joined(text, position)
                last, inside = self._odd(logical, Place(path, line), constraint), False
                if last is not None and " #" in logical:
                    inside = self._via(last, logical.rpartition(" #")[2], inside)
                line += used

    def _stop(self, place: Place) -> None:
        """Nothing more is read once the limit is reached; a file of millions of lines must end."""
        detail = f"the lines from here on were not read: one input may hold {self.limits.packages:,} packages"
        if not any(gap.reason is Reason.LIMIT and gap.detail == detail for gap in self.gaps):
            self.gaps.append(gap(place.file, Reason.LIMIT, detail, place.line))

    def _entry(self, found: re.Match[str], hashes: list[tuple[str, str]], place: Place, constraint: bool) -> Pin | None:
        return self.pins.add(
            Pin(
                name=canonical(found["name"]),
                version=found["version"],
                place=place,
                marker=safe(found["marker"].rstrip(), 2000) if found["marker"] else "",
                extras=tuple(sorted(canonical(extra) for extra in found["extras"].split(","))) if found["extras"] else (),
                hashes=hashes,
                constraint=constraint,
            )
        )

    def _via(self, pin: Pin, comment: str, inside: bool) -> bool:
        if comment.strip().startswith("from "):
            pin.index = without_credentials(comment.strip()[5:].strip())[0]
            return False
        named, inside = parents(comment, inside)
        pin.parents.extend(named)
        self.pins.annotated = self.pins.annotated or inside
        return inside

    def _odd(self, logical: str, place: Place, constraint: bool) -> Pin | None:
        text = without_comment(logical)
        if not text:
            return None
        if len(text) > 100_000:
            self.gaps.append(
                gap(place.file, Reason.LIMIT, "the line is longer than 100,000 characters", place.line, "break it with \\")
            )
            return None
        line = take_apart(text)
        if line.fault:
            self.gaps.append(gap(place.file, Reason.MALFORMED, line.fault, place.line, "pip would refuse the file"))
        if line.asked:
            return self._ask(line.asked, place, constraint, self._hashes(line.options, place))
        return self._options(line.options, place, constraint)

    def _hashes(self, options: Sequence[tuple[str, str]], place: Place) -> tuple[tuple[str, str], ...]:
        hashes = [(value, hash_pair(value)) for name, value in options if name == "--hash"]
        for value, pair in hashes:
            if not pair:
                detail = f"not a hash: {value[:80]!r}"
                self.gaps.append(gap(place.file, Reason.MALFORMED, detail, place.line, "write it as algorithm:hex"))
        return tuple(one for _, pair in hashes for one in pair)

    def _options(self, options: Sequence[tuple[str, str]], place: Place, constraint: bool) -> Pin | None:
        for name, value in options:
            if name == "--editable":
                return self._ask(value, place, constraint, (), editable=True)
            if name in {"--requirement", "--constraint"}:
                self.include(value, place, constraint=constraint or name == "--constraint")
            elif name in _ROLES:
                url, had_credentials = without_credentials(value)
                self.indexes.append(Index(url=url, role=_ROLES[name], had_credentials=had_credentials, place=place))
            elif name == "--trusted-host":
                self.trusted.setdefault(value, place)
        return None

    def _ask(
        self, text: str, place: Place, constraint: bool, hashes: tuple[tuple[str, str], ...], *, editable: bool = False
    ) -> Pin | None:
        asked = asked_for(text, place, editable=editable, constraint=constraint)
        if isinstance(asked, Gap):
            self.gaps.append(asked)
            return None
        name = asked.name or self._local_name(asked)
        return self.pins.add(
            Pin(
                name=name,
                version=_version(asked),
                place=place,
                marker=asked.marker,
                extras=asked.extras,
                hashes=hashes or asked.hashes,
                constraint=constraint,
                specifier=asked.specifier,
                source=asked.source,
                text=asked.text,
            )
        )

    def _local_name(self, asked: Requirement) -> str:
        """The name of a project given by its folder, from its own manifest; without one a gap says so."""
        from mlsupply.inventory.beside import project_name

        target = asked.source.url
        folder = normpath(join(dirname(asked.place.file), re.sub(r"^file:(?://)?", "", target.partition("#")[0])))
        if name := project_name(folder, self.tree, self.limits):
            return name
        detail = "the project in this folder names itself in no pyproject.toml or setup.cfg that can be read here"
        hint = "what it requires is found where its own folder is scanned"
        self.gaps.append(gap(asked.place.file, Reason.UNSUPPORTED, detail, asked.place.line, hint, target))
        return ""

    # -- the result

    def inventory(self, path: str) -> Inventory:
        """complete: a resolver wrote the file or it is hashed throughout, and nothing in it is left open."""
        closed = self.generated or self.pins.annotated or self.pins.all_hashed()
        complete = closed and not self.pins.is_open() and not self.gaps
        packages = self.pins.packages()
        return Inventory(
            path=path,
            format=FORMAT,
            root=self.pins.root,
            packages=packages,
            requirements=self.pins.requirements(complete),
            indexes=tuple(with_trusted(self.indexes, self.trusted)) if self.trusted else tuple(self.indexes),
            gaps=self._told_gaps(path),
            complete=complete,
            includes=tuple(dict.fromkeys(name for name, _ in self.seen if name != path)),
        )

    def _told_gaps(self, path: str) -> tuple[Gap, ...]:
        if (more := len(self.gaps) - _MOST_GAPS) <= 0:
            return tuple(self.gaps)
        rest = gap(
            path,
            Reason.MALFORMED,
            f"{more:,} further lines could not be read",
            hint="fix the lines",
        )
        return (*self.gaps[:_MOST_GAPS], rest)


def _as_pip_breaks(text: str) -> str:
    """The text with a line end wherever pip ends a line (`str.splitlines`): at a form feed, say. To uv what stands behind
    one goes on with its line; what either installs is read."""
    if not any(mark in text for mark in _BREAKS[:5]) and (text.isascii() or not any(mark in text for mark in _BREAKS[5:])):
        return text
    return text.translate(dict.fromkeys(map(ord, _BREAKS), "\n"))


class _Rest(NamedTuple):
    """What follows name, version and marker of an entry. end: where the next line begins."""

    hashes: list[tuple[str, str]]
    comment: str
    end: int


def _rest(text: str, start: int) -> _Rest | None:
    """The hashes and the comment from here on; None where something else stands there too."""
    if (alike := _ALIKE.match(text, start)) and (hashes := _split(alike)):
        return _Rest(hashes, "", alike.end() + 1)
    found = _REST.match(text, start)
    return found and _Rest(_HASH.findall(found["hashes"].lower()), found["comment"] or "", found.end())


def _split(alike: re.Match[str]) -> list[tuple[str, str]]:
    """The hashes of uniformly written lines, as resolvers write them, if all are well formed; otherwise none. Checking each
    digit with a regular expression would cost more than all else in reading a large file."""
    digests = alike[0].split(alike["before"])[1:]
    return [("sha256", digest) for digest in digests] if _are_sha256(digests) else []


def _are_sha256(digests: list[str]) -> bool:
    """Whether they are 64 lower-case hexadecimal digits each."""
    joined = "".join(digests)
    return (
        {*map(len, digests)} == {64}
        and joined.isascii()
        and not joined.encode().translate(None, b"0123456789abcdef")  # what is left without these
    )


def _is_usual(marker: str) -> bool:
    return " --" not in marker and is_marker(marker)


def _joined(text: str, start: int) -> tuple[str, int, int]:
    """(logical line, lines used, position after it): a backslash at the end joins, a comment line never does."""
    parts: list[str] = []
    position, used = start, 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        position, used = end + 1, used + 1
        if line.lstrip().startswith("#") or not line.endswith("\\") or used >= _MOST_JOINED:
            parts.append(" " + line if parts and line.lstrip().startswith("#") else line)
            break
        parts.append(line.strip("\\"))
    return "".join(parts), used, position


def _version(asked: Requirement) -> str:
    if asked.source.kind is SourceKind.REGISTRY:
        return exact_version(asked.specifier)
    if asked.source.kind in {SourceKind.URL, SourceKind.PATH}:
        return name_and_version(file_name(asked.source.url))[1]
    return ""


def _dangling(cause: Gap, path: str, asked_at: Place) -> Gap:
    hint = (
        "scan the folder that holds both" if cause.reason is Reason.FORBIDDEN else f"add {basename(path)} or drop the line"
    )
    return gap(asked_at.file, cause.reason, f"asked for here: {cause.detail}", asked_at.line, safe(hint))
