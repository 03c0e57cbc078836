"""Names and credentials stay with the index they belong to, whoever requires them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

import pytest

from mlsupply.audit import run
from mlsupply.fetch import LiveFetch
from mlsupply.inventory import gate, gather
from mlsupply.inventory.homes import Homes
from mlsupply.inventory.index_settings import Asked, Settings
from mlsupply.inventory.indexes import from_their_indexes
from mlsupply.inventory.resolver import resolve
from mlsupply.model import Index, Place, Reason
from mlsupply.request import Request
from mlsupply.world import World
from tests.loopback_index import LoopbackIndex
from tests.memory import by_name
from tests.resolving import inventory, versions


def test_credentials_of_an_index_line_reach_the_index_and_nothing_else(world: World) -> None:
    with LoopbackIndex(credentials=("build", "hunter2/§")) as index:
        index.add("app", "1.0")
        index.add("inner", "1.0", kinds=["sdist"])
        line = index.simple.replace("http://", "http://build:hunter2%2F%C2%A7@")
        (world.tree.root / "requirements.txt").write_text(f"--index-url {line}\napp\n", encoding="utf-8")
        listed = Index(url=index.simple, role="primary", had_credentials=True, place=Place("requirements.txt", 1))
        found = resolve(replace(inventory("app", "inner"), indexes=(listed,)), Request(), world)
    assert versions(found) == {"app": "1.0"}
    assert "hunter2" not in repr(found)
    assert not [path for path in world.cache.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]


def test_an_index_that_wants_credentials_says_so(world: World) -> None:
    with LoopbackIndex(credentials=("build", "hunter2")) as index:
        found = resolve(inventory("app"), Request(index_url=index.simple), world)
    assert [gap.reason for gap in found.gaps] == [Reason.FORBIDDEN]
    assert "credentials" in found.gaps[0].detail


def test_credentials_come_from_the_variables_of_a_named_index(world: World) -> None:
    with LoopbackIndex(credentials=("build", "hunter2")) as index, LoopbackIndex() as public:
        index.add("inner", "1.0")
        public.add("inner", "9.0")
        public.add("lib", "2.0")
        listed = (
            Index(url=index.simple, role="explicit", name="corp", packages=("inner",), place=Place("pyproject.toml", 4)),
            Index(url=public.simple, role="primary", place=Place("pyproject.toml", 8)),
        )
        environ = {"UV_INDEX_CORP_USERNAME": "build", "UV_INDEX_CORP_PASSWORD": "hunter2"}
        found = resolve(replace(inventory("inner", "lib"), indexes=listed), Request(), replace(world, environ=environ))
    assert versions(found) == {"inner": "1.0", "lib": "2.0"}
    assert "inner" not in str(public.asked)


_HOMELESS = {"gone": "http://127.0.0.1:9/simple", "unwritten": "https://index.example/${TEAM}/simple"}


@pytest.mark.parametrize("url", _HOMELESS.values(), ids=_HOMELESS)
def test_what_is_pinned_to_an_index_that_is_not_asked_is_taken_from_no_other(url: str, world: World) -> None:
    """The public index may have a stranger's project of that name, and should not learn the name either."""
    with LoopbackIndex() as public:
        public.add("inner", "99.0")
        public.add("lib", "2.0", requires=["deep-inner"])
        public.add("deep-inner", "99.0")
        listed = (
            Index(url=url, role="explicit", name="corp", packages=("inner", "deep-inner"), place=Place("pyproject.toml", 4)),
            Index(url=public.simple, role="primary", place=Place("pyproject.toml", 8)),
        )
        asking = replace(inventory("inner==1.0", "lib"), indexes=listed)
        found = resolve(from_their_indexes(asking), Request(), world)
        assert not any("/inner" in path for path in map(str, public.asked))
    assert versions(found)["inner"] == "1.0"
    assert versions(found)["lib"] == "2.0"
    assert any("not audited: inner==1.0 (its index" in gap.detail for gap in found.gaps)
    assert not found.complete


