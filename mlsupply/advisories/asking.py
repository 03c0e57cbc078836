"""The query to the live OSV API, sent as soon as the names are known, so that its answer travels while the rest of the run
starts.

Source: google.github.io/osv.dev/post-v1-querybatch/.
"""

from __future__ import annotations

import json
from _thread import allocate_lock  # as in `fetch`
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module

from mlsupply.advisories.renamed import original_of
from mlsupply.begun import Begun
from mlsupply.hints import Any
from mlsupply.model import Package
from mlsupply.project import OWN_CODE, Project
from mlsupply.request import Request
from mlsupply.value import replace
from mlsupply.world import PUBLIC_OSV_API, Failure, Fetch, OfflineFetch, Response, World

BATCH = "/v1/querybatch"
JSON = {"Content-Type": "application/json"}
LIMIT = 64 << 20  # bytes of an answer
_MOST = 1000  # queries the API takes at once


def api_of(url: str) -> str:
    """The base address of an API: url as the user gave it, "" for the public one."""
    return (url or PUBLIC_OSV_API).rstrip("/").removesuffix("/v1")


def batches_of(names: list[str]) -> Iterator[list[str]]:
    """As many names as may be asked for at once."""
    return (names[start : start + _MOST] for start in range(0, len(names), _MOST))


def query_of(name: str, token: str = "") -> dict[str, Any]:
    """The query for one project. It names no version: which versions are affected is decided here. token: of a further
    page."""
    query: dict[str, Any] = {"package": {"name": name, "ecosystem": "PyPI"}}
    return query | {"page_token": token} if token else query


def batch_body(wanted: Iterable[tuple[str, str]]) -> bytes:
    """The body of a batch. wanted: (name, token of a further page or "")."""
    return json.dumps({"queries": [query_of(name, token) for name, token in wanted]}).encode()


class AskedAhead:
    """A `Fetch` with one request already under way: the first caller to make that request gets its answer; all others are
    fetched as usual."""

    def __init__(self, fetch: Fetch, url: str, body: bytes) -> None:
        self._fetch = fetch
        self._question: tuple[str, bytes | None] | None = (url, body)
        self._lock = allocate_lock()
        self._answer = Begun(lambda: fetch(url, limit=LIMIT, headers=JSON, body=body))

    def __call__(
        self, url: str, *, limit: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response | Failure:
        """See `world.Fetch`."""
        with self._lock:
            mine = self._question == (url, body)
            if mine:
                self._question = None
        return self._answer.result() if mine else self._fetch(url, limit=limit, headers=headers, body=body)


def ask_ahead(project: Project, request: Request, world: World) -> World:
    """The world with the query for a project's packages already sent, if this run is going to ask the live API."""
    if request.offline or isinstance(world.fetch, OfflineFetch) or not _will_ask(request, world):
        return world
    names = names_of(project, request.settings)
    if not names:
        return world
    # in the thread that asks, this import would take turns with all that is done meanwhile, and the question leave late
    import_module("http.client")
    first = next(batches_of(names))
    body = batch_body((name, "") for name in first)
    return replace(world, fetch=AskedAhead(world.fetch, api_of(request.feed_url) + BATCH, body))


def _will_ask(request: Request, world: World) -> bool:
    if request.feed == "live" or (request.feed == "auto" and request.feed_url):
        return True  # told without the modules that read a database
    from mlsupply.advisories.feeds import asks_api

    return asks_api(request, world)


def names_of(project: Project, settings: Mapping[str, object]) -> list[str]:
    """The names to ask for: of the packages that can be judged, and of the projects whose advisories they inherit."""
    names = {package.name for package in project.packages if can_be_judged(package)}
    if inherits(settings):
        names |= {original for name in names if (original := original_of(name))}
    return sorted(names)


def can_be_judged(package: Package) -> bool:
    """Whether an advisory could name it: the project's own code has no releases, other ecosystems no advisories here."""
    return package.coordinate.ecosystem == "pypi" and bool(package.version) and package.source.kind not in OWN_CODE


def inherits(settings: Mapping[str, object]) -> bool:
    """`inherit = false` in the table `advisories` of the configuration switches renamed distributions off."""
    own = settings.get("advisories")
    return not (isinstance(own, Mapping) and own.get("inherit") is False)
