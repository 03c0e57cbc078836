"""One archive or folder looked at: walk, choose what needs a look, have it looked at, put moments to what was found."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlsupply.evidence import stored
from mlsupply.evidence.against_record import better_digests, record_facts, record_gaps
from mlsupply.evidence.allowance import Allowance
from mlsupply.evidence.archives import Limits, Member, Walked, Wants, is_nested_name, walk, walk_files
from mlsupply.evidence.builds import at_its_moment, build_facts, build_system
from mlsupply.evidence.bytecode import over_sources, runs_unasked, without_source
from mlsupply.evidence.companions import companions, joined
from mlsupply.evidence.data_files import MAX_FILES, named_data, read_data
from mlsupply.evidence.facets import ArchiveFact, CodeFact
from mlsupply.evidence.foreign import MAX_SOURCE, foreign_facts, is_foreign, is_foreign_program, unseen
from mlsupply.evidence.handed import without_data
from mlsupply.evidence.jupyter import is_jupyter_file, is_settings, jupyter_facts, settings_facts
from mlsupply.evidence.linking import SkippedFile, linked
from mlsupply.evidence.mapping import without_questions
from mlsupply.evidence.matplotlibrc import is_matplotlibrc, matplotlibrc_facts
from mlsupply.evidence.members import (
    MOST_TEXT,
    agent_facts,
    beside_libraries,
    binary_fact,
    is_agent_file,
    is_model,
    is_requirement_list,
    model_facts,
    requirement_facts,
)
from mlsupply.evidence.module_facts import ModuleFacts, Neighbours, dotted_name
from mlsupply.evidence.moments import Layout, is_layout_file, is_program, layout, placed
from mlsupply.evidence.package import PackageFacts, located_gap
from mlsupply.evidence.plain_data import without_literals
from mlsupply.evidence.pool import Lost, Pool, Task
from mlsupply.evidence.prefilter import left_out
from mlsupply.evidence.share import Share
from mlsupply.evidence.start_lines import start_lines
from mlsupply.evidence.twice import with_same_content
from mlsupply.evidence.unparsable import Unparsable
from mlsupply.lazy import expression
from mlsupply.model import Gap, Place, Reason
from mlsupply.text import canonical, safe
from mlsupply.value import replace

_ALWAYS = expression(
    r"(?:^|/)(?:setup|conftest|sitecustomize|usercustomize|hatch_build|pdm_build|__main__)\.py$|\.pth$|\.data/scripts/[^/]+$"
)
# an installer writes the path of its interpreter there, and one that is long or holds a blank behind `/bin/sh`
_PYTHON = expression(rb"#!(?:[^\n]{0,300}python|/bin/sh\r?\n'''exec')")
_SCRIPT = 8 << 20  # bytes; a program that is installed as one may be far larger, and its head tells it
_SPARES = 96 << 20  # bytes of files kept although nothing in them asked for a look, in case a neighbour asks
_TOGETHER = 4 << 20  # bytes of files whose words are judged together
_UNSIFTED = "unsifted"
_SMALL = 1 << 20  # a `.pth` above this is a model's weights


@dataclass(slots=True)
class _Seen:
    """What one walk gathers."""

    share: Share
    archive: list[ArchiveFact] = field(default_factory=list)
    code: list[CodeFact] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    members: list[tuple[str, int]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    waiting: list[tuple[str, str, bytes]] = field(default_factory=list)
    layout_files: dict[str, bytes] = field(default_factory=dict)
    records: dict[str, bytes] = field(default_factory=dict)
    spare: list[SkippedFile] = field(default_factory=list)
    spare_bytes: int = 0
    untied: list[str] = field(default_factory=list)
    sifted: int = 0  # of those that are waiting
    unsifted: int = 0  # bytes
    own_bytecode: list[str] = field(default_factory=list)
    allowance: Allowance = field(default_factory=Allowance)
    python: int = 0
    source_bytes: int = 0


def looked_at(
    path: Path, pool: Pool, subject: str, digest: str, limits: Limits | None, files: Mapping[str, Path] | None = None
) -> PackageFacts:
    """Facts of the archive or folder; digest: its sha256, "" for a folder; files: of a folder these alone. A defect of ours
    may be raised."""
    seen = _Seen(share=Share(limits or Limits()))

    def walked(wanted: Wants) -> Iterable[Walked]:
        return walk(path, wanted, limits, subject) if files is None else walk_files(files, path, wanted, limits, subject)

    _gather(walked(is_wanted), seen, pool, subject)
    shape = layout((path for path, _ in seen.members), seen.layout_files)
    setup = next((data for _, path, data in seen.waiting if path == f"{shape.top}setup.py"), b"")
    seen.code = [at_its_moment(fact, shape, setup) for fact in seen.code]
    seen.archive = beside_libraries(with_same_content(seen.archive, walked), seen.members, subject)
    modules = _follow(seen, shape, pool, subject, walked)
    if files is not None or not path.is_dir():
        better = better_digests(seen.records, seen.digests, walked)
        seen.archive += record_facts(seen.members, seen.records, seen.digests, better)
        seen.gaps += record_gaps(seen.records, subject)
    return PackageFacts(
        subject=subject,
        digest=digest,
        archive=tuple(seen.archive),
        code=(*placed(modules, shape), *seen.code),
        gaps=tuple(seen.gaps),
        members=tuple(seen.members),
        python=seen.python,
        parsed=len(modules),
        source_bytes=seen.source_bytes,
        backend=shape.built_by if shape.is_source else "",
    )


def _gather(items: Iterable[Walked], seen: _Seen, pool: Pool, subject: str) -> None:
    """Takes up what the walk meets; what is known of compiled Python shows when all members are."""
    for item in items:
        if isinstance(item, Gap):
            seen.gaps.append(item)
        elif isinstance(item, ArchiveFact):
            seen.archive.append(item)
        else:
            _take(item, seen, subject)
            if seen.python == 1:
                pool.expect()  # of next to every package there is something to follow
            seen.own_bytecode += [item.path] if item.path.endswith(".pyc") and runs_unasked(item.head) else []
            if detail := _too_long(item):
                seen.gaps.append(located_gap(subject, item.path, Reason.TOO_LARGE, detail))
    _sift(seen)
    seen.gaps += _compiled(seen, subject)
    seen.archive += over_sources(seen.own_bytecode, {path for path, _ in seen.members} if seen.own_bytecode else ())


def _follow(
    seen: _Seen, shape: Layout, pool: Pool, subject: str, walked: Callable[[Wants], Iterable[Walked]]
) -> list[ModuleFacts]:
    """Facts of all modules, without those that a second look at other members explains."""
    seen.share.begin()
    modules = without_literals(list(_modules(seen, shape, pool, subject, walked)), walked)
    wanted = {path for _, path, _ in seen.waiting}.union(seen.share.crowded)
    modules = without_data(modules, wanted.difference(module.path for module in modules), walked)
    seen.gaps += (located_gap(subject, *left_out) for left_out in seen.share.left_out())
    return modules


def _too_long(item: Member) -> str:
    """What is not looked at of a text for its size, "" where all is; what holds a NUL is none."""
    if b"\0" in item.head:
        return ""
    if item.data is None and (is_program(item.path) or is_foreign(item.path)):
        return f"a script of {item.size:,} bytes is larger than is looked at"
    if item.size > MOST_TEXT and (is_agent_file(item.path) or is_requirement_list(item.path)):
        return f"of its {item.size:,} bytes the first {MOST_TEXT:,} were looked at"
    return ""


def is_wanted(path: str, size: int) -> bool:
    """Whether a member has to be read whole to be looked at. size: bytes."""
    name = path.rpartition("/")[2]
    return (
        path.endswith((".py", ".pyw"))
        or (path.endswith(".pth") and size <= _SMALL)
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
        or (is_program(path) and size <= _SCRIPT)
    )


def _take(member: Member, seen: _Seen, subject: str) -> None:
    """Sort one member to where it is looked at."""
    seen.members.append((member.path, member.size))
    if (odd := binary_fact(member)) is not None:
        seen.archive.append(odd)
    data = member.data
    if data is None:
        return
    seen.digests[member.path] = hashlib.sha256(data).hexdigest()
    name = member.path.rpartition("/")[2]
    if is_layout_file(member.path) and seen.share.holds(member.path, len(data)):
        seen.layout_files[member.path] = data
    if name == "RECORD" and member.path.endswith(".dist-info/RECORD") and seen.share.holds(member.path, len(data)):
        seen.records[member.path] = data
    is_python = name.endswith((".py", ".pyw")) or (is_program(member.path) and bool(_PYTHON.match(data)))
    if is_python:
        _take_python(member.path, data, seen, subject)
    elif name.endswith(".pth"):
        if any(start_lines(data)):
            _wait("pth", member.path, data, seen)
        if b"\0" in data[:4096]:
            _take_other(member.path, data, seen, subject)
    else:
        _take_other(member.path, data, seen, subject)


def _take_other(path: str, data: bytes, seen: _Seen, subject: str) -> None:
    """What is not Python; where its commands are more than is looked at of an archive, that is said once."""
    if not seen.share.probes(path):
        return
    refused, known, began = seen.allowance.refused, len(seen.code), time.thread_time()
    _sort_other(path, data, seen, subject)
    seen.share.probed(time.thread_time() - began)
    if not seen.share.keeps(path, len(seen.code) - known):
        del seen.code[known:]
    if seen.allowance.refused and not refused:
        most = (
            f"the first {seen.allowance.most:,} characters of commands in the archive were looked at, not what follows here"
        )
        seen.gaps.append(located_gap(subject, path, Reason.LIMIT, most))


def _sort_other(path: str, data: bytes, seen: _Seen, subject: str) -> None:
    """Files agents act on, scripts in other languages, models."""
    if build_system(path):
        built = build_facts(path, data, seen.allowance)
        seen.code += built.facts
        seen.gaps += [located_gap(subject, path, Reason.LIMIT, f"{built.cut} were not looked at")] if built.cut else []
    elif is_requirement_list(path):
        seen.code += requirement_facts(path, data)
    elif is_jupyter_file(path):
        kernel = jupyter_facts(path, data, seen.allowance)
        seen.code += kernel.facts
        if kernel.code:
            _wait("module", path, kernel.code.encode(), seen)
    elif is_matplotlibrc(path):
        seen.code += matplotlibrc_facts(path, data)
    elif is_agent_file(path):
        seen.code += agent_facts(path, data, seen.allowance)
    elif is_foreign(path) or (is_program(path) and is_foreign_program(data)):
        facts = list(foreign_facts(path, data, seen.allowance))
        seen.code += facts
        if not facts and (cut := unseen(path, data)):
            seen.gaps.append(located_gap(subject, path, Reason.LIMIT, f"{cut} were not looked at"))
    elif is_model(path) and not is_nested_name(path):
        facts, gaps = model_facts(path, data)
        seen.code += facts
        seen.gaps += (_inside(gap, subject) for gap in gaps)


def _take_python(path: str, data: bytes, seen: _Seen, subject: str) -> None:
    seen.python += 1
    seen.source_bytes += len(data)
    if is_settings(path):
        _take_settings(path, data, seen, subject)
    _wait("module" if _ALWAYS.search(path) else _UNSIFTED, path, data, seen)


def _wait(kind: str, path: str, data: bytes, seen: _Seen) -> None:
    seen.waiting.append((kind, path, data))
    seen.unsifted += len(data)
    if seen.unsifted > _TOGETHER:
        _sift(seen)


def _sift(seen: _Seen) -> None:
    """Of the files that came since the last time keep those that are worth parsing, and the others aside."""
    new = seen.waiting[seen.sifted :]
    unsifted = iter(left_out([data for kind, _, data in new if kind == _UNSIFTED]))
    del seen.waiting[seen.sifted :]
    for kind, path, data in new:
        words = next(unsifted) if kind == _UNSIFTED else None
        if words is None:
            if seen.share.holds(path, len(data)):
                seen.waiting.append(("module" if kind == _UNSIFTED else kind, path, data))
        elif seen.spare_bytes + len(data) > _SPARES:
            seen.untied.append(path)
        else:
            seen.spare.append(SkippedFile(path, data, words))
            seen.spare_bytes += len(data)
    seen.sifted, seen.unsifted = len(seen.waiting), 0


def _take_settings(path: str, data: bytes, seen: _Seen, subject: str) -> None:
    """A configuration of Jupyter or IPython: the text in it that is executed is looked at as a module of its own."""
    settings = settings_facts(path, data)
    seen.code += settings.facts
    if settings.code:
        _wait("module", f"{path}!/exec_lines", settings.code.encode(), seen)
    seen.gaps += [located_gap(subject, path, Reason.LIMIT, f"{settings.cut} was not looked at")] if settings.cut else []


def _inside(gap: Gap, subject: str) -> Gap:
    """What was said of a file by itself, said of a member."""
    member, offset = (str(gap.place._replace(offset=-1)), gap.place.offset) if gap.place else (gap.subject, -1)
    detail = f"{safe(gap.subject, 200)}: {gap.detail}"
    return replace(gap, subject=subject, detail=detail, place=Place(subject, 0, member, offset))


def _modules(
    seen: _Seen, shape: Layout, pool: Pool, subject: str, walked: Callable[[Wants], Iterable[Walked]]
) -> Iterator[ModuleFacts]:
    def task(kind: str, path: str, data: bytes, neighbours: Neighbours | None = None) -> Task:
        given = stored.neighbours_to_json(neighbours) if neighbours else None
        return Task(kind, path, shape.inner(path), data, given, _is_strange(path, shape))

    first = list(_answers((task(*one) for one in seen.waiting), seen, pool, subject))
    sources = {one.path: one.text for one in seen.spare}
    sources |= {path: data for kind, path, data in seen.waiting if kind == "module"}
    spare = {dotted_name(shape.inner(one.path))[0]: one for one in seen.spare}

    def look(todo: Iterable[tuple[str, Neighbours | None]]) -> list[ModuleFacts]:
        again = (task("module", path, sources[path], neighbours) for path, neighbours in todo if path in sources)
        return list(_answers(again, seen, pool, subject))

    together = linked(first, spare, look)
    seen.gaps += _unlinked(together.cut, seen.untied, subject)
    modules = together.modules
    group = companions(modules, sources, fewest=1)
    wanted = named_data(seen.members, {path: sources[path] for path in group})
    if len(wanted) > MAX_FILES:
        seen.gaps.append(
            located_gap(subject, group[0], Reason.LIMIT, f"{len(wanted)} data files are named: none was followed")
        )
        wanted = set()
    if wanted or len(group) > 1:
        data = read_data(wanted, walked)
        together_task = Task("together", group[0], "", _together_task(group, sources, shape, data))
        for answer in pool.map([together_task] if seen.share.has_time(group[0]) else []):
            if isinstance(answer, Lost):
                seen.gaps.append(located_gap(subject, group[0], Reason.LIMIT, f"modules followed together: {answer.why}"))
            else:
                modules = joined(modules, [stored.module_from_json(one) for one in answer["modules"]])
    if not seen.untied and not any(seen.share.left_out()):
        modules = without_questions(modules, sources)
    unparsable = Unparsable(sources)
    for module in modules:
        if module.stopped:
            reason = Reason.LIMIT if module.stopped.startswith(("too much", "nested", "larger")) else Reason.MALFORMED
            if not (reason is Reason.MALFORMED and unparsable.is_excused(module)):
                seen.gaps.append(located_gap(subject, module.path, reason, module.stopped))
        yield module


def _together_task(group: Sequence[str], sources: Mapping[str, bytes], shape: Layout, data: Mapping[str, bytes]) -> bytes:
    """What a worker is given of the modules that are followed together: their texts, and the data files they name."""
    modules = [[path, shape.inner(path), sources[path].decode("latin-1")] for path in group]
    return json.dumps(
        {"modules": modules, "data": {path: content.decode("latin-1") for path, content in data.items()}}
    ).encode()


def _is_strange(path: str, shape: Layout) -> bool:
    """Is the module put below the name of a well-known project, which is not the one that ships it?"""
    if not shape.project:
        return False
    from mlsupply.evidence.popular import listed, mistaken

    top = canonical(shape.inner(path).partition("/")[0].removesuffix(".py"))
    return top != shape.project and top in listed() and mistaken().get(top) != shape.project


def _compiled(seen: _Seen, subject: str) -> Iterator[Gap]:
    bare = list(without_source([path for path, _ in seen.members]))
    for paths, detail in (
        (bare, "compiled Python without its source, which is not looked into"),
        (seen.own_bytecode, "compiled Python that runs whatever its source says, and it is not looked into"),
    ):
        if paths:
            more = f", and so are {len(paths) - 1:,} more" if len(paths) > 1 else ""
            yield located_gap(subject, paths[0], Reason.UNSUPPORTED, detail + more)


def _unlinked(cut: Sequence[str], untied: Sequence[str], subject: str) -> Iterator[Gap]:
    """What one module does with another's values is followed only so far; where that ended is said."""
    for paths, why in (
        (cut, f"values pass through more modules than are followed: {len(cut)} should have been looked at again"),
        (untied, f"too much code to keep side by side: looked at without its neighbours: {len(untied)} file(s)"),
    ):
        if paths:
            yield located_gap(subject, paths[0], Reason.LIMIT, why)


def _answers(tasks: Iterable[Task], seen: _Seen, pool: Pool, subject: str) -> Iterator[ModuleFacts]:
    for result in pool.map(task for task in tasks if seen.share.has_time(task.path)):
        if isinstance(result, Lost):
            seen.gaps.append(
                located_gap(subject, result.path, Reason.TIMEOUT if "took" in result.why else Reason.INTERNAL, result.why)
            )
            continue
        size = sum(len(result[part]) for part in ("facts", "edges", "functions", "exports"))
        if seen.share.keeps(result["path"], size):
            yield stored.module_from_json(result)
