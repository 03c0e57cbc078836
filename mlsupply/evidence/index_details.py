"""What an index says of a release beside its files: who owns the project, and what the project says of itself. Pure.

Pages: `/pypi/NAME/VERSION/json` and `/pypi/NAME/json` (https://docs.pypi.org/api/json/). Owners are the index's own word,
since 2026 under `ownership`; all else is the project's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice

from mlsupply.hints import Any
from mlsupply.named import NamedTuple
from mlsupply.text import safe, without_credentials

MOST_OWNERS = 200
MOST_LINKS = 50


class Details(NamedTuple):
    """What an index says of a release beside its files.

    version: which release all but the owners speak of, as the page names it.
    owners: `ROLE:USER` and `organization:NAME`, sorted; None where the index does not tell.
    links: the URLs in the release's metadata.
    summary: its line about itself.
    cut: `owners` or `links`, where the page has more of them than are kept.
    """

    version: str = ""
    owners: tuple[str, ...] | None = None
    links: tuple[str, ...] = ()
    summary: str = ""
    cut: tuple[str, ...] = ()

    @classmethod
    def kept(cls, values: Iterable[Any]) -> Details:
        """From its JSON form, a list. Raises `TypeError` where it is another."""
        version, owners, links, summary, cut = values
        return cls(version, None if owners is None else tuple(owners), tuple(links), summary, tuple(cut))


NO_DETAILS = Details()


def details_page(body: bytes) -> Details | None:
    """The details on a page of the JSON API, None where it is no such page."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return details_in(document) if isinstance(document, Mapping) else None


def details_in(document: Mapping[str, Any]) -> Details | None:
    """The same of a page that was read already."""
    info = document.get("info")
    if not isinstance(info, Mapping):
        return None
    owners, links = owners_of(document.get("ownership")), links_of(info)
    too_many = (("owners", len(owners or ()) > MOST_OWNERS), ("links", len(links) > MOST_LINKS))
    return Details(
        version=_text(info, "version", 100),
        owners=owners if owners is None else owners[:MOST_OWNERS],
        links=links[:MOST_LINKS],
        summary=_text(info, "summary"),
        cut=tuple(name for name, is_cut in too_many if is_cut),
    )


def owners_of(value: object) -> tuple[str, ...] | None:
    """`organization:NAME` and `ROLE:USER`, sorted, at most one more than are kept; None where the index does not tell."""
    if not isinstance(value, Mapping):
        return None
    roles = value.get("roles")
    found = [
        f"{safe(str(role.get('role')), 40)}:{safe(str(role.get('user')), 100)}"
        for role in (roles if isinstance(roles, list) else [])[: MOST_OWNERS + 1]
        if isinstance(role, Mapping)
    ]
    if isinstance(organization := value.get("organization"), str) and organization:
        found.append(f"organization:{safe(organization, 100)}")
    return tuple(sorted(found))


def links_of(info: Mapping[str, Any]) -> tuple[str, ...]:
    """The URLs a project gives, without credentials, at most one more than are kept."""
    urls = info.get("project_urls")
    texts: Iterable[object] = [info.get("home_page"), *(urls.values() if isinstance(urls, Mapping) else ())]
    found = (without_credentials(text)[0] for text in texts if isinstance(text, str) and text)
    return tuple(islice(dict.fromkeys(found), MOST_LINKS + 1))


def _text(info: Mapping[str, Any], key: str, limit: int = 240) -> str:
    value = info.get(key)
    return safe(value, limit) if isinstance(value, str) else ""
