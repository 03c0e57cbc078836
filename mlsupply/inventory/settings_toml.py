"""Settings of uv (uv.toml) and of PDM (pdm.toml) in files of their own: indexes, hosts that are not checked, constraints
and overrides. poetry.toml names repositories too, but those are what it uploads to.

Sources: https://docs.astral.sh/uv/concepts/configuration-files/ and https://pdm-project.org/latest/reference/configuration/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import basename
from typing import Any

from mlsupply.inventory.collected import Collected
from mlsupply.inventory.lines import Locator
from mlsupply.inventory.parsing import opened, string, toml_of
from mlsupply.inventory.pinned import limited_to
from mlsupply.inventory.uv_tables import read_uv
from mlsupply.model import Gap, Index, Inventory, Place
from mlsupply.text import without_credentials
from mlsupply.world import Limits, Tree

FORMAT = "uv.toml"
_OF_PDM = "pdm.toml"


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """See the module. A release that a constraint or override names exactly is looked at, as uv takes it wherever something
    asks for its project."""
    contents = opened(path, tree, limits, toml_of)
    if isinstance(contents, Gap):
        return Inventory(path=path, format=FORMAT, gaps=(contents,))
    text, document = contents
    found = Collected(path, tree, limits)
    if basename(path).lower() == _OF_PDM:
        found.take(_pdm(path, document, Locator(text)))
    else:
        found.take(read_uv(path, document, Locator(text), ()))
        found.take(limited_to(found.requirements))
    return found.inventory(FORMAT)


def _pdm(path: str, document: Mapping[str, Any], locator: Locator) -> Iterator[Index]:
    """`[pypi]` is the index in the place of the public one, `[pypi.NAME]` a further one. The keys may be dotted."""
    pypi = document.get("pypi")
    for name, entry in [("", pypi), *(pypi.items() if isinstance(pypi, Mapping) else ())]:
        if not isinstance(entry, Mapping):
            continue
        url, had = without_credentials(string(entry, "url"))
        if not url:
            continue
        links = string(entry, "type") == "find_links"
        yield Index(
            url=url,
            role="find-links" if links else "extra" if name else "primary",
            name=name,
            trusted_host=entry.get("verify_ssl") is False,
            had_credentials=had,
            place=Place(path, locator.quoted(string(entry, "url"))),
        )
