"""The members of one archive or folder as a walk meets them, each sorted to what looks at it.

Files that are no Python are looked at at once. Python sources pass the pre-filter and wait until all members are known: what
a module does may depend on any other.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Literal

from mlsupply.evidence.allowance import MOST_TEXT, Allowance
from mlsupply.evidence.archives import Limits, Member, Walk, Walked, is_nested_name
from mlsupply.evidence.facets import ArchiveFact, CodeFact
from mlsupply.evidence.files.agent_files import agent_facts, is_agent_file
from mlsupply.evidence.files.builds import build_facts, build_system
from mlsupply.evidence.files.bytecode import over_sources, runs_unchecked, without_source
from mlsupply.evidence.files.foreign import MAX_SOURCE, foreign_facts, is_foreign, is_foreign_program, unseen
from mlsupply.evidence.files.jupyter import is_jupyter_file, is_settings, jupyter_facts, settings_facts
from mlsupply.evidence.files.matplotlibrc import is_matplotlibrc, matplotlibrc_facts
from mlsupply.evidence.files.model_files import begins_like_model, is_model, may_be_model, model_facts
from mlsupply.evidence.files.native import binary_fact
from mlsupply.evidence.files.requirement_lists import is_requirement_list, requirement_facts
from mlsupply.evidence.files.start_lines import SUFFIXES, start_lines
from mlsupply.evidence.layout import is_layout_file
from mlsupply.evidence.linking import SkippedFile
from mlsupply.evidence.moments import is_program
from mlsupply.evidence.package import located_gap
from mlsupply.evidence.prefilter.choice import left_out
from mlsupply.evidence.share import Share
from mlsupply.lazy import expression
from mlsupply.model import Gap, Place, Reason
from mlsupply.named import NamedTuple
from mlsupply.value import replace

_NEVER_SKIPPED = expression(
    r"(?:^|/)(?:setup|conftest|sitecustomize|usercustomize|hatch_build|pdm_build|__main__)\.py$|\.pth$|\.start$|\.data/scripts/[^/]+$"
)
# an installer writes the path of its interpreter there, and one that is long or holds a blank behind `/bin/sh`
_PYTHON = expression(rb"#!(?:[^\n]{0,300}python|/bin/sh\r?\n'''exec')")
_MAX_SCRIPT = 8 << 20  # bytes; an installed program may be far larger, and is recognised by its head alone
_MAX_SKIPPED = 96 << 20  # bytes of files that the pre-filter left out, kept in case another module refers to them
_BATCH = 4 << 20  # bytes of files that the pre-filter judges together
_MAX_PTH = 1 << 20  # bytes; a `.pth` above this is a model's weights


class Source(NamedTuple):
    """A file for the analyser. kind: as in `pool.Task`; path: as in `archives.Member`."""

    kind: Literal["module", "pth"]
    path: str
    data: bytes


class _Waiting(NamedTuple):
    """A source before the pre-filter. may_skip: may the pre-filter leave it out?"""

    source: Source
    may_skip: bool


def is_wanted(path: str, size: int) -> bool:
    """Does a member have to be read whole to be looked at? size: bytes."""
    name = path.rpartition("/")[2]
    return (
        path.endswith((".py", ".pyw", ".start"))
        or (path.endswith(".pth") and size <= _MAX_PTH)
        or is_layout_file(path)
        or name == "RECORD"
        or is_nested_name(path)
        or is_agent_file(path)
        or is_jupyter_file(path)
        or is_matplotlibrc(path)
        or bool(build_system(path) and size <= MAX_SOURCE)
        or (is_requirement_list(path) and size <= MAX_SOURCE)
        or is_model(path)
        or (is_foreign(path) and size <= MAX_SOURCE)
        or (is_program(path) and size <= _MAX_SCRIPT)
    )


class Gathered:
    """What one walk gathers: `add` each item it yields, then `finish`.

    archive, code, gaps: facts and gaps about all that is no Python; members: (path, size in bytes) of all; digests: sha256
    as hex of what was read; layout_files, records: path -> content; sources: what the analyser has to follow; skipped: what
    the pre-filter left out; disguised: paths that were not read for their names and begin like models (`add_disguised`);
    unlinked: paths of the same that there was no memory to keep; python, source_bytes: how many
    Python files there are, and their size together.
    """

    def __init__(self, subject: str, limits: Limits) -> None:
        self.subject = subject
        self.share = Share(limits)
        self.archive: list[ArchiveFact] = []
        self.code: list[CodeFact] = []
        self.recipes: list[CodeFact] = []  # facts only where an installation starts make: `builds.started_recipes`
        self.gaps: list[Gap] = []
        self.members: list[tuple[str, int]] = []
        self.digests: dict[str, str] = {}
        self.layout_files: dict[str, bytes] = {}
        self.records: dict[str, bytes] = {}
        self.sources: list[Source] = []
        self.skipped: list[SkippedFile] = []
        self.disguised: list[str] = []
        self.unlinked: list[str] = []
        self.python = 0
        self.source_bytes = 0
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._skipped_bytes = 0
        self._unchecked_bytecode: list[str] = []
        self._allowance = Allowance()

    def add_gap(self, path: str, reason: Reason, detail: str) -> None:
        """A gap located at a member."""
        self.gaps.append(located_gap(self.subject, path, reason, detail))

    def add(self, item: Walked) -> None:
        """Takes up one item of the walk."""
        if isinstance(item, Gap):
            self.gaps.append(item)
        elif isinstance(item, ArchiveFact):
            self.archive.append(item)
        else:
            self._add_member(item)

    def finish(self) -> None:
        """The walk is over: filters the last sources, and judges compiled Python by what stands beside it."""
        self._filter()
        paths = [path for path, _ in self.members]
        self.gaps += _bytecode_gaps(list(without_source(paths)), self._unchecked_bytecode, self.subject)
        if self._unchecked_bytecode:
            self.archive += over_sources(self._unchecked_bytecode, set(paths))

    def add_disguised(self, walk: Walk) -> None:
        """Looks into what begins like a model under another name, in one more walk where there is any."""
        if not self.disguised:
            return
        paths = set(self.disguised)
        for item in walk(lambda path, size: path in paths):
            if isinstance(item, Gap) and item.place is not None and item.place.member in paths:
                self.gaps.append(item)
            elif isinstance(item, Member) and item.path in paths and item.data is not None:
                self._add_other(item.path, item.data)

    def _add_member(self, member: Member) -> None:
        self.members.append((member.path, member.size))
        if (odd := binary_fact(member)) is not None:
            self.archive.append(odd)
        if member.data is not None:
            self._sort(member.path, member.data)
        elif may_be_model(member.head) and not is_wanted(member.path, member.size):
            self.disguised.append(member.path)
        if member.path.endswith(".pyc") and runs_unchecked(member.head):
            self._unchecked_bytecode.append(member.path)
        if detail := _too_long(member):
            self.add_gap(member.path, Reason.TOO_LARGE, detail)

    def _sort(self, path: str, data: bytes) -> None:
        """Passes a member that was read to what looks at it."""
        self.digests[path] = hashlib.sha256(data).hexdigest()
        name = path.rpartition("/")[2]
        if is_layout_file(path) and self.share.holds(path, len(data)):
            self.layout_files[path] = data
        if name == "RECORD" and path.endswith(".dist-info/RECORD") and self.share.holds(path, len(data)):
            self.records[path] = data
        if name.endswith((".py", ".pyw")) or (is_program(path) and _PYTHON.match(data)):
            self._add_python(path, data)
        elif name.endswith(SUFFIXES):
            if any(start_lines(path, data)):
                self._wait(Source("pth", path, data))
            if b"\0" in data[:4096]:
                self._add_other(path, data)
        else:
            self._add_other(path, data)

    def _add_python(self, path: str, data: bytes) -> None:
        self.python += 1
        self.source_bytes += len(data)
        if is_settings(path):
            self._add_settings(path, data)
        self._wait(Source("module", path, data), may_skip=_NEVER_SKIPPED.search(path) is None)

    def _add_settings(self, path: str, data: bytes) -> None:
        """A configuration of Jupyter or IPython: the text in it that is executed is followed as a module of its own."""
        settings = settings_facts(path, data)
        self.code += settings.facts
        if settings.code:
            self._wait(Source("module", f"{path}!/exec_lines", settings.code.encode()))
        if settings.cut:
            self.add_gap(path, Reason.LIMIT, f"{settings.cut} was not looked at")

    def _wait(self, source: Source, *, may_skip: bool = False) -> None:
        self._waiting.append(_Waiting(source, may_skip))
        self._waiting_bytes += len(source.data)
        if self._waiting_bytes > _BATCH:
            self._filter()

    def _filter(self) -> None:
        """Puts each source that waits among `sources`, or among `skipped` where the pre-filter leaves it out."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        filtered = iter(left_out([source.data for source, may_skip in waiting if may_skip]))
        for source, may_skip in waiting:
            words = next(filtered) if may_skip else None
            size = len(source.data)
            if words is None:
                if self.share.holds(source.path, size):
                    self.sources.append(source)
            elif self._skipped_bytes + size > _MAX_SKIPPED:
                self.unlinked.append(source.path)
            else:
                self.skipped.append(SkippedFile(source.path, source.data, words))
                self._skipped_bytes += size

    def _add_other(self, path: str, data: bytes) -> None:
        """What is no Python, as far as the archive's share of time, facts and commands goes."""
        if not self.share.probes(path):
            return
        refused, facts, recipes = self._allowance.refused, len(self.code), len(self.recipes)
        began = time.thread_time()
        self._look_at_other(path, data)
        self.share.probed(time.thread_time() - began)
        if not self.share.keeps(path, len(self.code) - facts + len(self.recipes) - recipes):
            del self.code[facts:], self.recipes[recipes:]
        if self._allowance.refused and not refused:
            most = f"the first {self._allowance.most:,} characters of commands in the archive were looked at"
            self.add_gap(path, Reason.LIMIT, f"{most}, not what follows here")

    def _look_at_other(self, path: str, data: bytes) -> None:
        if build_system(path):
            built = build_facts(path, data, self._allowance)
            self.code += built.facts
            self.recipes += built.recipes
            if built.cut:
                self.add_gap(path, Reason.LIMIT, f"{built.cut} were not looked at")
        elif is_requirement_list(path):
            self.code += requirement_facts(path, data)
        elif is_jupyter_file(path):
            kernel = jupyter_facts(path, data, self._allowance)
            self.code += kernel.facts
            if kernel.code:
                self._wait(Source("module", path, kernel.code.encode()))
        elif is_matplotlibrc(path):
            self.code += matplotlibrc_facts(path, data)
        elif is_agent_file(path):
            self.code += agent_facts(path, data, self._allowance)
        elif is_foreign(path) or (is_program(path) and is_foreign_program(data)):
            facts = list(foreign_facts(path, data, self._allowance))
            self.code += facts
            if not facts and (cut := unseen(path, data)):
                self.add_gap(path, Reason.LIMIT, f"{cut} were not looked at")
        elif (is_model(path) or begins_like_model(data)) and not is_nested_name(path):
            facts, gaps = model_facts(path, data)
            self.code += facts
            self.gaps += (_at_member(gap, self.subject) for gap in gaps)


