"""What runs when: the first moment each file and function of a package can run at.

Sources: docs of `site` (`.pth`, sitecustomize), PEP 517 (build backends, `backend-path`), setuptools (`cmdclass`), entry
points specification (console scripts, pytest plugins).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.module_facts import ModuleFacts, dotted_name
from mlsupply.evidence.python.knowledge import BACKEND_HOOKS
from mlsupply.lazy import expression
from mlsupply.text import canonical, safe

_DATA_FOLDER = expression(r"^[^/]+\.data/(?:purelib|platlib|data)/")
_TESTS = expression(r"(?:^|/)(?:tests?|testing|scripts?)/|(?:^|/)(?:conftest|test_[^/]*|[^/]*_test)\.py$")
_SHOWN = expression(r"(?i)(?:^|/)(?:examples?|docs?|demos?|benchmarks?|samples?|tutorials?)/")  # run by whoever reads them
_START = expression(r"(?:src/|(?:[^/]+/){0,8}(?:site|dist)-packages/)?(?:site|user)customize(?:/__init__)?\.py$")
_METADATA = expression(r"([^/]{1,200}?)-[^/-]{1,200}\.dist-info/(?:METADATA|WHEEL|RECORD)$")
_UNPACKED = expression(r"([^/]{1,200})-[^/-]{1,200}/$")
_PROGRAMS = expression(r"\.data/(?:scripts|data/(?:s?bin|Scripts))/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a package is laid out. top: the folder an sdist unpacks to, with `/`, or ""; is_source: it is built before it is
    installed; backend: (dotted module of the build backend in the tree, folders it is found in); hooks: files a build
    plugin runs; scripts: dotted functions that commands start; plugins: dotted modules loaded by others (pytest)."""

    top: str = ""
    is_source: bool = False
    backend: str = ""
    backend_path: tuple[str, ...] = ()
    hooks: frozenset[str] = frozenset()
    scripts: frozenset[str] = frozenset()
    plugins: frozenset[str] = frozenset()
    project: str = ""  # canonical name, "" where nothing tells it
    aside: frozenset[str] = frozenset()  # folders of a source that no build looks for modules in
    built_by: str = ""  # the backend as pyproject.toml names it, with the folders of the tree it is looked for in

    def inner(self, path: str) -> str:
        """The path below the folder from which imports start."""
        path = path[len(self.top) :] if self.top and path.startswith(self.top) else path
        path = _DATA_FOLDER.sub("", path)
        for folder in self.backend_path:
            if folder not in {"", "."} and path.startswith(folder + "/"):
                return path[len(folder) + 1 :]
        return path.removeprefix("src/") if self.is_source else path


def layout(paths: Iterable[str], texts: Mapping[str, bytes]) -> Layout:
    """From the members' paths and the bytes of the few files that tell (`is_layout_file`)."""
    paths = list(paths)
    tops = {path.split("/", 1)[0] for path in paths if "!/" not in path}
    top = f"{next(iter(tops))}/" if len(tops) == 1 and any(path.count("/") == 1 for path in paths) else ""
    names = {path[len(top) :] for path in paths}
    is_source = bool(names & {"setup.py", "pyproject.toml", "setup.cfg", "PKG-INFO"})
    if top and "__init__.py" in names and not is_source:  # a package alone; that of a source may be the folder itself
        top, names = "", set(paths)
    pyproject = _toml(texts.get(f"{top}pyproject.toml", b""))
    system = _table(pyproject, "build-system")
    backend, folders = system.get("build-backend"), system.get("backend-path")
    hooks = {"hatch_build.py", "pdm_build.py"} & names
    hooks |= _named_hooks(_table(pyproject, "tool"))
    scripts, plugins = _entry_points(texts)
    project = _table(pyproject, "project")
    for table in ("scripts", "gui-scripts"):
        scripts |= {_dotted(value) for value in _table(project, table).values() if isinstance(value, str)}
    plugins |= {_dotted(v) for v in _table(_table(project, "entry-points"), "pytest11").values() if isinstance(v, str)}
    return Layout(
        top=top,
        is_source=is_source,
        backend=backend.split(":")[0] if isinstance(backend, str) and isinstance(folders, list) else "",
        backend_path=tuple(folder for folder in folders if isinstance(folder, str)) if isinstance(folders, list) else (),
        hooks=frozenset(hooks),
        scripts=frozenset(scripts),
        plugins=frozenset(plugins),
        project=_project(paths, top),
        aside=frozenset(_aside(names, top, texts)) if is_source else frozenset(),
        built_by=_built_by(backend, folders),
    )


# As setuptools has it (FlatLayoutModuleFinder.DEFAULT_EXCLUDE), without those that are known as tests or documents.
_NO_PACKAGE = expression(r"(?:ci|bin|tools|utils?|tasks|[._]\w{1,40})/")


