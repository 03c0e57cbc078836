"""What the folders of an environment run whenever Python starts, whoever put it there: `.pth` and `.start` files,
sitecustomize and usercustomize, and the modules these import. Nothing is imported here and no interpreter is started.

Sources: docs of `site`, and of `importlib.machinery.FileFinder` for what an import finds.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from mlsupply.evidence.contents_check import ENVIRONMENT
from mlsupply.evidence.files.start_lines import SUFFIXES, start_lines, text_of
from mlsupply.evidence.import_statements import NAME, WORD, imported_names, listed
from mlsupply.evidence.installed import Installed, Left, followed, record_of
from mlsupply.evidence.python import standard
from mlsupply.evidence.record import rows
from mlsupply.model import Package, Reason
from mlsupply.named import NamedTuple
from mlsupply.project import Project, installed_at
from mlsupply.sites import sites_of, standard_of
from mlsupply.world import Failure, World

_CUSTOM = ("sitecustomize", "usercustomize")
_READ = 1 << 20  # bytes of one file in which imports are looked for
_SHOWN = 40  # things that were not looked at, each with its own gap
_MODULES = 100  # looked at with the files of one owner in one folder
_IMPORTED = re.compile(rf"(?:^|;)[ \t]*(?:import[ \t]+([^;#]{{1,2000}})|from[ \t]+({NAME})[ \t]+import\b)")


class _Module(NamedTuple):
    """A file that an import finds. path: below its site folder; full: in the tree; dotted: the package that relative
    imports in it start from."""

    path: str
    full: str
    dotted: str


def starting(project: Project, world: World) -> Iterator[tuple[Package | None, Installed]]:
    """The start files of every site folder of the environments that are inputs, each with the modules it leads to, under
    the package whose RECORD lists it, or under none. One entry an owner and folder."""
    for inventory in project.inventories:
        if inventory.format != ENVIRONMENT:
            continue
        sites, standard = sites_of(inventory.path, world.tree), standard_of(inventory.path, world.tree)
        for folder in (*sites, *standard):
            owners = [package for package in inventory.packages if _site_of(package) == folder]
            yield from _Site(folder, sites, owners, world).starting(hooks=folder in sites)


def _site_of(package: Package) -> str:
    return posixpath.dirname(posixpath.dirname(installed_at(package)))


class _Site:
    """One folder that imports start from. sites: all of the environment, as a start line may import from another."""

    def __init__(self, site: str, sites: Sequence[str], owners: Sequence[Package], world: World) -> None:
        self._site = site
        self._sites = (site, *(other for other in sites if other != site))
        self._owners = owners
        self._world = world
        self._listed: dict[str, frozenset[str]] = {}
        self._importable: dict[str, frozenset[str]] = {}
        self._left: dict[Left, None] = {}

    def starting(self, *, hooks: bool) -> Iterator[tuple[Package | None, Installed]]:
        """See `starting`. hooks: `.pth` and `.start` files count here."""
        names = self._names(self._site)
        found = {name: _Module(name, f"{self._site}/{name}", "") for name in names if hooks and name.endswith(SUFFIXES)}
        custom = {one.path: one for name in _CUSTOM for one in self._chain(self._site, name, first=True)}
        roots, unread = found | custom, dict(self._left)
        owned = self._owned([*roots, *(left.path for left in unread)])
        for owner in sorted({owned.get(name, -1) for name in (*roots, *(left.path for left in unread))}):
            self._left = {left: None for left in unread if owned.get(left.path, -1) == owner}
            mine = [root for name, root in sorted(roots.items()) if owned.get(name, -1) == owner]
            reached = self._reached(mine, owner)
            files = {one.path: followed(self._world.tree.on_disk(one.full)) for one in reached}
            what = Installed(self._world.tree.on_disk(self._site), files, tuple(self._left))
            yield (self._owners[owner] if owner >= 0 else None), what

    def _reached(self, roots: Sequence[_Module], owner: int) -> list[_Module]:
        """The modules that these import, and those import in turn that belong to the same package or to none."""
        found = {root.path: root for root in roots}
        level = list(roots)
        while level:
            before = len(found)
            for further in (further for module in level for further in self._imported_by(module)):
                if len(found) == len(roots) + _MODULES and further.path not in found:
                    detail = f"what starts with Python imports more than {_MODULES} modules; the rest was not looked at"
                    self._leave(further.path, Reason.LIMIT, detail)
                    return list(found.values())
                found.setdefault(further.path, further)
            new = list(found.values())[before:]
            owned = self._owned([module.path for module in new])
            level = [module for module in new if owned.get(module.path, -1) in {owner, -1}]
        return list(found.values())

    def _owned(self, paths: Sequence[str]) -> dict[str, int]:
        """Path below the site folder -> index of the package whose RECORD lists it."""
        wanted, owned = set(paths), dict[str, int]()
        needles = [path.encode("utf-8", "surrogateescape") for path in paths]
        for number, package in enumerate(self._owners if paths else ()):
            record = record_of(package, self._world)
            if not isinstance(record, Failure) and any(needle in record for needle in needles):
                owned |= {row.path: number for row in rows(record) if row.path in wanted}
        return owned

    def _leave(self, path: str, reason: Reason, detail: str) -> None:
        left = Left(path, reason, detail)
        if len(self._left) == _SHOWN:
            left = Left(path, Reason.LIMIT, f"more than {_SHOWN} things that start with Python were not looked at")
        if len(self._left) <= _SHOWN:
            self._left[left] = None

    # --- who imports whom ---

    def _imported_by(self, module: _Module) -> Iterator[_Module]:
        data = self._head(module)
        if not module.path.endswith(SUFFIXES):
            for name in imported_names(data.decode("utf-8", "replace"), module.dotted):
                yield from self._modules(name, first=False)
            return
        for _, line in start_lines(module.path, data):
            words = dict.fromkeys(WORD.findall(line))  # a text may be executed, or name what `__import__` is called with
            named = dict.fromkeys(_named(line))
            for name in named:
                self._told_if_absent(module.path, name)
            for name in (*named, *words, *_from(line)):
                yield from self._modules(name, first=name in named)

    def _head(self, module: _Module) -> bytes:
        """The part of a file in which imports are looked for; a gap says where a text file is longer."""
        try:
            path = followed(self._world.tree.on_disk(module.full))
            if not path.is_file():  # a pipe would block
                return b""
            with open(path, "rb") as handle:
                data = handle.read(_READ + 1)
        except (OSError, ValueError):
            return b""  # the look at the file itself says why it cannot be read
        if len(data) > _READ:
            data = data[:_READ]
            if not module.path.endswith(SUFFIXES) or len(text_of(data).encode()) >= _READ - 4:
                self._leave(module.path, Reason.TOO_LARGE, f"what it imports was looked for in its first {_READ:,} bytes")
        return data

    def _told_if_absent(self, path: str, name: str) -> None:
        top = name.partition(".")[0]
        if top in standard.MODULES or any(top in self._tops(site) for site in self._sites):
            return
        detail = f"it imports {top}, which is in no folder of the environment, so that was not looked at"
        self._leave(path, Reason.NOT_FOUND, detail)

    # --- where modules lie ---

    def _names(self, folder: str) -> frozenset[str]:
        if folder not in self._listed:
            entries = self._world.tree.entries(folder)
            if isinstance(entries, Failure):
                self._leave(posixpath.relpath(folder, self._site), entries.reason, entries.detail)
                entries = ()
            self._listed[folder] = frozenset(entries)
        return self._listed[folder]

    def _tops(self, site: str) -> frozenset[str]:
        """What can be imported from a site folder, and other names."""
        if site not in self._importable:
            self._importable[site] = frozenset(name.partition(".")[0].rstrip("/") for name in self._names(site))
        return self._importable[site]

    def _modules(self, dotted: str, *, first: bool) -> Iterator[_Module]:
        """The files that importing the name runs, from the first folder that has the name. first: the import stands in a
        start line itself, not in a module it leads to."""
        top = dotted.partition(".")[0]
        site = next((site for site in self._sites if top in self._tops(site)), None)
        return self._chain(site, dotted, first=first) if site is not None else iter(())

    def _chain(self, site: str, dotted: str, *, first: bool) -> Iterator[_Module]:
        folder, names = site, self._names(site)
        inside: list[str] = []
        for part in dotted.split("."):
            yield from self._files(site, folder, part, ".".join(inside), first=first)
            if f"{part}/" not in names:
                return
            inside.append(part)
            folder = f"{folder}/{part}"
            names = self._names(folder)
            yield from self._files(site, folder, "__init__", ".".join(inside), first=first)

    def _files(self, site: str, folder: str, stem: str, package: str, *, first: bool) -> Iterator[_Module]:
        """The source of a module in a folder; what is imported in its place is reported, machine code further on aside:
        nearly every large package has some."""
        names = self._names(folder)
        below = posixpath.relpath(folder, site)
        prefix = "" if below == "." else f"{below}/"
        if f"{stem}.py" in names:
            yield _Module(f"{prefix}{stem}.py", f"{folder}/{stem}.py", package)
        elif f"{stem}.pyc" in names:
            self._leave(f"{prefix}{stem}.pyc", Reason.UNSUPPORTED, "it runs when Python starts and has no source to look at")
        native = (name for name in names if name.startswith(f"{stem}.") and name.endswith((".so", ".pyd")))
        for name in native if first else ():
            self._leave(f"{prefix}{name}", Reason.UNSUPPORTED, "it is machine code that runs when Python starts")


def _named(line: str) -> Iterator[str]:
    """The modules that the import statements of a start line name."""
    for found in _IMPORTED.finditer(line):
        yield from ([found[2]] if found[2] else listed(found[1]))


def _from(line: str) -> Iterator[str]:
    """`from a import b` runs `a.b` too, where that is a module."""
    for found in re.finditer(rf"\bfrom[ \t]+({NAME})[ \t]+import[ \t]+({NAME}(?:[ \t]*,[ \t]*{NAME}){{0,50}})", line):
        yield from (f"{found[1]}.{name}" for name in listed(found[2]))
