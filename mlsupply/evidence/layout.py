"""How a package is laid out: where imports start, what builds it, and which files and functions something else starts.

Sources: PEP 517 and 518 (`backend-path`), setuptools (discovery, `cmdclass`), the entry points specification (console
scripts), and what pytest, hatch, poetry and pdm document.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlsupply.evidence.module_facts import dotted_name
from mlsupply.lazy import expression
from mlsupply.text import canonical, safe

_DATA_FOLDER = expression(r"^[^/]+\.data/(?:purelib|platlib|data)/")
_METADATA = expression(r"([^/]{1,200}?)-[^/-]{1,200}\.dist-info/(?:METADATA|WHEEL|RECORD)$")
_UNPACKED = expression(r"([^/]{1,200})-[^/-]{1,200}/$")  # the folder an sdist unpacks to
# Folders in which setuptools looks for no packages (FlatLayoutModuleFinder.DEFAULT_EXCLUDE), but for tests and documents.
_TOOL_FOLDER = expression(r"(?:ci|bin|tools|utils?|tasks|[._]\w{1,40})/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a package is laid out.

    top: the folder an sdist unpacks to, with `/`, or "";
    is_source: it has to be built before it is installed;
    backend: dotted name of the build backend if it lies in the source itself (`backend-path`), else "";
    backend_path: the folders that one is looked for in;
    hooks: paths of files below `top` that a build plugin runs;
    scripts: dotted names of functions that console scripts start;
    plugins: dotted names of modules that pytest loads;
    project: canonical name, "" where nothing tells it;
    tool_folders: folders of a source, with `/`, in which no build looks for modules;
    built_by: the backend as pyproject.toml names it, with its `backend-path`, or "".
    """

    top: str = ""
    is_source: bool = False
    backend: str = ""
    backend_path: tuple[str, ...] = ()
    hooks: frozenset[str] = frozenset()
    scripts: frozenset[str] = frozenset()
    plugins: frozenset[str] = frozenset()
    project: str = ""
    tool_folders: frozenset[str] = frozenset()
    built_by: str = ""

    def below_top(self, path: str) -> str:
        """The path below `top`."""
        return path.removeprefix(self.top)

    def installed_path(self, path: str) -> str:
        """The path below `top`, and of a wheel's `.data` folder below what is installed as it stands."""
        return _DATA_FOLDER.sub("", self.below_top(path))

    def inner(self, path: str) -> str:
        """The path below the folder from which imports start."""
        path = self.installed_path(path)
        for folder in self.backend_path:
            if folder not in {"", "."} and path.startswith(folder + "/"):
                return path[len(folder) + 1 :]
        return path.removeprefix("src/") if self.is_source else path

    def is_backend(self, path: str) -> bool:
        """Is this installed path a module of the build backend, or a package around it?"""
        for folder in self.backend_path:
            below = path if folder in {"", "."} else path[len(folder) + 1 :] if path.startswith(folder + "/") else None
            if below is not None:
                dotted, _ = dotted_name(below)
                if self.backend == dotted or self.backend.startswith(f"{dotted}."):
                    return True
        return False


def layout_of(paths: Iterable[str], texts: Mapping[str, bytes]) -> Layout:
    """The layout, from the paths of all members and the content of the few files that tell (`is_layout_file`), by path."""
    paths = list(paths)
    tops = {path.split("/", 1)[0] for path in paths if "!/" not in path}
    top = f"{next(iter(tops))}/" if len(tops) == 1 and any(path.count("/") == 1 for path in paths) else ""
    names = {path[len(top) :] for path in paths}
    is_source = bool(names & {"setup.py", "pyproject.toml", "setup.cfg", "PKG-INFO"})
    if top and "__init__.py" in names and not is_source:  # the one folder is the import package itself
        top, names = "", set(paths)
    pyproject = _toml(texts.get(f"{top}pyproject.toml", b""))
    system = _table(pyproject, "build-system")
    backend, folders = system.get("build-backend"), system.get("backend-path")
    hooks = {"hatch_build.py", "pdm_build.py"} & names
    hooks |= _named_hooks(_table(pyproject, "tool")) | _commands(texts.get(f"{top}setup.cfg", b""))
    scripts, plugins = _entry_points(texts, _table(pyproject, "project"))
    in_tree = tuple(folder for folder in folders if isinstance(folder, str)) if isinstance(folders, list) else ()
    return Layout(
        top=top,
        is_source=is_source,
        backend=backend.split(":")[0] if isinstance(backend, str) and isinstance(folders, list) else "",
        backend_path=in_tree,
        hooks=frozenset(hooks),
        scripts=frozenset(scripts),
        plugins=frozenset(plugins),
        project=_project(paths, top),
        tool_folders=frozenset(_tool_folders(names, top, texts)) if is_source else frozenset(),
        built_by=_built_by(backend, in_tree),
    )