def test_a_name_the_user_calls_private_is_resolved_at_its_own_index_alone(world: World) -> None:
    with LoopbackIndex() as corp, LoopbackIndex() as public:
        corp.add("acme-core", "1.0", requires=["lib"])
        public.add("acme-core", "99.0")
        public.add("lib", "2.0")
        listed = (Index(url=public.simple, role="primary", place=Place("requirements.txt", 1)),)
        request = Request(settings={"index": {"private": {"acme-*": corp.simple}}})
        found = resolve(replace(inventory("acme-core", "lib"), indexes=listed), request, world)
        assert "acme-core" not in str(public.asked)
    assert versions(found) == {"acme-core": "1.0", "lib": "2.0"}
    assert {package.source.url for package in found.packages if package.name == "acme-core"} == {corp.simple}


class Company:
    """An index of its own, whose packages require each other, beside a public one where strangers took their names."""

    def __init__(self, corp: LoopbackIndex, public: LoopbackIndex) -> None:
        self.corp, self.public = corp, public
        corp.add("acme-core", "1.0", requires=["lib", "acme-deep>=1; sys_platform == 'win32'"], extras={"gpu": ["acme-gpu"]})
        corp.add("acme-deep", "1.0")
        corp.add("acme-gpu", "1.0", requires=["lib"])
        for name in ("acme-core", "acme-deep", "acme-gpu"):
            public.add(name, "99.0")
        public.add("lib", "2.0")
        public.add("uses-ours", "2.0", requires=["acme-deep"])

    @property
    def private(self) -> Request:
        return Request(settings={"index": {"private": {"acme-*": self.corp.simple}}})

    @property
    def primary(self) -> Index:
        return Index(url=self.public.simple, role="primary", place=Place("requirements.txt", 1))


@pytest.fixture
def company() -> Iterator[Company]:
    with LoopbackIndex() as corp, LoopbackIndex() as public:
        yield Company(corp, public)


def nobody_learned(public: LoopbackIndex) -> bool:
    return bool(public.asked) and "acme" not in str(public.asked)


def test_a_private_name_that_a_package_requires_is_asked_of_its_own_index_alone(company: Company, world: World) -> None:
    asking = replace(inventory("acme-core[gpu]", "lib"), indexes=(company.primary,))
    found = resolve(asking, company.private, world)
    assert nobody_learned(company.public)
    assert found.complete
    assert versions(found) == {"acme-core": "1.0", "acme-deep": "1.0", "acme-gpu": "1.0", "lib": "2.0"}
    packages = by_name(found)
    corp = company.corp.simple
    assert {package.source.url for package in found.packages if package.name != "lib"} == {corp}
    assert packages["lib"].source.url == company.public.simple
    assert packages["acme-deep"].artifacts[0].url.startswith(company.corp.url)
    assert [edge.name for edge in packages["acme-core"].requires if "win32" in edge.marker] == ["acme-deep"]


def test_a_private_name_that_a_public_package_requires_is_asked_of_its_own_index_alone(
    company: Company, world: World
) -> None:
    """Also where an extra index is compared with the primary one, as pip does."""
    with LoopbackIndex("mirror") as extra:
        extra.add("acme-deep", "50.0")
        extra.add("lib", "1.0")
        indexes = (company.primary, Index(url=extra.simple, role="extra", place=Place("requirements.txt", 2)))
        found = resolve(replace(inventory("uses-ours", "lib"), indexes=indexes), company.private, world)
        assert nobody_learned(company.public)
        assert nobody_learned(extra)
    assert versions(found) == {"uses-ours": "2.0", "acme-deep": "1.0", "lib": "2.0"}


def test_a_pin_of_a_name_that_only_a_package_requires_holds(company: Company, world: World) -> None:
    pin = Index(url=company.corp.simple, role="explicit", name="corp", packages=("acme-deep",), place=Place("uv.toml", 4))
    found = resolve(replace(inventory("uses-ours"), indexes=(company.primary, pin)), Request(), world)
    assert nobody_learned(company.public)
    assert versions(found) == {"uses-ours": "2.0", "acme-deep": "1.0"}


