"""Settings of Matplotlib that a package installs in place of the original: their backend may be any module, which is
imported when something is drawn.

Source: Matplotlib's documentation, "Customizing Matplotlib with style sheets and rcParams" and "Backends" (`module://`). A
package cannot reach the other places for such a file (the working folder, the user's) by being installed.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.lazy import expression
from mlsupply.text import safe

_FILE = expression(r"(?:^|/)matplotlib/mpl-data/matplotlibrc$")
_BACKEND = expression(rb"(?m)^[ \t]{0,80}backend[ \t]{0,80}:[ \t]{0,80}[\"']?module://([^\s\"'#]{1,200})")
# Modules that kernels of notebooks set.
_USUAL = ("matplotlib.", "matplotlib_inline.", "ipykernel.", "ipympl.")


def is_matplotlibrc(path: str) -> bool:
    """Is this, by its path, the settings file of an installed Matplotlib?"""
    return bool(_FILE.search(path))


def matplotlibrc_facts(path: str, data: bytes) -> Iterator[CodeFact]:
    """A `plot-backend` for each module that the settings name as a backend. Matplotlib takes the last; all are reported."""
    for found in _BACKEND.finditer(data):
        module = safe(found[1].decode("utf-8", "replace"), 200)
        if not module.startswith(_USUAL):
            yield CodeFact(
                behaviour="plot-backend",
                moment=Moment.CALL,
                member=path,
                line=data.count(b"\n", 0, found.start(1)) + 1,
                sink="matplotlib",
                detail=f"its backend is the module {module}",
                decoded=module,
            )
