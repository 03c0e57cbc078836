"""Files from a disk or an image layer, one at a time, compared with what a question looks for. Reads bytes that were handed
to it and nothing else; starts nothing.

Sources: PEP 376 and 427 for `.dist-info`, uv's cache buckets (`wheels-v5/pypi/NAME/VERSION-...`), conda's `pkgs` and
`conda-meta`, pip's `http-v2` cache, in which a body stands under a digest of its address.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from mlsupply.evidence.record import rows
from mlsupply.exposure.bodies import releases_in
from mlsupply.exposure.holdings import Extractor
from mlsupply.exposure.indicators import Hunted, NamedFile, Text, hunted, release_in_text
from mlsupply.exposure.manifests import is_yaml
from mlsupply.exposure.question import Question
from mlsupply.exposure.repository import gap
from mlsupply.exposure.traces import Trace
from mlsupply.inventory import reader_of
from mlsupply.inventory.metadata import parse
from mlsupply.inventory.sniff import MOST_OF_YAML, is_script, yaml_format
from mlsupply.model import Gap, Reason
from mlsupply.text import canonical, safe
from mlsupply.world import Limits

TEXT_BYTES = 16 << 20  # read of one log or configuration file
_MAX_PLACES = 20  # kept of one indicator
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".egg", ".conda", ".tar.bz2", ".pyz", ".pth", ".body")
_TEXT = re.compile(
    r"(?:\.log(?:\.\d{1,3})?|\.pth|\.start|\.service|\.timer|\.plist|_history"
    r"|/(?:pip\.conf|pip\.ini|uv\.toml|\.pypirc|\.condarc|\.npmrc|hosts|crontab|\.env|\.profile|\.z?shrc|\.bashrc"
    r"|\.zprofile|\.bash_profile|\.gitconfig)|/(?:cron\.[a-z]{1,8}|crontabs|LaunchAgents)/[^/]{1,200})$"
)
# the version of an egg may be followed by that of Python
_INSTALLED = re.compile(r"/([^/]+?)-([^-/]+)(?:-py\d[^/]*)?\.(?:dist-info|egg-info|egg)(?=/|$)")
# standard libraries, environments, caches of uv and conda: files that came with a release, and many
_INSTALLED_CODE = re.compile(r"/(?:(?:site|dist)-packages|node_modules|pkgs|archive-v\d+|lib(?:64)?/python\d[^/]*)/")
_UV_BUCKET = re.compile(r"/(?:wheels|built-wheels|sdists)-v\d+/(?:pypi|index/[^/]+)/([^/]+)/([^/]+)(?:/|$)")
_CONDA = re.compile(r"/(?:conda-meta/([^/]+)\.json|pkgs/([^/]+?)(?:\.conda|\.tar\.bz2|/info/index\.json))$")


class Hunt:
    """Gathers what files show. `wants` tells whether a file's bytes are needed; `see` is given each file once."""

    def __init__(self, question: Question, limits: Limits) -> None:
        self._question = question
        self._limits = limits
        self._extractor = Extractor(question.bad, limits)
        self.hunted: list[Hunted] = hunted(question)
        self._named = [one for one in self.hunted if isinstance(one, NamedFile)]
        self._texts = [one for one in self.hunted if isinstance(one, Text)]
        self._release = release_in_text(question)
        self._digests = {found.value.lower(): found for found in question.files}
        self._wide = {found.algorithm for found in question.files}
        self._of = {found.of for found in question.files if "." in found.of}
        self._folders: dict[str, tuple[str, str]] = {}  # of installed releases, as they are called
        self.places: dict[Hunted | str, list[str]] = defaultdict(list)
        self.traces: list[Trace] = []
        self.gaps: list[Gap] = []
        self.files = self.texts = self.hashed = self.inventories = self.passed = 0

    def wants(self, path: str, size: int) -> bool:
        """Whether the content matters."""
        return (
            self.hashes(path)
            or _is_metadata(path)
            or _is_record(path)
            or self._is_text(path)
            or _is_inventory(path)
            or _may_be_script(path)
            or _may_be_manifest(path)
        ) and size >= 0

    def hashes(self, path: str) -> bool:
        """Whether the file's digest is worth comparing."""
        base = path.rpartition("/")[2]
        return bool(self._digests) and (base.endswith(_ARCHIVES) or base in self._of or any(self._matching(path)))

    def _is_text(self, path: str) -> bool:
        return _TEXT.search(f"/{path}") is not None

    def see(self, path: str, data: bytes | None, shown: str) -> None:
        """Note what a file shows. path: inside its disk or layer, POSIX; data: its bytes, where wanted and at hand; shown:
        how to call it."""
        self.files += 1
        for one in self._matching(path):
            self._place(one, shown)
            self.traces.append(Trace(kind="file", path=shown, says=f"has the name of {one.text}"))
        self._by_name(path, shown)
        if data is None:
            return
        if self.hashes(path):
            self.digested(shown, {name: _digest(name, [data]) for name in self._wide})
        if _is_metadata(path):
            self._metadata(data, shown)
        if _is_record(path):
            self._record(data, shown)
        if self._is_text(path):
            self._text(data[:TEXT_BYTES], shown)
            if len(data) > TEXT_BYTES:
                self.gaps.append(gap(shown, Reason.TOO_LARGE, f"only the first {TEXT_BYTES:,} bytes were searched"))
        if _is_inventory(path):
            self.inventory(path, data, shown)
        elif _may_be_script(path) and is_script(data):
            self._extractor.named[path] = "script"
            self.inventory(path, data, shown)
        elif _may_be_manifest(path) and (form := yaml_format(data[:MOST_OF_YAML].decode("utf-8", "replace"))):
            self._extractor.named[path] = form
            self.inventory(path, data, shown)

    def digested(self, shown: str, digests: dict[str, str]) -> None:
        """Compare a file's digests (algorithm to hex) with the record's."""
        self.hashed += 1
        for algorithm, digest in digests.items():
            known = self._digests.get(digest)
            if known is not None and known.algorithm == algorithm:
                self._place(digest, shown)
                self.traces.append(Trace(kind="hash", path=shown, says=f"is {known.of or 'a bad file'}, by its {algorithm}"))

    def digest_of(self, chunks: Iterable[bytes]) -> dict[str, str]:
        """The digests the record uses, of a file too large to hold."""
        states = {name: _state(name) for name in self._wide}
        for chunk in chunks:
            for state in states.values():
                state.update(chunk)
        return {name: state.hexdigest() for name, state in states.items()}

    def _matching(self, path: str) -> Iterator[NamedFile]:
        base = path.rpartition("/")[2]
        folder = f"/{path[: len(path) - len(base)]}"
        return (one for one in self._named if folder.endswith(one.suffix) and one.pattern.match(base))

    def _place(self, key: Hunted | str, shown: str) -> None:
        if len(self.places[key]) < _MAX_PLACES:
            self.places[key].append(shown)

    def body(self, begin: bytes, end: bytes, shown: str) -> None:
        """Note the releases of an archive whose name does not tell them, by its first and last bytes."""
        for name, version in releases_in(begin, end, self._question.bad):
            if self._bad(name, version):
                self.traces.append(Trace(kind="archive", path=shown, says=f"holds {name} {version}, by what is in it"))

    def text(self, data: bytes, shown: str) -> None:
        """Search a file that the user named, whatever it is called."""
        self._text(data[:TEXT_BYTES], shown)

    def finish(self) -> None:
        """Note installed releases whose metadata could not be read because it is a link, or the file is gone."""
        read = [trace.path for trace in self.traces if trace.kind == "installed"]
        for folder, (name, version) in self._folders.items():
            if not any(path.startswith(folder) for path in read):
                said = f"{name} {version} is unpacked here, by the name"
                self.traces.append(Trace(kind="installed", path=folder, says=said))

    def _by_name(self, path: str, shown: str) -> None:
        if installed := _INSTALLED.search(f"/{path}"):
            called = canonical(installed[1]), installed[2]
            if self._bad(*called):
                after = len(path) + 1 - installed.end()
                self._folders.setdefault(shown[: len(shown) - after] if after else shown, called)
        base = path.rpartition("/")[2]
        if base.endswith((".whl", ".tar.gz", ".zip")) and (release := _release_of(base)) and self._bad(*release):
            self.traces.append(Trace(kind="archive", path=shown, says=f"an archive of {' '.join(release)}, by its name"))
        if bucket := _UV_BUCKET.search(f"/{path}"):
            name, version = canonical(bucket[1]), bucket[2].partition("-")[0]
            if self._bad(name, version) and not _same_place(self.traces, bucket[0], "cache"):
                self.traces.append(Trace(kind="cache", path=shown, says=f"uv has kept {name} {version}"))
        if conda := _CONDA.search(f"/{path}"):
            words = (conda[1] or conda[2]).rsplit("-", 2)
            if len(words) == 3 and self._bad(canonical(words[0]), words[1]):
                says = f"conda's {words[0]} {words[1]}; the record is about the Python index's files, not of conda's"
                self.traces.append(Trace(kind="conda", path=shown, says=safe(says)))

    def _bad(self, name: str, version: str) -> bool:
        return name in self._question.bad and self._question.is_bad(name, version)

    def _metadata(self, data: bytes, shown: str) -> None:
        stated = parse(data)
        if self._bad(stated.name, stated.version):
            self.traces.append(Trace(kind="installed", path=shown, says=f"{stated.name} {stated.version} is unpacked here"))

    def _record(self, data: bytes, shown: str) -> None:
        """Digests that an installer wrote down: the file may be gone, the line still names it."""
        if not self._digests:
            return
        for row in rows(data):
            known = self._digests.get(row.digest)
            if known is not None:
                self._place(row.digest, shown)
                says = f"lists {safe(row.path, 120)} with the sha256 of {known.of or 'a bad file'}"
                self.traces.append(Trace(kind="hash", path=shown, says=says))

    def _text(self, data: bytes, shown: str) -> None:
        self.texts += 1
        low = data.lower()
        for one in self._texts:
            if found := one.pattern.search(low):
                where = _line(shown, low, found.start())
                self._place(one, where)
                self.traces.append(Trace(kind="text", path=where, says=f"names {one.text}"))
        if not shown.endswith(".pth") and (found := self._release.search(low)):
            where = _line(shown, low, found.start())
            says = f"names the release: {safe(found[0].decode('utf-8', 'replace'), 80)}"
            self.traces.append(Trace(kind="text", path=where, says=says))

    def inventory(self, path: str, data: bytes, shown: str) -> None:
        """Read a lock, SBOM or manifest; its file name tells the format."""
        self.inventories += 1
        holding = self._extractor.read(path, data)
        if shown.endswith(".json") and not data.rstrip().endswith(b"}"):
            self.gaps.append(gap(shown, Reason.MALFORMED, "the document is cut off; only the part before that was searched"))
        elif holding.unread:
            self.gaps.append(gap(shown, Reason.MALFORMED, holding.unread))
        for held in sorted(holding.held):
            if held.pinned and self._bad(held.name, held.version):
                self.traces.append(Trace(kind="names", path=shown, says=f"names {held.name} {held.version}"))


