"""The index client against indexes on loopback that answer as each kind does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mlsupply.evidence.index_details import MOST_LINKS, MOST_OWNERS, Details, details_page
from mlsupply.evidence.index_pages import IndexFile, simple_page, version_in
from mlsupply.evidence.provenance import Provenance, Publisher, Standing
from mlsupply.evidence.registry import Owners, Registry, Seen, ask_all, secret_for
from mlsupply.model import Index, Place, Reason
from mlsupply.world import Failure, Limits, World
from tests.conftest import NOW
from tests.loopback_index import LoopbackIndex, provenance

SHA = "a" * 64


@pytest.fixture(params=["pypi", "mirror", "plain"])
def index(request: pytest.FixtureRequest) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(request.param) as index:
        index.add("demo", "1.0", kinds=["wheel", "sdist"], uploaded="2025-05-01T10:00:00Z")
        index.add("demo", "1.1", uploaded="2026-03-01T10:00:00Z", yanked="broken & <odd>")
        index.project("demo").ownership = {"organization": None, "roles": [{"role": "Owner", "user": "ann"}]}
        yield index


def seen(found: Seen | Failure) -> Seen:
    assert isinstance(found, Seen), found
    return found


def test_each_kind_of_index_tells_what_it_has_and_says_what_it_has_not(index: LoopbackIndex, online: World) -> None:
    project = seen(Registry(index.simple, online).about("demo")).project
    files = {file.filename: file for file in project.files}
    assert set(files) == {"demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-1.1-py3-none-any.whl"}
    assert [(file.kind, file.version) for file in project.files] == [("wheel", "1.0"), ("sdist", "1.0"), ("wheel", "1.1")]
    yanked = files["demo-1.1-py3-none-any.whl"]
    assert (yanked.yanked, files["demo-1.0.tar.gz"].yanked) == ("broken & <odd>", None)
    assert yanked.sha256 == index.projects["demo"].files[2].sha256
    offers = {
        "pypi": {"yanks", "times", "sizes", "status", "provenance"},
        "mirror": {"yanks", "times", "sizes", "owners", "links"},
        "plain": {"yanks"},
    }
    assert project.offers == offers[index.kind]
    if index.kind != "plain":
        assert yanked.uploaded == "2026-03-01T10:00:00Z"
        assert yanked.size > 0
    assert yanked.attested is (False if index.kind == "pypi" else None)
    assert f"/pypi/demo/{yanked.version}/json" not in index.asked


def test_an_index_that_answers_without_measure_is_asked_no_more(index: LoopbackIndex, online: World) -> None:
    """Each answer keeps to its limit; a lock may name thousands of packages of an index that makes the most of it."""
    for number in range(9):
        index.add(f"lib-{number}", "1.0")
    registry = Registry(index.simple, replace(online, limits=Limits(index_bytes=1_000)))
    answers = [registry.about(f"lib-{number}") for number in range(9)]
    assert isinstance(answers[0], Seen)
    assert isinstance(answers[-1], Failure)
    assert answers[-1].reason is Reason.LIMIT
    assert "more than 1,000 bytes and is asked no more" in answers[-1].detail
    assert "/simple/lib-8/" not in index.asked


def test_a_project_that_is_not_there_is_told_from_an_index_that_does_not_answer(index: LoopbackIndex, online: World) -> None:
    registry = Registry(index.simple, online)
    missing = registry.about("nobody")
    assert isinstance(missing, Failure)
    assert missing.reason is Reason.NOT_FOUND
    index.broken["/simple/demo/"] = 500
    broken = registry.about("demo")
    assert isinstance(broken, Failure)
    assert broken.reason is Reason.OFFLINE, "what fails may answer later: nobody's input leaves it open"
    assert broken.detail.endswith("answers 500: it fails at the moment")


def test_facts_are_kept_for_some_hours_and_a_new_version_is_asked_for(index: LoopbackIndex, online: World) -> None:
    registry = Registry(index.simple, online)
    registry.about("demo", "1.1")
    first = len(index.asked)
    seen(Registry(index.simple, online).about("demo", "1.1"))
    assert len(index.asked) == first
    index.add("demo", "1.2", uploaded="2026-03-24T10:00:00Z")
    assert any(file.version == "1.2" for file in seen(registry.about("demo", "1.2")).project.files)
    assert len(index.asked) > first


def test_after_some_hours_the_index_is_asked_again_by_etag(online: World) -> None:
    with LoopbackIndex("pypi") as index:
        index.add("demo", "1.0")
        Registry(index.simple, online).about("demo")
        later = replace(online, now=lambda: NOW + timedelta(hours=7))
        assert len(seen(Registry(index.simple, later).about("demo")).project.files) == 1
        assert "If-None-Match" in index.headers_seen[-1]
        assert len(index.asked) == 2
        seen(Registry(index.simple, later).about("demo"))
        assert len(index.asked) == 2


def test_a_damaged_cache_costs_a_request_and_nothing_else(index: LoopbackIndex, online: World) -> None:
    registry = Registry(index.simple, online)
    before = seen(registry.about("demo")).project
    for damage in (b"", b"[]", b'{"version": 1}', b'{"version": 1, "files": [[1]]}'):
        for path in (online.cache / "registry").iterdir():
            path.write_bytes(damage)
        assert seen(registry.about("demo")).project == before


def days_later(world: World, days: float) -> World:
    return replace(world, now=lambda: NOW + timedelta(days=days))


ANN = {"organization": None, "roles": [{"role": "Owner", "user": "ann"}]}
ACME = {"organization": "acme", "roles": []}


@pytest.mark.parametrize("kind", ["pypi", "mirror"])
def test_owners_are_held_against_what_an_earlier_run_saw_and_a_change_is_told_for_a_month(kind: str, online: World) -> None:
    with LoopbackIndex(kind) as index:
        index.add("demo", "1.0")

        def told(days: float) -> Owners | Failure | None:
            registry = Registry(index.simple, days_later(online, days))
            registry.about("demo", "1.0")
            return registry.owners("demo", "1.0")

        index.project("demo").ownership = ANN
        assert told(0) == Owners(("Owner:ann",))
        assert told(1) == Owners(("Owner:ann",))
        index.project("demo").ownership = ACME
        assert told(2) == Owners(("organization:acme",), ("Owner:ann",))
        assert told(2) == Owners(("organization:acme",), ("Owner:ann",))
        assert told(31) == Owners(("organization:acme",), ("Owner:ann",))
        assert told(33) == Owners(("organization:acme",))
        index.project("demo").ownership = ANN
        assert told(34) == Owners(("Owner:ann",), ("organization:acme",))


def test_more_owners_or_links_than_are_kept_are_told_from_all_of_them(online: World) -> None:
    many = [{"role": "Owner", "user": f"user-{number}"} for number in range(MOST_OWNERS + 1)]
    links = {f"link {number}": f"https://git.example/acme/{number}" for number in range(MOST_LINKS + 1)}
    with LoopbackIndex("pypi") as index:
        index.add("demo", "1.0")
        index.project("demo").ownership = {"organization": None, "roles": many[:-1]}
        index.project("demo").info = {"project_urls": dict([*links.items()][:-1])}
        whole = Registry(index.simple, online)
        assert isinstance(whole.owners("demo", "1.0"), Owners)
        details = whole.details("demo", "1.0")
        assert isinstance(details, Details)
        assert (len(details.links), details.cut) == (MOST_LINKS, ())
        index.project("demo").ownership = {"organization": None, "roles": many}
        index.project("demo").info = {"project_urls": links}
        later = Registry(index.simple, days_later(online, 2))
        owners = later.owners("demo", "1.0")
        assert isinstance(owners, Failure), "whom a change added cannot be told"
        assert owners.detail.endswith("names more than 200 owners of demo")
        for details in (later.details("demo", "1.0"), later.details("demo", "1.0")):  # the second time from disk
            assert isinstance(details, Details)
            assert (len(details.links), details.cut) == (MOST_LINKS, ("owners", "links"))


def test_owners_are_asked_on_the_small_page_of_the_version_by_etag(online: World) -> None:
    with LoopbackIndex("pypi") as index:
        index.add("demo", "1.0")
        index.project("demo").ownership = ANN
        Registry(index.simple, online).owners("demo", "1.0")
        Registry(index.simple, days_later(online, 1)).owners("demo", "1.0")
        assert index.asked == ["/pypi/demo/1.0/json"] * 2
        assert "If-None-Match" in index.headers_seen[-1]


def test_pages_of_whole_projects_are_not_fetched_for_their_owners_but_serve_where_they_are_at_hand(online: World) -> None:
    with LoopbackIndex("mirror") as index:
        registry = Registry(index.simple, online)
        for name in ("one", "two", "three"):
            index.add(name, "1.0")
            index.project(name).ownership = ANN
            assert registry.owners(name, "1.0") is None
        assert index.asked == ["/pypi/one/1.0/json"]
        assert isinstance(registry.details("two", "1.0"), Details)
        assert registry.owners("two", "1.0") == Owners(("Owner:ann",))
        assert [path for path in index.asked if path.endswith("/1.0/json")] == ["/pypi/one/1.0/json"]


def test_an_index_that_tells_no_owners_is_told_from_one_that_does_not_answer(online: World) -> None:
    with LoopbackIndex("plain") as index:
        index.add("demo", "1.0")
        index.add("other", "1.0")
        registry = Registry(index.simple, online)
        assert [registry.owners(name, "1.0") for name in ("demo", "other")] == [None, None]
        assert index.asked == ["/pypi/demo/1.0/json"]
        missing = registry.details("demo", "1.0")
        assert isinstance(missing, Failure)
        assert missing.reason is Reason.NOT_FOUND
        registry.details("other")
        assert index.asked == ["/pypi/demo/1.0/json", "/pypi/demo/json"]
        index.broken["/pypi/demo/1.0/json"] = 500
        assert isinstance(Registry(index.simple, online).owners("demo", "1.0"), Failure)
    elsewhere = Registry("https://index.example/repository/team", online)
    assert elsewhere.owners("demo", "1.0") is None


def test_the_details_of_a_release_carry_its_licence_as_stated(online: World) -> None:
    with LoopbackIndex("pypi") as index:
        index.add("demo", "1.0")
        index.project("demo").info = {
            "license_expression": "Apache-2.0",
            "license": None,
            "classifiers": ["License :: OSI Approved :: MIT License", 7],
            "project_urls": {"Source": "https://user:secret@git.example/acme/demo", "Odd": 3},
            "summary": "A demo\x1b[31m",
        }
        found = Registry(index.simple, online).details("demo", "1.0")
    assert isinstance(found, Details)
    assert (found.version, found.cut) == ("1.0", ())
    assert found.links == ("https://git.example/acme/demo",)
    assert found.summary.isprintable()
    kept = Registry(index.simple, online).details("demo", "1.0")
    assert kept == found


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"info": 3}', b"[" * 99_999, b'{"info": {"classifiers": 3, "project_urls": []}}']
)
def test_details_in_any_other_form_are_none_or_empty(body: bytes) -> None:
    found = details_page(body)
    assert found is None or (found.owners, found.links, found.cut) == (None, (), ())


def test_the_status_of_a_project_is_read_in_both_spellings_and_from_html() -> None:
    def status(body: bytes, kind: str) -> tuple[str, str]:
        project = simple_page("demo", "https://index.example/simple/demo/", kind, body)
        assert project is not None
        assert "status" in project.offers
        return project.status, project.status_reason

    plain = {"meta": {"api-version": "1.4"}, "files": [], "project-status": "Quarantined"}
    mapping = {"meta": {"api-version": "1.4"}, "files": [], "project-status": {"status": "quarantined", "reason": "malware"}}
    assert status(json.dumps(plain).encode(), "application/vnd.pypi.simple.v1+json") == ("quarantined", "")
    assert status(json.dumps(mapping).encode(), "application/vnd.pypi.simple.v1+json; charset=x") == (
        "quarantined",
        "malware",
    )
    page = (
        b"<META name='pypi:project-status' content=archived><meta name='pypi:project-status-reason' content='no &amp; time'>"
    )
    assert status(page, "text/html; charset=utf-8") == ("archived", "no & time")


def test_the_content_type_of_the_answer_decides_not_what_was_asked_for(online: World) -> None:
    with LoopbackIndex("plain") as index:
        index.add("demo", "1.0")
        assert len(seen(Registry(index.simple, online).about("demo")).project.files) == 1
        assert "vnd.pypi.simple" in index.headers_seen[0]["Accept"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[" * 100_000, "application/vnd.pypi.simple.v1+json"),
        (b'{"files": {}}', "application/vnd.pypi.simple.v1+json"),
        (b"null", "application/json"),
        (b"login", "text/plain"),
        (b"<html><h1>Guest network</h1><a href='/login?next=demo'>Log in</a></html>", "text/html"),
        (b"<html>Sign in</html>", "text/html; charset=utf-8"),
    ],
)
def test_a_page_that_is_none_is_said_to_be_none(body: bytes, kind: str) -> None:
    assert simple_page("demo", "https://index.example/simple/demo/", kind, body) is None


@pytest.mark.parametrize("page", [b"<h1>Links for demo</h1>", b'<meta name="pypi:repository-version" content="1.3">'])
def test_a_page_without_files_that_is_one_of_an_index_is_a_project_without_releases(page: bytes) -> None:
    project = simple_page("demo", "https://index.example/simple/demo/", "text/html", page)
    assert project is not None
    assert project.files == ()


@pytest.mark.parametrize(
    "page",
    [
        b"<a href=" * 200_000,
        b'<a href="' * 200_000,
        b"<a " + b"x=y " * 200_000,
        b"<" * 1_000_000,
        b'<a href="https://[::1/x.whl">x</a>',
        b'<a href="demo-1.0.tar.gz" data-yanked="\x1b[31m\xe2\x80\xaered" data-upload-time="yesterday">x</a>',
        b'{"files": [{"filename": 3}, null, {"filename": "demo-1.0.tar.gz", "size": -4, "hashes": [], "yanked": {}}]}',
    ],
)
def test_hostile_pages_end_soon_and_carry_no_control_characters(page: bytes) -> None:
    for kind in ("text/html", "application/vnd.pypi.simple.v1+json"):
        project = simple_page("demo", "https://index.example/simple/demo/", kind, page)
        for file in project.files if project else ():
            assert all(str(value).isprintable() for value in file)
            assert file.uploaded == ""


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("demo_lib-1.0-py3-none-any.whl", ("wheel", "1.0")),
        ("demo_lib-1.0-1-cp312-cp312-linux_x86_64.whl", ("wheel", "1.0")),
        ("demo-lib-1.0.post1.tar.gz", ("sdist", "1.0.post1")),
        ("Demo.Lib-2.0.zip", ("sdist", "2.0")),
        ("demo_lib-1.0-py3.8.egg", ("other", "1.0")),
        ("something-else-1.0.tar.gz", ("sdist", "")),
        ("nonsense.whl", ("wheel", "")),
    ],
)
def test_the_version_stands_in_the_name_of_a_file(filename: str, expected: tuple[str, str]) -> None:
    assert version_in(filename, "demo-lib") == expected


def test_provenance_names_its_publisher_as_claimed_and_is_asked_for_once(online: World) -> None:
    with LoopbackIndex("pypi") as index:
        index.add("demo", "1.0", provenance=provenance(repository="acme/demo"))
        index.add("demo", "0.9")
        registry = Registry(index.simple, online)
        new, old = seen(registry.about("demo")).project.files
        assert (new.attested, old.attested) == (True, False)
        claimed = Provenance(Publisher("GitHub", "acme/demo", "release.yml"), Standing.CLAIMED, new.filename)
        assert registry.provenance("demo", new) == claimed
        count = len(index.asked)
        assert registry.provenance("demo", new) == claimed
        assert len(index.asked) == count
        missing = registry.provenance("demo", old)
        assert isinstance(missing, Failure)
        assert missing.reason is Reason.NOT_FOUND


@pytest.mark.parametrize("answer", [{}, {"attestation_bundles": []}, {"attestation_bundles": [{"publisher": {}}]}])
def test_provenance_that_names_nobody_is_a_failure_and_is_not_kept(answer: dict[str, object], online: World) -> None:
    with LoopbackIndex("pypi") as index:
        (file,) = index.add("demo", "1.0", provenance=answer)
        registry = Registry(index.simple, online)
        (page,) = seen(registry.about("demo")).project.files
        found = registry.provenance("demo", page)
        assert isinstance(found, Failure)
        assert found.reason is Reason.MALFORMED
        file.provenance = provenance(repository="acme/demo")
        assert isinstance(registry.provenance("demo", page), Provenance)


def test_an_index_at_an_address_of_its_own_is_asked_for_nothing_beside_it(online: World) -> None:
    registry = Registry("https://index.example/repository/team", online)
    found = registry.provenance("demo", IndexFile("demo-1.0.tar.gz", "1.0", "sdist", attested=True))
    assert isinstance(found, Failure)
    assert found.reason is Reason.UNSUPPORTED


def test_many_are_asked_at_once_and_answered_in_order(online: World) -> None:
    with LoopbackIndex("pypi") as index:
        names = [f"demo{number}" for number in range(30)]
        for name in names:
            index.add(name, "1.0")
        registry = Registry(index.simple, online)
        found = [seen(one).project.name for one in ask_all((registry, name, "1.0") for name in names)]
    assert found == names


def test_what_was_kept_is_answered_in_its_turn_and_not_asked_for_again(online: World) -> None:
    """Also where a file only looks like a kept page."""
    online = replace(online, now=lambda: datetime.now(UTC))
    with LoopbackIndex("plain") as index:
        names = [f"demo{number}" for number in range(12)]
        for name in names:
            index.add(name, "1.0")
        registry = Registry(index.simple, online)
        kept = names[1::3]
        for name in kept:
            seen(registry.about(name))
        next((online.cache / "registry").iterdir()).write_text("{")
        assert [registry.has_kept(name) for name in names] == [name in kept for name in names]
        index.asked.clear()
        found = [seen(one).project.name for one in ask_all((registry, name, "") for name in names)]
        assert len([path for path in index.asked if path.startswith("/simple/")]) == len(names) - len(kept) + 1
    assert found == names


def test_credentials_go_to_the_index_they_were_given_for(online: World) -> None:
    with LoopbackIndex("pypi", credentials=("build", "hunter2")) as index:
        index.add("inner", "1.0")
        refused = Registry(index.simple, online).about("inner")
        assert isinstance(refused, Failure)
        assert refused.reason is Reason.FORBIDDEN
        url = index.simple.replace("http://", "http://build:hunter2@")
        secret = secret_for(index.simple, (), {"PIP_INDEX_URL": url})
        assert secret == ("build", "hunter2")
        seen(Registry(index.simple, online, secret).about("inner"))
    named = (Index(url="https://corp.example/simple", role="explicit", name="corp-1", place=Place("pyproject.toml")),)
    environ = {"UV_INDEX_CORP_1_USERNAME": "build", "UV_INDEX_CORP_1_PASSWORD": "hunter2", "PIP_INDEX_URL": url}
    assert secret_for("https://corp.example/simple/", named, environ) == ("build", "hunter2")
    assert secret_for("https://other.example/simple", named, environ) is None
    assert secret_for("http://corp.example/simple", named, environ) is None


@pytest.mark.parametrize(
    ("given", "asked", "secret"),
    [
        ("https://build:hunter2@corp.example/simple", "https://corp.example/simple/", ("build", "hunter2")),
        ("corp=https://build:h%40nter2@corp.example/simple", "https://corp.example/simple", ("build", "h@nter2")),
        ("https://build:hunter2@corp.example/simple", "https://corp.example/other/simple", None),
        ("https://build:hunter2@corp.example/simple", "https://corp.example.evil.example/simple", None),
        ("http://build:hunter2@corp.example/simple", "http://corp.example/simple", None),  # readable on the way
        ("https://corp.example/simple", "https://corp.example/simple", None),
    ],
)
def test_credentials_in_a_variable_are_for_that_address_alone(
    given: str, asked: str, secret: tuple[str, str] | None
) -> None:
    assert secret_for(asked, (), {"UV_INDEX": f"https://index.example/simple {given}"}) == secret


@pytest.mark.parametrize("kind", ["pypi", "plain"])
def test_a_project_of_more_files_than_are_read_is_not_told_by_the_first_of_them(
    kind: str, online: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlsupply.evidence.index_pages.MAX_FILES", 3)
    with LoopbackIndex(kind) as index:
        for version in ("1.0", "2.0", "3.0", "4.0"):
            index.add("demo", version)
        index.add("few", "1.0")
        registry = Registry(index.simple, online)
        refused, read = registry.about("demo", "4.0"), registry.about("few")
    assert isinstance(refused, Failure)
    assert (refused.reason, "lists 3 files of demo or more" in refused.detail) == (Reason.LIMIT, True)
    assert isinstance(read, Seen)
