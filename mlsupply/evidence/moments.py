"""When code runs: the earliest moment at which each file and function of a package can be reached.

Sources: docs of `site` (`.pth`, `.start`, sitecustomize), PEP 517 (build backends), setuptools.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.files.start_lines import SUFFIXES
from mlsupply.evidence.layout import Layout
from mlsupply.evidence.module_facts import HELD, STAR, ModuleFacts
from mlsupply.evidence.python.knowledge import BACKEND_HOOKS
from mlsupply.lazy import expression

_TESTS = expression(r"(?:^|/)(?:tests?|testing|scripts?)/|(?:^|/)(?:conftest|test_[^/]*|[^/]*_test)\.py$")
_SHOWN = expression(r"(?i)(?:^|/)(?:examples?|docs?|demos?|benchmarks?|samples?|tutorials?)/")  # run by whoever reads them
_CUSTOMIZE = expression(r"(?:src/|(?:[^/]+/){0,8}(?:site|dist)-packages/)?(?:site|user)customize(?:/__init__)?\.py$")
_PROGRAMS = expression(r"\.data/(?:scripts|data/(?:s?bin|Scripts))/")


def is_aside(path: str) -> bool:
    """Does the file lie among tests, examples or documents?"""
    return _TESTS.search(path) is not None or _SHOWN.search(path) is not None


def is_program(path: str) -> bool:
    """Is the file started by its name: one of a wheel's scripts, or any without a suffix?"""
    return _PROGRAMS.search(path) is not None or "." not in path.rpartition("/")[2]


def file_moment(path: str, shape: Layout) -> Moment:
    """When the module level of this file first runs."""
    inner = shape.installed_path(path)
    name = inner.rpartition("/")[2]
    if name.endswith(SUFFIXES) or _CUSTOMIZE.match(inner):
        return Moment.START
    if shape.is_source and inner in {"setup.py", *shape.hooks}:
        return Moment.INSTALL
    if shape.backend and shape.is_backend(inner):
        return Moment.INSTALL
    if _SHOWN.search(inner) and name != "conftest.py" and inner.count("/") > 0 and not name.startswith("__init__"):
        return Moment.CALL
    if (
        any(map(inner.startswith, shape.tool_folders))
        or _TESTS.search(inner)
        or name in {"__main__.py", "kernel.json"}
        or is_program(path)
    ):
        return Moment.SCRIPT
    return Moment.IMPORT


def placed(modules: Iterable[ModuleFacts], shape: Layout) -> list[CodeFact]:
    """All facts of the modules, each with the earliest moment at which it is reached through calls and imports, and the root
    it is reached from. Earliest first; a deed that two modules report is given once."""
    spread = _Spread(list(modules))
    for module in spread.modules:
        for root, moment in _first_roots(module, shape):
            spread.reach(module, root, moment)
    for entry in (*shape.scripts, *shape.plugins):
        for module, root in spread.resolved(entry):
            spread.reach(module, root, Moment.SCRIPT)
    spread.follow()
    return _facts(spread.modules, spread.moments)


class _Spread:
    """The earliest moment of each root (path of the module, name of the function), spread along the call graph."""

    def __init__(self, modules: list[ModuleFacts]) -> None:
        self.modules = modules
        self.moments: dict[tuple[str, str], Moment] = {}
        self._todo: list[tuple[str, str]] = []
        self._by_name = {module.dotted: module for module in modules if module.dotted}
        self._roots: dict[str, list[tuple[ModuleFacts, str]]] = {}
        self._exports = {name: _grouped(module.exports) for name, module in self._by_name.items()}

    def reach(self, module: ModuleFacts, root: str, moment: Moment) -> None:
        """Notes that the root runs at this moment, unless it is known to run earlier."""
        key = (module.path, root)
        if key not in self.moments or self.moments[key].rank < moment.rank:
            self.moments[key] = moment
            self._todo.append(key)

    def resolved(self, ref: str) -> Iterable[tuple[ModuleFacts, str]]:
        """See `_resolved`. Kept, as many call the same."""
        if ref not in self._roots:
            self._roots[ref] = list(_resolved(ref, self._by_name, self._exports))
        return self._roots[ref]

    def follow(self) -> None:
        """Passes each root's moment on to what it calls and imports, until nothing changes."""
        edges: dict[tuple[str, str], list[str]] = {}
        for module in self.modules:
            for root, ref in module.edges:
                edges.setdefault((module.path, root), []).append(ref)
        while self._todo:
            key = self._todo.pop()
            for ref in edges.get(key, ()):
                for target, function in self.resolved(ref):
                    self.reach(target, function, self.moments[key])