def _line(shown: str, data: bytes, place: int) -> str:
    """The line, never its text: a shell's history or a configuration may hold secrets beside it."""
    lines = data.count(b"\n", 0, place) + 1
    return f"{shown}:{lines}"


def _same_place(traces: list[Trace], bucket: str, kind: str) -> bool:
    return any(trace.kind == kind and bucket in f"/{trace.path}" for trace in traces)


def _is_metadata(path: str) -> bool:
    return path.endswith((".dist-info/METADATA", ".egg-info/PKG-INFO", ".egg/EGG-INFO/PKG-INFO"))


def _is_record(path: str) -> bool:
    return path.endswith(".dist-info/RECORD")


def _is_inventory(path: str) -> bool:
    reader = reader_of(path)
    return reader is not None and reader.role in {"lock", "sbom", "manifest"}


def _may_be_script(path: str) -> bool:
    """Whether a file may have requirements of its own (PEP 723): a Python file that nobody installed."""
    return path.endswith(".py") and _INSTALLED_CODE.search(f"/{path}") is None


def _may_be_manifest(path: str) -> bool:
    """Whether a file may be a manifest of containers or a playbook, which its content tells: YAML that nobody installed."""
    return is_yaml(path) and _INSTALLED_CODE.search(f"/{path}") is None


def _release_of(base: str) -> tuple[str, str] | None:
    """(name, version) of a wheel or sdist, by its file name."""
    if base.endswith(".whl"):
        words = base.split("-")
        return (canonical(words[0]), safe(words[1], 200)) if len(words) >= 5 else None
    name, _, version = base.removesuffix(".tar.gz").removesuffix(".zip").rpartition("-")
    return (canonical(name), safe(version, 200)) if name else None


def _state(algorithm: str) -> hashlib._Hash:
    return hashlib.blake2b(digest_size=32) if algorithm == "blake2b-256" else hashlib.sha256()  # type: ignore[return-value]  # typeshed gives blake2b a type of its own


def _digest(algorithm: str, chunks: Iterable[bytes]) -> str:
    state = _state(algorithm)
    for chunk in chunks:
        state.update(chunk)
    return state.hexdigest()