def _aside(names: Collection[str], top: str, texts: Mapping[str, bytes]) -> Iterable[str]:
    """Folders that hold tools for those who work on the source: no packages by their names and files, nor by what the
    configuration of the build names."""
    named = b"\n".join(texts.get(f"{top}{name}", b"") for name in ("pyproject.toml", "setup.py", "setup.cfg"))
    for folder in {found[0] for name in names if (found := _NO_PACKAGE.match(name))}:
        name = re.escape(folder[:-1].encode())
        quoted = rb"(?:[\"'=]|^\s)\s{0,9}(?:\./)?" + name + rb"(?:[/.][\w./]{0,80})?\s{0,9}(?:[\"',]|$)"
        if f"{folder}__init__.py" not in names and not re.search(quoted, named, re.MULTILINE):
            yield folder


def _project(paths: Iterable[str], top: str) -> str:
    """By the folder of its metadata, or the one that a source is packed in."""
    found = next((known for path in paths if (known := _METADATA.match(path))), None)
    if found is None and f"{top}PKG-INFO" in paths:
        found = _UNPACKED.match(top)
    return canonical(found[1]) if found is not None else ""


def _built_by(backend: object, folders: object) -> str:
    if not isinstance(backend, str):
        return ""
    within = [folder for folder in folders if isinstance(folder, str)] if isinstance(folders, list) else []
    return safe(backend + (f" in {', '.join(within)}" if within else ""), 200)


def is_aside(path: str) -> bool:
    """Is this among the tests, examples or documents, which no program looks through for its settings?"""
    return _TESTS.search(path) is not None or _SHOWN.search(path) is not None


def is_program(path: str) -> bool:
    """Is this a file that is started by its name: from where an installer puts programs, or without an ending?"""
    return _PROGRAMS.search(path) is not None or "." not in path.rpartition("/")[2]


def is_layout_file(path: str) -> bool:
    """Is this one of the few files that tell how the package is laid out?"""
    name = path.rpartition("/")[2]
    return (name in {"pyproject.toml", "entry_points.txt"} and path.count("/") <= 2) or (
        name in {"setup.py", "setup.cfg"} and path.count("/") <= 1
    )


def _toml(data: bytes) -> Mapping[str, object]:
    import tomli

    try:
        return tomli.loads(data.decode("utf-8", "replace"))
    except (tomli.TOMLDecodeError, RecursionError):
        return {}