def test_credentials_go_to_the_index_they_are_of_where_names_are_kept_apart(world: World) -> None:
    with LoopbackIndex(credentials=("build", "corp-word")) as corp, LoopbackIndex(credentials=("me", "word")) as public:
        company = Company(corp, public)
        indexes = (
            Index(url=public.simple, role="primary", name="all", place=Place("pyproject.toml", 4)),
            Index(url=corp.simple, role="explicit", name="corp", place=Place("pyproject.toml", 8)),
        )
        environ = {"UV_INDEX_CORP_USERNAME": "build", "UV_INDEX_CORP_PASSWORD": "corp-word"}
        environ |= {"UV_INDEX_ALL_USERNAME": "me", "UV_INDEX_ALL_PASSWORD": "word"}
        asking = replace(inventory("acme-core"), indexes=indexes)
        found = resolve(asking, company.private, replace(world, environ=environ))
        assert nobody_learned(public)
        assert len({headers.get("Authorization") for headers in public.headers_seen} - {None}) == 1
        assert len({headers.get("Authorization") for headers in corp.headers_seen} - {None}) == 1
    assert versions(found) == {"acme-core": "1.0", "acme-deep": "1.0", "lib": "2.0"}


@pytest.mark.parametrize("home", ["corp.example", "http://127.0.0.1:9/simple"], ids=["a host alone", "no answer"])
def test_a_private_name_whose_index_cannot_be_asked_is_a_gap_also_where_a_package_requires_it(
    home: str, company: Company, world: World
) -> None:
    request = Request(settings={"index": {"private": {"acme-*": home}}})
    found = resolve(replace(inventory("uses-ours==2.0", "lib"), indexes=(company.primary,)), request, world)
    assert nobody_learned(company.public)
    assert versions(found) == {"uses-ours": "2.0", "lib": "2.0"}
    assert any("not audited: acme-deep" in gap.detail and home in gap.detail for gap in found.gaps), found.gaps
    assert not found.complete


@pytest.mark.parametrize("status", [404, 403])
def test_a_private_name_its_index_does_not_give_is_asked_of_no_other(status: int, company: Company, world: World) -> None:
    company.corp.broken["/simple/acme-deep/"] = status
    found = resolve(replace(inventory("uses-ours", "lib"), indexes=(company.primary,)), company.private, world)
    assert nobody_learned(company.public)
    assert versions(found) == {"uses-ours": "2.0", "lib": "2.0"}
    (gap,) = found.gaps
    assert gap.detail.startswith(
        f"not resolved, so what it needs is not audited: acme-deep (its index {company.corp.simple}"
    )
    assert "no other is asked" in gap.detail


