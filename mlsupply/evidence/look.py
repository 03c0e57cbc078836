"""One archive or folder looked at: walk its members, follow its Python from source to sink, and say when each thing found
would run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mlsupply.evidence import stored
from mlsupply.evidence.against_record import better_digests, record_facts, record_gaps
from mlsupply.evidence.archives import Limits, Walk, Walked, Wants, walk, walk_files
from mlsupply.evidence.companions import companions, joined
from mlsupply.evidence.data_files import MAX_FILES, named_data, read_data
from mlsupply.evidence.explained.handed import without_data
from mlsupply.evidence.explained.mapping import without_questions
from mlsupply.evidence.explained.plain_data import without_literals
from mlsupply.evidence.explained.twice import with_same_content
from mlsupply.evidence.explained.unparsable import Unparsable
from mlsupply.evidence.files.builds import at_its_moment, started_recipes
from mlsupply.evidence.files.native import beside_libraries
from mlsupply.evidence.gathered import Gathered, is_wanted
from mlsupply.evidence.layout import Layout, layout_of
from mlsupply.evidence.linking import linked
from mlsupply.evidence.module_facts import ModuleFacts, Neighbours, dotted_name
from mlsupply.evidence.moments import placed
from mlsupply.evidence.package import PackageFacts
from mlsupply.evidence.pool import Lost, Pool, Task
from mlsupply.model import Reason
from mlsupply.text import canonical, count


def looked_at(
    path: Path, pool: Pool, subject: str, digest: str, limits: Limits | None, files: Mapping[str, Path] | None = None
) -> PackageFacts:
    """Facts of the archive or folder at `path`. digest: its sha256, "" for a folder; files: of a folder these alone, path in
    the package -> where it lies. Raises only for defects of our own."""
    gathered = Gathered(subject, limits or Limits())

    def walked(wanted: Wants) -> Iterable[Walked]:
        return walk(path, wanted, limits, subject) if files is None else walk_files(files, path, wanted, limits, subject)

    for item in walked(is_wanted):
        gathered.add(item)
        if gathered.python == 1:
            pool.expect()  # nearly every package has something to follow
    gathered.finish()
    gathered.add_disguised(walked)
    shape = layout_of((path for path, _ in gathered.members), gathered.layout_files)
    setup = next((one.data for one in gathered.sources if one.path == f"{shape.top}setup.py"), b"")
    code = [at_its_moment(fact, shape, setup) for fact in gathered.code]
    code += started_recipes(gathered.recipes, shape, setup)
    archive = beside_libraries(with_same_content(gathered.archive, walked), gathered.members, subject)
    modules = _Follower(gathered, shape, pool, walked).modules()
    if files is not None or not path.is_dir():
        better = better_digests(gathered.records, gathered.digests, walked)
        archive += record_facts(gathered.members, gathered.records, gathered.digests, better)
        gathered.gaps += record_gaps(gathered.records, subject)
    return PackageFacts(
        subject=subject,
        digest=digest,
        archive=tuple(archive),
        code=(*placed(modules, shape), *code),
        gaps=tuple(gathered.gaps),
        members=tuple(gathered.members),
        python=gathered.python,
        parsed=len(modules),
        source_bytes=gathered.source_bytes,
        backend=shape.built_by if shape.is_source else "",
    )


class _Follower:
    """Has the Python of one archive analysed by the workers, and adds to its gaps what was not."""

    def __init__(self, gathered: Gathered, shape: Layout, pool: Pool, walk: Walk) -> None:
        self._gathered = gathered
        self._share = gathered.share
        self._shape = shape
        self._pool = pool
        self._walk = walk
        self._texts = {one.path: one.text for one in gathered.skipped}  # of all Python files
        self._texts |= {one.path: one.data for one in gathered.sources if one.kind == "module"}

    def modules(self) -> list[ModuleFacts]:
        """Facts of all modules, without those that another member explains."""
        self._share.begin()
        modules = self._together(self._linked())
        if not self._gathered.unlinked and not any(self._share.left_out()):
            modules = without_questions(modules, self._texts)
        self._tell_stopped(modules)
        modules = without_literals(modules, self._walk)
        due = {one.path for one in self._gathered.sources}.union(self._share.crowded)
        modules = without_data(modules, due.difference(module.path for module in modules), self._walk)
        for path, reason, detail in self._share.left_out():
            self._gathered.add_gap(path, reason, detail)
        return modules

    def _linked(self) -> list[ModuleFacts]:
        """Each module looked at alone, and again where it shares values with others."""
        first = list(self._answers(self._task(*one) for one in self._gathered.sources))
        skipped = {dotted_name(self._shape.inner(one.path))[0]: one for one in self._gathered.skipped}

        def look(todo: Iterable[tuple[str, Neighbours | None]]) -> list[ModuleFacts]:
            tasks = (self._task("module", path, self._texts[path], told) for path, told in todo if path in self._texts)
            return list(self._answers(tasks))

        found = linked(first, skipped, look)
        for paths, why in (
            (found.cut, "values pass through more modules than are followed: {}, this one first, should be looked at again"),
            (
                self._gathered.unlinked,
                "too much code to keep side by side: {}, this one first, looked at without neighbours",
            ),
        ):
            if paths:
                self._gathered.add_gap(paths[0], Reason.LIMIT, why.format(count(len(paths), "file")))
        return found.modules

    def _together(self, modules: list[ModuleFacts]) -> list[ModuleFacts]:
        """The modules with what is seen only where several are followed as one program, data files included: those of a
        small package, or what hangs together in a large one."""
        named = self._with_data(companions(modules, self._texts, fewest=1, inner=self._shape.inner))
        data = read_data(set().union(*(wanted for _, wanted in named)), self._walk)
        tasks = (
            Task("together", group[0], "", self._group_as_json(group, {path: data[path] for path in wanted & data.keys()}))
            for group, wanted in named
            if (wanted or len(group) > 1) and self._share.has_time(group[0])
        )
        for answer in self._pool.map(tasks):
            if isinstance(answer, Lost):
                self._gathered.add_gap(answer.path, Reason.LIMIT, f"modules followed together: {answer.why}")
            else:
                modules = joined(modules, [stored.module_from_json(one) for one in answer["modules"]])
        return modules

    def _with_data(self, groups: Iterable[list[str]]) -> list[tuple[list[str], set[str]]]:
        """Each group with the data files that its modules name; without them, and a gap, from where there are too many in
        all."""
        found: list[tuple[list[str], set[str]]] = []
        kept: set[str] = set()
        for group in groups:
            wanted = named_data(self._gathered.members, {path: self._texts[path] for path in group})
            if len(kept | wanted) > MAX_FILES:
                self._gathered.add_gap(group[0], Reason.LIMIT, f"{len(wanted)} data files are named: none was followed")
                wanted = set()
            kept |= wanted
            found.append((group, wanted))
        return found

    def _group_as_json(self, group: Sequence[str], data: Mapping[str, bytes]) -> bytes:
        """What `worker.look` takes for the task "together". group: paths of modules; data: path -> content of data files."""
        modules = [[path, self._shape.inner(path), self._texts[path].decode("latin-1")] for path in group]
        document = {"modules": modules, "data": {path: content.decode("latin-1") for path, content in data.items()}}
        return json.dumps(document).encode()

    def _tell_stopped(self, modules: Iterable[ModuleFacts]) -> None:
        """A gap for each module that was not followed to its end, unless it is expected not to parse."""
        unparsable = Unparsable(self._texts)
        for module in modules:
            if not module.stopped:
                continue
            reason = Reason.LIMIT if module.stopped.startswith(("too much", "nested", "larger")) else Reason.MALFORMED
            if reason is Reason.LIMIT or not unparsable.is_excused(module):
                self._gathered.add_gap(module.path, reason, module.stopped)

    def _task(self, kind: str, path: str, data: bytes, neighbours: Neighbours | None = None) -> Task:
        told = stored.neighbours_to_json(neighbours) if neighbours else None
        shape = self._shape
        return Task(kind, path, shape.inner(path), data, told, _is_foreign(path, shape), shape.top)

    def _answers(self, tasks: Iterable[Task]) -> Iterator[ModuleFacts]:
        """The facts of each file, in the order of the tasks, as far as the archive's share of time and facts goes."""
        for result in self._pool.map(task for task in tasks if self._share.has_time(task.path)):
            if isinstance(result, Lost):
                reason = Reason.TIMEOUT if "took" in result.why else Reason.INTERNAL
                self._gathered.add_gap(result.path, reason, result.why)
                continue
            size = sum(len(result[part]) for part in ("facts", "edges", "functions", "exports"))
            if self._share.keeps(result["path"], size):
                yield stored.module_from_json(result)


def _is_foreign(path: str, shape: Layout) -> bool:
    """Does the module lie below the import name of a well-known project, which is not the project that ships it?"""
    if not shape.project:
        return False
    from mlsupply.evidence.popular import listed, mistaken

    top = canonical(shape.inner(path).partition("/")[0].removesuffix(".py"))
    return top != shape.project and top in listed() and mistaken().get(top) != shape.project
