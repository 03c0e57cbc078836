"""Scripts with inline metadata (PEP 723): `# /// script` … `# ///`. The script is not run.
Source: https://packaging.python.org/en/latest/specifications/inline-script-metadata/
"""

from __future__ import annotations

import re

from mlsupply.inventory.install_commands import Commands
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import gap, requirement, string, strings, table, text_of, toml_of
from mlsupply.inventory.python_marks import may_install
from mlsupply.inventory.uv_tables import read_uv, with_sources
from mlsupply.model import Gap, Index, Inventory, Place, Reason, Requirement
from mlsupply.world import Limits, Tree

FORMAT = "script"
_BLOCK = re.compile(r"(?m)^# /// script[ \t]*\n((?:#(?:| [^\n]*)\n)*?)# ///[ \t]*(?:\n|\Z)")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The dependencies of the script; lines are those of the script, not of the header's TOML."""
    text = text_of(path, tree, limits)
    if isinstance(text, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(text,))
    blocks = list(_BLOCK.finditer(text))
    if len(blocks) != 1:
        detail = "its script header does not end with `# ///`" if not blocks else "it has several script headers"
        line = text.count("\n", 0, max(text.find("# /// script"), 0)) + 1
        return Inventory(path=path, format=FORMAT, gaps=(gap(path, Reason.MALFORMED, detail, line),))
    first = text.count("\n", 0, blocks[0].start(1))
    header = "\n".join(line[2:] for line in blocks[0][1].split("\n"))
    document = toml_of(path, "\n" * first + header)  # padded, so that lines are those of the script
    if isinstance(document, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(document,))
    into = Commands(path, tree, limits)
    if may_install(text.encode("utf-8", "replace")):
        from mlsupply.inventory.python_installs import add

        add(into, text)
    return _inventory(path, document, Locator("\n" * first + header), into.inventory(FORMAT))


def _inventory(path: str, document: dict[str, object], locator: Locator, code: Inventory) -> Inventory:
    """code: what the code behind the header installs."""
    uv = table(table(document, "tool"), "uv")
    asked = [requirement(text, Place(path, locator.quoted(text))) for text in strings(document, "dependencies")]
    found: list[Requirement | Index | Gap] = [*asked, *read_uv(path, uv, locator)]
    sources = table(uv, "sources")
    requirements = [one for r in found if isinstance(r, Requirement) for one in with_sources(r, sources)]
    return Inventory(
        path=path,
        format=FORMAT,
        packages=code.packages,
        requirements=(*requirements, *code.requirements),
        indexes=(*(one for one in found if isinstance(one, Index)), *code.indexes),
        gaps=(*(one for one in found if isinstance(one, Gap)), *code.gaps),
        includes=code.includes,
        requires_python=string(document, "requires-python"),
    )