def test_a_proxy_is_not_asked_about_loopback(company: Company, world: World) -> None:
    dead = {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9", "NO_PROXY": "corp.example"}
    asking = replace(inventory("acme-core"), indexes=(company.primary,))
    found = resolve(asking, company.private, replace(world, environ=dead))
    assert versions(found) == {"acme-core": "1.0", "acme-deep": "1.0", "lib": "2.0"}


def test_where_no_port_can_be_had_nothing_is_asked(company: Company, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> NoReturn:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(gate, "Gate", refused)
    found = resolve(replace(inventory("acme-core==1.0"), indexes=(company.primary,)), company.private, world)
    assert company.public.asked == []
    assert versions(found) == {"acme-core": "1.0"}
    assert "no loopback port is free" in found.gaps[0].detail
    assert "Operation not permitted" in found.gaps[0].detail


def test_the_newest_release_of_a_private_name_that_would_be_built_is_asked_of_its_own_index(
    company: Company, world: World
) -> None:
    company.corp.add("acme-built", "3.0", kinds=["sdist"])
    asking = replace(inventory("acme-built", "lib"), indexes=(company.primary,))
    found = resolve(asking, company.private, replace(world, fetch=LiveFetch({})))
    assert nobody_learned(company.public)
    assert versions(found) == {"acme-built": "3.0", "lib": "2.0"}


def test_files_named_relative_to_a_page_are_those_of_its_index(
    company: Company, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LoopbackIndex, "file_url", lambda self, file: f"../../files/{file.filename}")
    company.corp.kind = company.public.kind = "plain"
    found = resolve(replace(inventory("acme-core"), indexes=(company.primary,)), company.private, world)
    assert {p.name: p.artifacts[0].url.rpartition("/files")[0] for p in found.packages} == {
        "acme-core": company.corp.url,
        "acme-deep": company.corp.url,
        "lib": company.public.url,
    }


def test_what_is_resolved_at_its_own_index_and_could_come_from_another_is_found(company: Company, world: World) -> None:
    """mlsupply asks the right index; pip and uv, given this file, would ask the public one."""
    manifest = world.tree.root / "requirements.txt"
    request = replace(company.private, subjects=(str(world.tree.root),), checks=("index",))
    manifest.write_text(f"--index-url {company.public.simple}\nacme-core\nlib\n", encoding="utf-8")
    astray = [f for f in run(request, replace(world, resolving=True)).findings if f.id == "MLS-I014"]
    assert nobody_learned(company.public)
    assert sorted(f.package.name for f in astray if f.package) == ["acme-core", "acme-deep"]
    assert all(company.public.simple in f.message for f in astray)
    manifest.write_text(f"--index-url {company.corp.simple}\nacme-core\n", encoding="utf-8")
    assert "MLS-I014" not in {f.id for f in run(request, replace(world, resolving=True)).findings}


def test_indexes_past_the_limit_are_said_to_be_left_out(company: Company, world: World) -> None:
    more = (Index(url=f"http://127.0.0.1:9/{n}", role="explicit", place=Place("uv.toml", n)) for n in range(60))
    found = resolve(replace(inventory("lib"), indexes=(company.primary, *more)), Request(), world)
    assert versions(found) == {"lib": "2.0"}
    (gap,) = found.gaps
    assert gap.reason is Reason.LIMIT
    assert "more than 40 indexes are named: those after http://127.0.0.1:9/38 were left out" in gap.detail


def test_two_inputs_of_the_same_indexes_are_resolved_side_by_side(company: Company, world: World) -> None:
    for name in ("one", "two"):
        (world.tree.root / name).mkdir()
        text = f"--index-url {company.public.simple}\nacme-core\n"
        (world.tree.root / name / "requirements.txt").write_text(text, encoding="utf-8")
    found = gather(replace(company.private, subjects=(".",)), replace(world, resolving=True))
    assert [versions(one)["acme-deep"] for one in found] == ["1.0", "1.0"]
    assert nobody_learned(company.public)


def test_the_gate_leads_nowhere_but_to_names_at_indexes_of_the_run(company: Company) -> None:
    corp, public = company.corp.simple, company.public.simple
    settings = Settings(indexes=(Asked(public, "primary", "all"), Asked(corp, "explicit", "corp", ("pinned",))))
    elsewhere = replace(company.private, settings={"index": {"private": {"acme-*": "corp.example"}}})
    homes = Homes(elsewhere, {"pinned": corp}, {"corp.example": "corp.example"})
    with gate.opened(settings, homes) as (shown, opened):
        assert [index.role for index in shown.indexes] == ["primary", "explicit", "explicit"]
        assert shown.indexes[0].url == f"{opened.url}/0"
        for path, target in {
            "/0/lib/": f"{public}/lib/",
            "/0/pinned/": f"{corp}/pinned/",
            "/0/acme-core/": "",  # its index cannot be asked
            "/1/lib/": "",
            "/0/lib": "",
            "/0/../lib/": "",
            "/0/lib/json": "",
            "/0/lib%0d%0aX: y/": "",
        }.items():
            assert opened.leads_to(path) == target, path
        entry = f'name = "pinned"\nversion = "1.0"\nsource = {{ registry = "{opened.url}/0" }}\n'
        assert opened.undone(entry) == entry.replace(f"{opened.url}/0", corp)
        assert opened.undone(f"error: Failed to fetch: {opened.url}/0/lib/") == f"error: Failed to fetch: {public}/lib/"
