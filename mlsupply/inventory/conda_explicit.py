"""conda's explicit lists (`conda list --explicit`, conda-lock's `conda-linux-64.lock`): an address a line, and what pip adds
as comments (`# pip NAME @ ADDRESS --hash=…`).
Source: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html#building-identical-conda-environments
"""

from __future__ import annotations

from mlsupply.inventory import conda
from mlsupply.inventory.files import conda_parts, file_name
from mlsupply.inventory.parsing import gap, quoted, text_of
from mlsupply.inventory.pinned import pinned
from mlsupply.inventory.pip_line import asked_for, take_apart
from mlsupply.inventory.sheet import Sheet
from mlsupply.model import Gap, Inventory, Package, Place, Reason, Requirement
from mlsupply.text import without_credentials
from mlsupply.value import replace
from mlsupply.world import Limits, Tree

FORMAT = "conda explicit"
MARK = "@EXPLICIT"


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The packages of the list. A file of that name without the mark of one holds nothing."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    lines = text.split("\n")
    if not any(line.strip() == MARK for line in lines):
        return Inventory(path=path, format=FORMAT)
    sheet, names, gaps = Sheet(path, text, limits, plain=False), conda.Names(), list[Gap]()
    for number, line in enumerate(lines, 1):
        sheet.line, stated = number, line.strip()
        found: Package | Gap | None = None
        if stated.startswith("# pip "):
            found = _of_pip(stated.removeprefix("# pip "), Place(path, number))
        elif stated and not stated.startswith(("#", "@")):
            found = _of_conda(sheet, names, stated)
        if isinstance(found, Gap):
            gaps.append(found)
        elif found is not None:
            sheet.add(found)
    sheet.line = 0
    packages = tuple(replace(package, direct=True) for package in sheet.packages())
    return Inventory(path=path, format=FORMAT, packages=packages, gaps=(*gaps, *sheet.all_gaps()), complete=True)


def _of_conda(sheet: Sheet, names: conda.Names, line: str) -> Package | Gap:
    url, _, digest = without_credentials(line)[0].partition("#")
    url = conda.bare(url)
    name, version, _ = conda_parts(file_name(url))
    if not name:
        return gap(sheet.path, Reason.MALFORMED, f"no conda package can be read from {quoted(line)}", sheet.line)
    kind = "sha256" if len(digest.removeprefix("sha256:")) == 64 else "md5"
    artifact = conda.artifact(sheet, url, {kind: digest.removeprefix("sha256:")})
    source = conda.registry(conda.channel_of(url))
    return conda.package(names, name, version, source, sheet.place, artifacts=(artifact,))


def _of_pip(line: str, place: Place) -> Package | Gap:
    taken = take_apart(line)
    asked = asked_for(taken.asked, place)
    if isinstance(asked, Requirement):
        hashes = [value.partition(":") for name, value in taken.options if name == "--hash"]
        asked = replace(asked, hashes=tuple((kind.lower(), digest.lower()) for kind, _, digest in hashes))
        if package := pinned(asked):
            return package
    hint = "scan the installed environment (--env)"
    return asked if isinstance(asked, Gap) else gap(place.file, Reason.UNPINNED, quoted(line), place.line, hint)