def _too_long(member: Member) -> str:
    """What of a text is not looked at for its size; "" where that is nothing, or the member holds a NUL and is no text."""
    if b"\0" in member.head:
        return ""
    if member.data is None and (is_program(member.path) or is_foreign(member.path)):
        return f"a script of {member.size:,} bytes is larger than is looked at"
    if member.size > MOST_TEXT and (is_agent_file(member.path) or is_requirement_list(member.path)):
        return f"of its {member.size:,} bytes the first {MOST_TEXT:,} were looked at"
    return ""


def _bytecode_gaps(without_source: list[str], unchecked: list[str], subject: str) -> Iterator[Gap]:
    """Compiled Python is not looked into: one gap for all of each kind."""
    for paths, detail in (
        (without_source, "compiled Python without its source, which is not looked into"),
        (unchecked, "compiled Python that runs whatever its source says, and it is not looked into"),
    ):
        if paths:
            more = f", and so are {len(paths) - 1:,} more" if len(paths) > 1 else ""
            yield located_gap(subject, paths[0], Reason.UNSUPPORTED, detail + more)


def _at_member(gap: Gap, subject: str) -> Gap:
    """A gap of a model file by itself, as one at a member of the archive."""
    member, offset = (str(gap.place._replace(offset=-1)), gap.place.offset) if gap.place else (gap.subject, -1)
    return replace(gap, subject=subject, place=Place(subject, 0, member, offset))
