"""Which modules of a large package are followed together: small neighbourhoods of those that act.

A large package cannot be followed as one program. What a hijacked release adds to one hangs together, though: modules that
import each other, and are small. So each module that acts is taken with what it imports and with the modules near it that
import it, the smallest of them first, and so on until there is no room.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from mlsupply.evidence.import_statements import imported_names
from mlsupply.evidence.module_facts import dotted_name
from mlsupply.lazy import expression

LARGEST = 30_000  # of source in the module that acts
_AROUND = 15_000  # the same, in its neighbours
_MAX_MODULES = 12
_MOST_GROUPS = 32
_STEPS = 2  # imports that lead from a module that acts to those that start it
_READ = 30_000  # bytes of a larger module in which it is looked up what it imports
_FILE = expression(r"[\"'/\\](\w{1,60}\.py)[\"']")
_MOST = 500  # modules that act, of which the neighbours are looked for
_SEARCHES = 100_000  # modules searched for imports of one of these


def around(acting: Mapping[str, bool], sources: Mapping[str, bytes], inner: Mapping[str, str], room: int) -> list[list[str]]:
    """Groups of modules to follow together: each that acts with its neighbourhood, the smallest such modules first, up to
    `room` bytes in all. acting: path -> is it worth following where it has no neighbour; sources: path -> text of all
    modules; inner: path -> path below the folder that imports start from."""
    package = _Package(sources, inner)
    groups: dict[frozenset[str], list[str]] = {}
    for path in sorted(acting, key=lambda path: (len(sources[path]), path))[:_MOST]:
        found = package.neighbourhood(path) if len(sources[path]) <= LARGEST else []
        if not found or (len(found) == 1 and not acting[path]) or frozenset(found) in groups:
            continue
        room -= sum(len(sources[one]) for one in found)
        if room < 0 or len(groups) == _MOST_GROUPS:
            break
        groups[frozenset(found)] = found
    return list(groups.values())


class _Package:
    """Who imports whom, asked of few modules only."""

    def __init__(self, sources: Mapping[str, bytes], inner: Mapping[str, str]) -> None:
        self._sources = sources
        self._inner = inner
        self._dotted = {path: dotted_name(inner[path]) for path in sources}
        self._by_name = {dotted: path for path, (dotted, _) in self._dotted.items()}
        self._imports: dict[str, list[str]] = {}
        self._searches = _SEARCHES

    def neighbourhood(self, path: str) -> list[str]:
        """The module, those near it that import it, directly or through others, and what all of these import: of what is
        next to what was taken before, the smallest first."""
        found = {path: None}
        left = _AROUND
        near = dict.fromkeys([*self._starting(path), *self.imports(path)])
        while near and len(found) < _MAX_MODULES:
            one = min(near, key=lambda path: (len(self._sources[path]), path))
            left -= len(self._sources[one])
            if left < 0:
                break
            found[one] = None
            near = {**near, **dict.fromkeys(self.imports(one))}
            near = {path: None for path in near if path not in found}
        return list(found)

    def _starting(self, path: str) -> list[str]:
        """The modules near it that import it, and those that import these."""
        found: dict[str, None] = {}
        level = [path]
        for _ in range(_STEPS):
            level = [one for here in level for one in self._importers(here) if one not in found and one != path][
                :_MAX_MODULES
            ]
            found |= dict.fromkeys(level)
        return list(found)

    def imports(self, path: str) -> list[str]:
        """The modules of the package that it imports, in order, and those beside it that it names as files."""
        if path not in self._imports:
            dotted, is_package = self._dotted[path]
            text = self._sources[path][:_READ].decode("utf-8", "replace")
            names = imported_names(text, dotted if is_package else dotted.rpartition(".")[0])
            folder = path.rpartition("/")[0]
            beside = (f"{folder}/{named[1]}" for named in _FILE.finditer(text))  # it may read the text of that module
            paths = [*(self._by_name.get(name) for name in names), *(one for one in beside if one in self._sources)]
            self._imports[path] = list(dict.fromkeys(one for one in paths if one is not None and one != path))
        return self._imports[path]

    def _importers(self, path: str) -> list[str]:
        """The modules that import it of those in its folder, and in the folder around that."""
        last = self._dotted[path][0].rpartition(".")[2].encode()
        folder = self._inner[path].rpartition("/")[0]
        outer = folder.rpartition("/")[0]
        near = self._by_folder.get(folder, []) + (self._by_folder.get(outer, []) if folder else [])
        self._searches -= len(near)
        if self._searches < 0:
            return []
        return [one for one in near if last in self._sources[one] and path in self.imports(one)]

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self._sources:
            found.setdefault(self._inner[path].rpartition("/")[0], []).append(path)
        return found