def _tool_folders(names: Collection[str], top: str, texts: Mapping[str, bytes]) -> Iterable[str]:
    """Folders with tools for those who develop the package: called so, without an `__init__.py`, and not named in the
    configuration of the build. names: paths of all members below `top`."""
    named = b"\n".join(texts.get(f"{top}{name}", b"") for name in ("pyproject.toml", "setup.py", "setup.cfg"))
    for folder in {found[0] for name in names if (found := _TOOL_FOLDER.match(name))}:
        name = re.escape(folder[:-1].encode())
        quoted = rb"(?:[\"'=]|^\s)\s{0,9}(?:\./)?" + name + rb"(?:[/.][\w./]{0,80})?\s{0,9}(?:[\"',]|$)"
        if f"{folder}__init__.py" not in names and not re.search(quoted, named, re.MULTILINE):
            yield folder


def _project(paths: Iterable[str], top: str) -> str:
    """The canonical name, by the folder of a wheel's metadata or the one that an sdist unpacks to; "" without either."""
    found = next((known for path in paths if (known := _METADATA.match(path))), None)
    if found is None and f"{top}PKG-INFO" in paths:
        found = _UNPACKED.match(top)
    return canonical(found[1]) if found is not None else ""


def _built_by(backend: object, backend_path: Sequence[str]) -> str:
    if not isinstance(backend, str):
        return ""
    return safe(backend + (f" in {', '.join(backend_path)}" if backend_path else ""), 200)


def is_layout_file(path: str) -> bool:
    """Is this, by its path, one of the few files that tell how the package is laid out?"""
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
    """Paths of the files that hatch, poetry, pdm and setuptools run while building. tool: of pyproject.toml."""
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


_OPTIONS = re.compile(rb"(?m)^\[options\][ \t\r]*$")
_CMDCLASS = re.compile(rb"(?m)^cmdclass[ \t]*[=:]((?:[^\n]*\n?)(?:[ \t]+[^\n]*\n?)*)")
_COMMAND = re.compile(r"[\w-]{1,100}[ \t]*=[ \t]*([\w.]{1,200})\.\w+[ \t\r]*$", re.MULTILINE)


def _commands(settings: bytes) -> set[str]:
    """Paths of the modules with the classes of commands that `setup.cfg` names (`[options] cmdclass`, setuptools)."""
    section = _OPTIONS.search(settings)
    found = _CMDCLASS.search(settings, section.end()) if section is not None else None
    modules = _COMMAND.findall(found[1].decode("utf-8", "replace")) if found is not None else []
    return {module.replace(".", "/") + ".py" for module in modules}


def _dotted(entry: str) -> str:
    """The dotted name of an entry point such as `demo.cli:main [extra]`."""
    return entry.split("[", maxsplit=1)[0].strip().replace(":", ".")


def _entry_points(texts: Mapping[str, bytes], project: Mapping[str, object]) -> tuple[set[str], set[str]]:
    """(dotted names of console and GUI scripts, of pytest plugins), by each entry_points.txt and the table `project` of
    pyproject.toml."""
    scripts: set[str] = set()
    plugins: set[str] = set()
    for path, data in texts.items():
        if not path.endswith("entry_points.txt"):
            continue
        section = ""
        for line in data.decode("utf-8", "replace").splitlines():
            if line.startswith("["):
                section = line.strip("[] \t")
            elif "=" in line and section in {"console_scripts", "gui_scripts"}:
                scripts.add(_dotted(line.split("=", 1)[1]))
            elif "=" in line and section == "pytest11":
                plugins.add(_dotted(line.split("=", 1)[1]))
    for table in ("scripts", "gui-scripts"):
        scripts |= {_dotted(entry) for entry in _table(project, table).values() if isinstance(entry, str)}
    of_pytest = _table(_table(project, "entry-points"), "pytest11")
    plugins |= {_dotted(entry) for entry in of_pytest.values() if isinstance(entry, str)}
    return scripts, plugins
