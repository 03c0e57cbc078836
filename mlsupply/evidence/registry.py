"""The index client: what the index a package was locked from says of it.

Only the index itself is asked, at addresses made here from its own: `/simple/NAME/`, `/pypi/NAME/json` where the first
leaves out times or sizes, `/integrity/...` for provenance (PEP 740). No address from metadata is followed. Facts are kept
in the cache folder for some hours, then asked for again, by ETag where the index gives one.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from mlsupply.begun import each
from mlsupply.drafts import keep_json, kept_json
from mlsupply.evidence import index_pages
from mlsupply.evidence.index_details import MOST_OWNERS, Details, details_page
from mlsupply.evidence.index_kept import Kept
from mlsupply.evidence.index_pages import IndexFile, Project, merged, project_json, release_info, simple_page
from mlsupply.evidence.index_releases import is_fresh, kept_at, page_of
from mlsupply.hints import TYPE_CHECKING, Any, TypeVar
from mlsupply.model import Index, Reason
from mlsupply.named import NamedTuple
from mlsupply.text import host_of, is_loopback, safe, without_credentials
from mlsupply.world import Failure, Response, World

if TYPE_CHECKING:
    from mlsupply.evidence.attestations import Verifier
    from mlsupply.evidence.provenance import Provenance

T = TypeVar("T")
U = TypeVar("U")

REMEMBERED = 30 * 86_400  # seconds for which a change of owners is reported
WORKERS = 16  # requests under way at once, to one index; as many connections are kept
_READING = allocate_lock()  # the largest answer takes ten times its size as it is read; threads are for waiting
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_INTEGRITY = "application/vnd.pypi.integrity.v1+json"

_REFUSALS = {
    401: (Reason.FORBIDDEN, ": it wants credentials"),
    403: (Reason.FORBIDDEN, ": it refuses"),
    404: (Reason.NOT_FOUND, ": it has no such thing"),
    410: (Reason.NOT_FOUND, ": it has it no more"),
    429: (Reason.TIMEOUT, ": it is asked too often"),
}


class Seen(NamedTuple):
    """What an index says of a project. at: when it said so, in seconds since 1970."""

    project: Project
    at: float


class Owners(NamedTuple):
    """Who owns a project, in the words of `Details.owners`. before: owners that an earlier run saw within `REMEMBERED`,
    where they were others; None where no such run did."""

    now: tuple[str, ...]
    before: tuple[str, ...] | None = None


class Registry:
    """One index, asked or read from what was kept of its answers. May be used from several threads. Its methods raise
    nothing for what an index answers: a `Failure` says why something is not known.

    url: of its simple API, without credentials; secret: (user, password) for it, or None.
    """

    def __init__(self, url: str, world: World, secret: tuple[str, str] | None = None) -> None:
        self.url = url
        self.world = world
        self.secret = secret
        self._whole_only = False  # it has pages of projects and none of their versions
        self._no_json = False  # it has neither
        self._had = 0  # bytes of its answers

    def about(self, name: str, version: str = "") -> Seen | Failure:
        """What the index says of a project.

        name: canonical; version: a release that the caller needs, "" for none: a page that was kept and lacks it is asked
        for again. A `Failure` of reason not-found means that the index has no such project.
        """
        page, now = self._page(name), self.world.now().timestamp()
        kept = Kept.load(self._file(page))
        if kept and is_fresh(kept.at, self.world) and (not version or kept.has(version)):
            return Seen(kept.project, kept.at)
        etag = {"If-None-Match": kept.etag} if kept and kept.etag else {}
        answer = self._get(page, {"Accept": _ACCEPT, **etag})
        if isinstance(answer, Failure):
            return answer
        if answer.status == 304 and kept:
            self._keep(page, kept._replace(at=now))
            return Seen(kept.project, now)
        with _READING:
            project = simple_page(name, answer.url, answer.headers.get("content-type", ""), answer.body)
        if project is None:
            return Failure(Reason.MALFORMED, f"{self.host} answers for {name} with neither JSON nor HTML of the simple API")
        if len(project.files) >= index_pages.MAX_FILES:  # what was cut would read as releases that are not there
            return Failure(Reason.LIMIT, f"{self.host} lists {index_pages.MAX_FILES:,} files of {name} or more")
        project = self._completed(project)
        self._keep(page, Kept(now, answer.headers.get("etag", "")[:200], project))
        return Seen(project, now)

    def has_kept(self, name: str) -> bool:
        """Whether `about` will most likely find a kept page and ask nothing."""
        try:
            return is_fresh(self._file(self._page(name)).stat().st_mtime, self.world)
        except OSError:
            return False

    def _page(self, name: str) -> str:
        return page_of(self.url, name)

    def provenance(
        self, name: str, file: IndexFile, sha256: str = "", verifier: Verifier | None = None
    ) -> Provenance | Failure:
        """Who published a file that is said to have provenance (PEP 740).

        name: canonical; sha256: what the file has to have, such as the lock's, "" for what the index says; verifier: what
        checks the signature, None to take the index's word (the publisher is then `claimed`).
        """
        from mlsupply.evidence.provenance import MAX_BYTES, kept_provenance, publisher_in, with_verdict

        if not (base := self._base()):
            return Failure(Reason.UNSUPPORTED, f"{self.host} has no address for provenance that is known")
        parts = "/".join(quote(part, safe="") for part in (name, file.version, file.filename))
        url = f"{base}/integrity/{parts}/provenance"
        path, digest = self._file(url), sha256 or file.sha256
        made_with = [verifier.label, digest] if verifier else []
        kept = kept_json(path)  # provenance of a file never changes
        provenance = kept_provenance(kept, file.filename) if kept and kept.get("made_with") == made_with else None
        if provenance is None:
            answer = self._get(url, {"Accept": _INTEGRITY}, MAX_BYTES)
            if isinstance(answer, Failure):
                return Failure(answer.reason, f"the provenance of {file.filename} could not be fetched: {answer.detail}")
            found = publisher_in(answer.body)
            if found is None:
                return Failure(Reason.MALFORMED, f"{self.host} gives no provenance that can be read for {file.filename}")
            verdict = verifier.verdict(answer.body, file.filename, digest) if verifier else None
            keep_json(path, {"publisher": found, "verdict": verdict, "made_with": made_with})
            provenance = with_verdict(found, file.filename, verdict)
        return provenance

    def details(self, name: str, version: str = "") -> Details | Failure:
        """What the index tells of a release beside its files.

        version: "" for the newest release. The small page of the version is asked for; where the index has none of those,
        which is remembered, the page of the whole project.
        """
        if not (base := self._base()):
            return Failure(Reason.UNSUPPORTED, f"{self.host} has no address for details that is known")
        page = f"{base}/pypi/{quote(name, safe='')}"
        if self._no_json:
            return Failure(Reason.NOT_FOUND, f"{self.host} has no details of releases")
        if version and not self._whole_only:
            found = self._details(f"{page}/{quote(version, safe='')}/json")
            if isinstance(found, Details) or found.reason is not Reason.NOT_FOUND:
                return found
            self._whole_only = True  # it has none for a release it lists
        found = self._details(f"{page}/json")
        self._no_json = isinstance(found, Failure) and found.reason is Reason.NOT_FOUND  # asked only of what it lists
        return found

    def owners(self, name: str, version: str = "") -> Owners | Failure | None:
        """Who owns a project, None where the index does not tell beside a release."""
        details = self._small_details(name, version)
        if details is None or isinstance(details, Failure):
            return details
        if "owners" in details.cut:
            return Failure(Reason.LIMIT, f"{self.host} names more than {MOST_OWNERS} owners of {name}")
        return None if details.owners is None else Owners(details.owners, self._owners_before(name, details.owners))

    def _small_details(self, name: str, version: str) -> Details | Failure | None:
        """From the page of the version, or from that of the project where it is at hand: to fetch the latter for its owners
        would cost more than all else together (its releases are in it, 12 MB of them for one project in use). None where
        the index has no other."""
        if not (base := self._base()) or self._no_json:
            return None
        if not self._whole_only:
            found = self._details(f"{base}/pypi/{quote(name, safe='')}/{quote(version, safe='')}/json")
            if isinstance(found, Details) or found.reason is not Reason.NOT_FOUND:
                return found
            self._whole_only = True
        kept, at, _ = self._kept_details(f"{base}/pypi/{quote(name, safe='')}/json")
        return kept if is_fresh(at, self.world) else None

    def _details(self, url: str) -> Details | Failure:
        before, at, etag = self._kept_details(url)
        if before is not None and is_fresh(at, self.world):
            return before
        answer = self._get(url, {"Accept": "application/json", **({"If-None-Match": etag} if etag else {})})
        if isinstance(answer, Failure):
            return answer
        found = before if answer.status == 304 else details_page(answer.body)
        if found is None:
            return Failure(Reason.MALFORMED, f"{self.host} gives details of a release in a form that cannot be read")
        self._keep_details(url, found, etag if answer.status == 304 else answer.headers.get("etag", "")[:200])
        return found

    def _kept_details(self, url: str) -> tuple[Details | None, float, str]:
        """(what was kept, when, its ETag)."""
        kept = kept_json(self._file(url)) or {}
        try:
            return Details.kept(kept["details"]), float(kept["at"]), str(kept["etag"])
        except (KeyError, TypeError, ValueError):
            return None, 0.0, ""

    def _keep_details(self, url: str, details: Details, etag: str) -> None:
        keep_json(self._file(url), {"details": details, "etag": etag, "at": self.world.now().timestamp()})

    def _owners_before(self, name: str, owners: tuple[str, ...]) -> tuple[str, ...] | None:
        """The owners an earlier run saw instead. A change is reported for `REMEMBERED`, not only in the run that notices
        it."""
        path, now = self._file(f"{self.url}#owners of {name}"), self.world.now().timestamp()
        kept = kept_json(path) or {}
        try:
            seen, at = tuple(str(one) for one in kept["owners"]), float(kept["at"])
            before = None if kept["before"] is None else tuple(str(one) for one in kept["before"])
        except (KeyError, TypeError, ValueError):
            seen, at, before = owners, now, None
        if seen != owners:
            at, before = now, seen
        elif kept and now - at >= REMEMBERED:
            before = None
        if seen != owners or not kept:
            keep_json(path, {"owners": owners, "before": before, "at": at})
        return before

    def licence(self, name: str, version: str) -> str | Failure:
        """What a release's metadata states (see `licence.stated`), "" where it states none: of a wheel of it (PEP 658), or
        else the index's JSON of the release. A release never changes: what was said once is kept."""
        from mlsupply.headers import headers
        from mlsupply.licence import of_headers

        path = self._file(f"{self.url}/{name}/{version}/licence")
        if (kept := kept_json(path)) is not None:
            return safe(str(kept.get("licence") or ""), 300)
        seen = self.about(name, version)
        if isinstance(seen, Failure):
            return seen
        answer = self._of_wheel(seen.project, version)
        found = of_headers(headers(answer.body)) if isinstance(answer, Response) else self._of_release(name, version)
        if not isinstance(found, Failure):
            keep_json(path, {"licence": found})
        return found

    def requirements(self, name: str, version: str) -> list[str] | Failure:
        """The Requires-Dist values of a release, as `licence` finds its licence."""
        from mlsupply.headers import headers

        seen = self.about(name, version)
        if isinstance(seen, Failure):
            return seen
        answer = self._of_wheel(seen.project, version)
        if isinstance(answer, Response):
            return list(headers(answer.body).get("requires-dist", ()))
        info = self._info(name, version)
        if isinstance(info, Failure):
            return info
        listed = info.get("requires_dist")
        return [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []

    def _of_wheel(self, project: Project, version: str) -> Response | Failure:
        """The metadata that lies beside a wheel of the release, at the address the index gives for the wheel."""
        wheels = (file.url for file in project.files if file.version == version and file.kind == "wheel" and file.url)
        url = next(wheels, "")
        if not url.startswith(("https://", "http://")):
            return Failure(Reason.NOT_FOUND, f"{self.host} has no wheel of {project.name} {version}")
        if host_of(url) == self.host:
            return self._get(f"{url}.metadata", {})
        answer = self.world.fetch(f"{url}.metadata", limit=self.world.limits.answer_bytes)  # no secrets to other hosts
        missing = isinstance(answer, Response) and answer.status != 200
        return Failure(Reason.NOT_FOUND, f"there is no metadata beside {url}") if missing else answer

    def _of_release(self, name: str, version: str) -> str | Failure:
        from mlsupply.licence import of_json

        info = self._info(name, version)
        return info if isinstance(info, Failure) else of_json(info)

    def _info(self, name: str, version: str) -> Mapping[str, Any] | Failure:
        """The metadata in the index's JSON of a release."""
        if not (base := self._base()):
            return Failure(Reason.UNSUPPORTED, f"{self.host} gives no metadata of these releases")
        url = f"{base}/pypi/{quote(name, safe='')}/{quote(version, safe='')}/json"
        answer = self._get(url, {"Accept": "application/json"})
        if isinstance(answer, Failure):
            said = f"{self.host} gives no metadata of these releases"
            return Failure(answer.reason, said) if answer.reason is Reason.NOT_FOUND else answer
        info = release_info(answer.body)
        return Failure(Reason.MALFORMED, f"{self.host} answers with no JSON of a release") if info is None else info

    @property
    def host(self) -> str:
        """Of the index, for people."""
        return host_of(self.url)

    def _completed(self, project: Project) -> Project:
        """The project with what the simple page lacks about its files, where the index has the older JSON as well."""
        if not project.files or {"times", "sizes"} <= project.offers or not (base := self._base()):
            return project
        url = f"{base}/pypi/{quote(project.name, safe='')}/json"
        answer = self._get(url, {"Accept": "application/json"})
        with _READING:
            more = project_json(project.name, answer.url, answer.body) if isinstance(answer, Response) else None
        if more is None:
            return project
        self._keep_details(url, more.details, "")
        self._whole_only = True  # what is here already need not be asked for again
        return merged(project, more)

    def _base(self) -> str:
        """The address beside which the other pages lie: that of the simple API without `/simple`."""
        base = self.url.rstrip("/")
        return base.removesuffix("/simple") if base.endswith("/simple") else ""

    def _get(self, url: str, headers: Mapping[str, str], limit: int = 0) -> Response | Failure:
        if self._had >= (most := self.world.limits.index_bytes):
            return Failure(Reason.LIMIT, f"{self.host} has answered with more than {most:,} bytes and is asked no more")
        headers = {**headers, **self.authorization(url)}
        answer = self.world.fetch(url, limit=limit or self.world.limits.answer_bytes, headers=headers)
        if isinstance(answer, Failure):
            return answer
        self._had += len(answer.body)  # several threads may count one another's away: it is a bound, not an account
        if answer.status in {200, 304}:
            return answer
        broken = (Reason.OFFLINE, ": it fails at the moment") if answer.status >= 500 else (Reason.UNSUPPORTED, "")
        reason, words = _REFUSALS.get(answer.status, broken)
        return Failure(reason, f"{self.host} answers {answer.status}{words}")

    def authorization(self, url: str) -> dict[str, str]:
        """The header with the credentials of this index, for addresses of its own scheme and host; none for others."""
        if not self.secret or urlsplit(url)[:2] != urlsplit(self.url)[:2]:
            return {}
        from base64 import b64encode

        word = b64encode(":".join(self.secret).encode()).decode()
        return {"Authorization": f"Basic {word}"}

    def _file(self, url: str) -> Path:
        return kept_at(self.world, url)

    def _keep(self, page: str, kept: Kept) -> None:
        keep_json(self._file(page), kept.to_json())


def ask_all(wanted: Iterable[tuple[Registry, str, str]]) -> Iterator[Seen | Failure]:
    """What the indexes say of each (index, name, version), in the order asked. What was kept is read as it is asked for:
    threads are for waiting, and reading in several is slower than in one."""
    marked = [(one, one[0].has_kept(one[1])) for one in wanted]
    asked = at_once(_about, [one for one, is_kept in marked if not is_kept])
    answers = chain(list(islice(asked, 1)), asked)  # with the first answer here, all of them are being asked for
    return (_about(one) if is_kept else next(answers) for one, is_kept in marked)


def _about(question: tuple[Registry, str, str]) -> Seen | Failure:
    index, name, version = question
    return index.about(name, version)


def at_once(ask: Callable[[T], U], wanted: Iterable[T]) -> Iterator[U]:
    """`ask` of each, in order; a few requests are under way at once."""
    return each(ask, wanted, WORKERS)


def secret_for(url: str, indexes: Iterable[Index], environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Credentials the user's variables hold for exactly this index: in a URL of PIP_* or UV_*, or by its name."""
    plain = url.rstrip("/")
    if urlsplit(plain).scheme != "https" and not is_loopback(host_of(plain)):
        return None
    names = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
    for word in " ".join(environ.get(name, "") for name in names).split():
        address = word if word.startswith("http") else word.partition("=")[2]
        if without_credentials(address)[0].rstrip("/") == plain and "@" in address:
            parts = urlsplit(address)
            return unquote(parts.username or ""), unquote(parts.password or "")
    for index in indexes:
        prefix = "UV_INDEX_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in index.name.upper())
        if index.name and index.url.rstrip("/") == plain and f"{prefix}_PASSWORD" in environ:
            return environ.get(f"{prefix}_USERNAME", ""), environ[f"{prefix}_PASSWORD"]
    return None