def _table(mapping: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = mapping.get(key)
    return value if isinstance(value, Mapping) else {}


def _named_hooks(tool: Mapping[str, object]) -> set[str]:
    """Files that hatch, poetry and pdm run while building."""
    found = set()
    for path in (("hatch", "build", "hooks", "custom"), ("poetry", "build"), ("pdm", "build")):
        table = tool
        for key in path:
            table = _table(table, key)
        for key in ("path", "script", "run-setup", "custom-hook"):
            if isinstance(value := table.get(key), str):
                found.add(value.removeprefix("./"))
    commands = _table(_table(tool, "setuptools"), "cmdclass")
    found |= {value.rpartition(".")[0].replace(".", "/") + ".py" for value in commands.values() if isinstance(value, str)}
    return found


def _dotted(entry: str) -> str:
    return entry.split("[", maxsplit=1)[0].strip().replace(":", ".")


def _entry_points(texts: Mapping[str, bytes]) -> tuple[set[str], set[str]]:
    scripts: set[str] = set()
    plugins: set[str] = set()
    for path, data in texts.items():
        if not path.endswith("entry_points.txt"):
            continue
        section = ""
        for line in data.decode("utf-8", "replace").splitlines():
            if line.startswith("["):
                section = line.strip("[] \t")
            elif "=" in line:
                value = _dotted(line.split("=", 1)[1])
                (
                    scripts if section in {"console_scripts", "gui_scripts"} else plugins if section == "pytest11" else set()
                ).add(value)
    return scripts, plugins


def file_moment(path: str, shape: Layout) -> Moment:
    """When the module level of this file first runs."""
    inner = path[len(shape.top) :] if shape.top and path.startswith(shape.top) else path
    inner = _DATA_FOLDER.sub("", inner)
    name = inner.rpartition("/")[2]
    if name.endswith(".pth") or _START.match(inner):
        return Moment.START
    if shape.is_source and inner in {"setup.py", *shape.hooks}:
        return Moment.INSTALL
    if shape.backend and _is_backend(inner, shape):
        return Moment.INSTALL
    if _SHOWN.search(inner) and name != "conftest.py" and inner.count("/") > 0 and not name.startswith("__init__"):
        return Moment.CALL
    if (
        any(map(inner.startswith, shape.aside))
        or _TESTS.search(inner)
        or name in {"__main__.py", "kernel.json"}
        or is_program(path)
    ):
        return Moment.SCRIPT
    return Moment.IMPORT


def _is_backend(inner: str, shape: Layout) -> bool:
    for folder in shape.backend_path:
        below = inner if folder in {"", "."} else inner[len(folder) + 1 :] if inner.startswith(folder + "/") else None
        if below is not None:
            dotted, _ = dotted_name(below)
            if shape.backend == dotted or shape.backend.startswith(f"{dotted}."):
                return True
    return False


def placed(modules: Iterable[ModuleFacts], shape: Layout) -> list[CodeFact]:
    """All facts with the first moment they can run at, following calls and imports from one file to another."""
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
    """The earliest moment of each root (path of the module, name of the function), as it spreads along calls and imports."""

    def __init__(self, modules: list[ModuleFacts]) -> None:
        self.modules = modules
        self.moments: dict[tuple[str, str], Moment] = {}
        self._todo: list[tuple[str, str]] = []
        self._by_name = {module.dotted: module for module in modules if module.dotted}
        self._exports = {name: dict(module.exports) for name, module in self._by_name.items()}

    def reach(self, module: ModuleFacts, root: str, moment: Moment) -> None:
        """The root runs at this moment, if it is not known to run earlier."""
        key = (module.path, root)
        if key not in self.moments or self.moments[key].rank < moment.rank:
            self.moments[key] = moment
            self._todo.append(key)

    def resolved(self, ref: str) -> Iterable[tuple[ModuleFacts, str]]:
        """See `_resolved`."""
        return _resolved(ref, self._by_name, self._exports)

    def follow(self) -> None:
        """Pass each root's moment on to what it calls and imports, until nothing runs earlier any more."""
        edges: dict[tuple[str, str], list[str]] = {}
        for module in self.modules:
            for root, ref in module.edges:
                edges.setdefault((module.path, root), []).append(ref)
        while self._todo:
            key = self._todo.pop()
            for ref in edges.get(key, ()):
                for target, function in self.resolved(ref):
                    self.reach(target, function, self.moments[key])


def _first_roots(module: ModuleFacts, shape: Layout) -> Iterable[tuple[str, Moment]]:
    """What of a file runs without a call from another: its module level, build hooks, its `__main__` part."""
    moment = file_moment(module.path, shape)
    yield "", moment
    if moment is Moment.INSTALL:
        hook = _inner_is_hook(module.path, shape)
        yield from ((root, moment) for root in module.functions if hook or root in BACKEND_HOOKS)
    yield "__main__", moment if moment in {Moment.INSTALL, Moment.CALL} else Moment.SCRIPT


def _inner_is_hook(path: str, shape: Layout) -> bool:
    return path.removeprefix(shape.top) in shape.hooks


def _resolved(
    ref: str, by_name: Mapping[str, ModuleFacts], exports: Mapping[str, Mapping[str, str]], hops: int = 3
) -> Iterable[tuple[ModuleFacts, str]]:
    """The module and function a dotted name leads to: its module level, and the function or the class' constructor."""
    only_module = ref.startswith("import ")
    parts = ref.removeprefix("import ").replace("()", "").split(".")
    for length in range(len(parts), 0, -1):
        module = by_name.get(".".join(parts[:length]))
        if module is None:
            continue
        yield module, ""
        if only_module:
            return
        rest = ".".join(parts[length:])
        for name in (rest, f"{rest}.__init__"):
            if rest and name in module.functions:
                yield module, name
        exported = exports[module.dotted].get(parts[length]) if length < len(parts) and hops else None
        if exported and exported != ref:
            yield from _resolved(".".join([exported, *parts[length + 1 :]]), by_name, exports, hops - 1)
        return


_WHOLE = "the module"  # where a finding says when something runs


def _facts(modules: list[ModuleFacts], moments: Mapping[tuple[str, str], Moment]) -> list[CodeFact]:
    found = []
    for module in modules:
        for fact, roots in module.facts:
            best = max((moments.get((module.path, root), Moment.CALL) for root in roots), key=lambda moment: moment.rank)
            scope = next((root for root in roots if moments.get((module.path, root), Moment.CALL) is best), "")
            if best is Moment.CALL and not scope:
                scope = _WHOLE  # of a file that whoever reads it runs
            found.append(replace(fact, moment=best, scope=scope))
    found.sort(key=lambda fact: (-fact.moment.rank, fact.member, fact.line, fact.behaviour))
    once: dict[tuple[object, ...], CodeFact] = {}  # what is reached from two modules is reported once, at the earlier moment
    for fact in found:
        once.setdefault(fact.deed, fact)
    return list(once.values())