def _grouped(exports: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Name -> the dotted names that it may stand for; with a bracket behind it, those of the functions it holds."""
    found: dict[str, list[str]] = {}
    for name, ref in exports:
        plain, mark, place = name.partition(HELD)
        found.setdefault(f"{plain}[" if mark and place and plain != STAR else plain, []).append(ref)
    return found


def _first_roots(module: ModuleFacts, shape: Layout) -> Iterable[tuple[str, Moment]]:
    """The roots of a file that run without a call from another, and when: its module level, its `__main__` part, and while
    the package is built its hooks."""
    moment = file_moment(module.path, shape)
    yield "", moment
    if moment is Moment.INSTALL:
        hook = shape.below_top(module.path) in shape.hooks
        yield from ((root, moment) for root in module.functions if hook or root in BACKEND_HOOKS)
    yield "__main__", moment if moment in {Moment.INSTALL, Moment.CALL} else Moment.SCRIPT


_HOPS = 8  # re-exports that are followed


def _resolved(
    ref: str, by_name: Mapping[str, ModuleFacts], exports: Mapping[str, Mapping[str, list[str]]]
) -> Iterator[tuple[ModuleFacts, str]]:
    """The roots that a call or import of a dotted name runs: the module level of its module, and the function or the
    constructor of the class, by whatever name it is re-exported."""
    todo = [(ref, 0)]
    seen = {ref}
    while todo:
        name, hops = todo.pop()
        parts = name.removeprefix("import ").replace("()", "").split(".")
        length = next((one for one in range(len(parts), 0, -1) if ".".join(parts[:one]) in by_name), 0)
        if length == 0:
            continue
        module = by_name[".".join(parts[:length])]
        yield module, ""
        if name.startswith("import ") or length == len(parts):
            continue
        rest = ".".join(parts[length:])
        found = [one for one in (rest, f"{rest}.__init__") if one in module.functions]
        yield from ((module, one) for one in found)
        stars = () if found else [one for one in exports[module.dotted].get(STAR, ()) if one in by_name]
        for further in _further(exports[module.dotted], parts[length:], stars):
            if further not in seen and hops < _HOPS:  # a name that stands for something below itself goes on for ever
                seen.add(further)
                todo.append((further, hops + 1))


def _further(exports: Mapping[str, list[str]], parts: list[str], stars: Iterable[str]) -> list[str]:
    """What a name may stand for by the re-exports of its module. parts: of the name, below the module; stars: modules it
    has everything from."""
    first, subscript, _ = parts[0].partition("[")
    there = exports.get(first, []) + (exports.get(f"{first}[", []) if subscript and len(parts) == 1 else [])
    there = there or [f"{base}.{parts[0]}" for base in stars]
    return [".".join([one, *parts[1:]]) for one in there]


_WHOLE = "the module"  # the scope of what runs only when somebody runs the file


def _facts(modules: list[ModuleFacts], moments: Mapping[tuple[str, str], Moment]) -> list[CodeFact]:
    """The facts at their moments, as `placed` gives them. moments: by (path, root); any other root only runs when called."""
    found = []
    for module in modules:
        for fact, roots in module.facts:
            best = max((moments.get((module.path, root), Moment.CALL) for root in roots), key=lambda moment: moment.rank)
            scope = next((root for root in roots if moments.get((module.path, root), Moment.CALL) is best), "")
            if best is Moment.CALL and not scope:
                scope = _WHOLE
            found.append(replace(fact, moment=best, scope=scope))
    found.sort(key=lambda fact: (-fact.moment.rank, fact.member, fact.line, fact.behaviour))
    once: dict[tuple[object, ...], CodeFact] = {}
    for fact in found:
        once.setdefault(fact.deed, fact)
    return list(once.values())
