"""One archive or folder to facts: walk, choose what needs a look, have it looked at, put moments to what was found."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlsupply.evidence import stored
from mlsupply.evidence.archives import CHECK, Limits, Member, is_nested_name, walk
from mlsupply.evidence.facets import ArchiveFact, CodeFact
from mlsupply.evidence.linking import linked
from mlsupply.evidence.members import agent_facts, binary_fact, is_agent_file, is_model, model_facts, record_facts
from mlsupply.evidence.moments import Layout, is_layout_file, layout, placed
from mlsupply.evidence.pool import Lost, Pool, Task
from mlsupply.evidence.prefilter import worth_parsing
from mlsupply.evidence.python.analyse import PROBE, ModuleFacts, dotted_name
from mlsupply.evidence.python.neighbours import Neighbours
from mlsupply.model import Gap, Place, Reason
from mlsupply.text import safe

_ALWAYS = re.compile(
    r"(?:^|/)(?:setup|conftest|sitecustomize|usercustomize|hatch_build|__main__)\.py$|\.pth$|\.data/scripts/[^/]+$"
)
_SPARE = 1 << 16  # bytes of a file that is kept although nothing in it asked for a look, in case a neighbour asks
_SPARES = 16 << 20  # bytes of all of them
_SMALL = 1 << 20  # a `.pth` above this is a model's weights


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFacts:
    """What was seen in one archive or folder. subject: how it is called; digest: sha256 of the archive, "" for a folder;
    members: (path, size) of all; parsed: how many Python files were followed, of `python` in all."""

    subject: str
    digest: str = ""
    archive: tuple[ArchiveFact, ...] = ()
    code: tuple[CodeFact, ...] = ()
    gaps: tuple[Gap, ...] = ()
    members: tuple[tuple[str, int], ...] = ()
    python: int = 0
    parsed: int = 0
    source_bytes: int = 0


@dataclass(slots=True)
class _Seen:
    """What one walk gathers."""

    archive: list[ArchiveFact] = field(default_factory=list)
    code: list[CodeFact] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    members: list[tuple[str, int]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    waiting: list[tuple[str, str, bytes]] = field(default_factory=list)
    told: dict[str, bytes] = field(default_factory=dict)
    records: dict[str, bytes] = field(default_factory=dict)
    spare: dict[str, bytes] = field(default_factory=dict)
    spare_bytes: int = 0
    python: int = 0
    source_bytes: int = 0


def look_inside(
    path: Path, pool: Pool, cache: Path | None = None, subject: str = "", limits: Limits | None = None
) -> PackageFacts:
    """Facts of the archive or folder at `path`. cache: folder of earlier results, by digest and probe version; what is
    there is not read again. Never raises for what the archive holds."""
    subject = safe(subject or path.name)
    digest = "" if path.is_dir() else _digest(path)
    kept = cache / f"{digest[:2]}" / f"{digest}-{PROBE.replace('/', '-')}.json" if cache is not None and digest else None
    if kept is not None and (known := _recall(kept, subject)) is not None:
        return known
    try:
        facts = _looked(path, pool, subject, digest, limits)
    except Exception as error:  # a defect of ours met by one archive must not blind the check to all others
        detail = f"the look inside broke off: {type(error).__name__}: {safe(str(error), 200)}"
        return PackageFacts(subject=subject, digest=digest, gaps=(_gap(subject, subject, Reason.INTERNAL, detail),))
    if kept is not None and not any(gap.reason in {Reason.TIMEOUT, Reason.INTERNAL} for gap in facts.gaps):
        _remember(kept, facts)
    return facts


def _digest(path: Path) -> str:
    try:
        with open(path, "rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError:
        return ""


def _looked(path: Path, pool: Pool, subject: str, digest: str, limits: Limits | None) -> PackageFacts:
    seen = _Seen()
    for item in walk(path, _wanted, limits, subject):
        if isinstance(item, Gap):
            seen.gaps.append(item)
        elif isinstance(item, ArchiveFact):
            seen.archive.append(item)
        else:
            _take(item, seen)
    shape = layout((path for path, _ in seen.members), seen.told)
    modules = list(_modules(seen, shape, pool, subject))
    if not path.is_dir():
        seen.archive += record_facts(seen.members, seen.records, seen.digests)
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
    )


def _wanted(path: str, size: int) -> bool:
    name = path.rpartition("/")[2]
    return (
        path.endswith((".py", ".pyw"))
        or (path.endswith(".pth") and size <= _SMALL)
        or is_layout_file(path)
        or name == "RECORD"
        or is_nested_name(path)
        or is_agent_file(path)
        or is_model(path)
        or ".data/scripts/" in path
    )


def _take(member: Member, seen: _Seen) -> None:
    """Sort one member to where it is looked at."""
    seen.members.append((member.path, member.size))
    if (odd := binary_fact(member)) is not None:
        seen.archive.append(odd)
    data = member.data
    if data is None:
        return
    seen.digests[member.path] = hashlib.sha256(data).hexdigest()
    name = member.path.rpartition("/")[2]
    if is_layout_file(member.path):
        seen.told[member.path] = data
    if name == "RECORD" and member.path.endswith(".dist-info/RECORD"):
        seen.records[member.path] = data
    is_python = name.endswith((".py", ".pyw")) or (".data/scripts/" in member.path and data.startswith(b"#!python"))
    if is_python:
        seen.python += 1
        seen.source_bytes += len(data)
        if _ALWAYS.search(member.path) or worth_parsing(data):
            seen.waiting.append(("module", member.path, data))
        elif len(data) <= _SPARE and seen.spare_bytes < _SPARES:
            seen.spare[member.path] = data
            seen.spare_bytes += len(data)
    elif name.endswith(".pth") and b"\0" not in data[:4096]:
        if re.search(rb"(?m)^import[ \t]", data):
            seen.waiting.append(("pth", member.path, data))
    elif is_agent_file(member.path):
        seen.code += agent_facts(member.path, data)
    elif is_model(member.path) and not is_nested_name(member.path):
        facts, gaps = model_facts(member.path, data)
        seen.code += facts
        seen.gaps += gaps


def _modules(seen: _Seen, shape: Layout, pool: Pool, subject: str) -> Iterator[ModuleFacts]:
    tasks = (Task(kind, path, shape.inner(path), data) for kind, path, data in seen.waiting)
    first = list(_answers(tasks, seen, pool, subject))
    sources = seen.spare | {path: data for kind, path, data in seen.waiting if kind == "module"}
    spare = {dotted_name(shape.inner(path))[0]: path for path in seen.spare}

    def look(todo: Iterable[tuple[str, Neighbours | None]]) -> list[ModuleFacts]:
        again = (
            Task("module", path, shape.inner(path), sources[path], stored.neighbours_to_json(known) if known else None)
            for path, known in todo
            if path in sources
        )
        return list(_answers(again, seen, pool, subject))

    for module in linked(first, spare, sources, look):
        if module.stopped:
            reason = Reason.LIMIT if module.stopped.startswith(("too much", "nested", "larger")) else Reason.MALFORMED
            if not (reason is Reason.MALFORMED and _may_be_unparsable(module.path)):
                seen.gaps.append(_gap(subject, module.path, reason, module.stopped))
        yield module


def _answers(tasks: Iterable[Task], seen: _Seen, pool: Pool, subject: str) -> Iterator[ModuleFacts]:
    for result in pool.map(tasks):
        if isinstance(result, Lost):
            seen.gaps.append(
                _gap(subject, result.path, Reason.TIMEOUT if "took" in result.why else Reason.INTERNAL, result.why)
            )
            continue
        yield stored.module_from_json(result)


def _may_be_unparsable(path: str) -> bool:
    """Templates and files of tests are often Python in name only, or of another version."""
    return bool(re.search(r"(?:^|/)(?:tests?|templates?|testdata|_?vendor)/|cookiecutter|lib2to3|py2", path))


def _gap(subject: str, path: str, reason: Reason, detail: str) -> Gap:
    return Gap(
        subject=subject, check=CHECK, reason=reason, detail=f"{safe(path, 200)}: {detail}", place=Place(subject, member=path)
    )


def _recall(path: Path, subject: str) -> PackageFacts | None:
    """Facts kept from before; what cannot be read is looked at anew."""
    try:
        value: dict[str, Any] = json.loads(path.read_bytes())
        return PackageFacts(
            subject=subject,
            digest=value["digest"],
            archive=tuple(stored.archive_from_json(fact) for fact in value["archive"]),
            code=tuple(stored.code_from_json(fact) for fact in value["code"]),
            gaps=tuple(stored.gap_from_json(gap) for gap in value["gaps"]),
            members=tuple((name, size) for name, size in value["members"]),
            python=value["python"],
            parsed=value["parsed"],
            source_bytes=value["source_bytes"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(path: Path, facts: PackageFacts) -> None:
    import os

    value = {
        "digest": facts.digest,
        "archive": [stored.archive_to_json(fact) for fact in facts.archive],
        "code": [stored.code_to_json(fact) for fact in facts.code],
        "gaps": [stored.gap_to_json(gap) for gap in facts.gaps],
        "members": facts.members,
        "python": facts.python,
        "parsed": facts.parsed,
        "source_bytes": facts.source_bytes,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(value), encoding="utf-8")
        draft.replace(path)
    except OSError:
        return  # without a cache the next run looks again; nothing in this report changes
