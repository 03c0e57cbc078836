"""Where to go: the smallest release that clears every flaw, exists, is not yanked, suits the project and its parents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources

from jsonschema import Draft202012Validator
from packaging.version import Version

from mlsupply.advisories.fixes import Fix, Release, Room, best_fix
from mlsupply.advisories.matching import asked
from mlsupply.evidence.advisory_check import judge
from mlsupply.evidence.requirements import MOST
from mlsupply.model import Checked, Coordinate, Edge, Finding, Inventory, Package
from mlsupply.project import merge
from mlsupply.report.json_ import render
from mlsupply.report.view import view_of
from mlsupply.request import Request, Targets
from mlsupply.upgrade import Blocker
from mlsupply.world import PUBLIC_INDEX, Failure, Response, World
from tests.advisory_data import findings, fixed, record, rows_of, up_to
from tests.conftest import RecordedFetch
from tests.golden import REPORT

TWO = [record("TEST-1", events=fixed("1.2")), record("TEST-2", events=[*fixed("1.4"), *fixed("1.6", "1.5")])]


def _fix(version: str, room: Room, *records: object) -> Fix:
    return best_fix(rows_of(records or TWO)["demo"], asked(version), room)


def test_by_advisory_data_alone_it_is_the_smallest_fixed_version_that_is_clean() -> None:
    assert _fix("1.0", Room()) == Fix("1.4", checked=False)


def test_a_parent_from_two_indexes_is_named_once_among_those_nothing_is_known_of() -> None:
    assert _fix("1.0", Room((Release("1.4.1"),), parents=(("app 1.0", ""), ("app 1.0", "")))).open == ("app 1.0",)


def test_a_fixed_version_the_index_does_not_have_is_passed_over() -> None:
    releases = tuple(map(Release, ("1.0", "1.3", "1.4.1", "1.5.1", "2.0")))
    assert _fix("1.0", Room(releases)) == Fix("1.4.1", checked=True)


def test_yanked_releases_and_those_for_another_python_are_passed_over() -> None:
    releases = (
        Release("1.4", yanked=True),
        Release("1.4.1", requires_python=">=3.13"),
        Release("1.4.2", requires_python=">=3.9"),
    )
    assert _fix("1.0", Room(releases, python="3.11")).version == "1.4.2"


def test_where_all_clear_releases_are_for_a_newer_python_the_smallest_is_named_with_what_it_needs() -> None:
    releases = (Release("1.3", requires_python=">=3.9"), Release("1.4", requires_python=">=3.10"))
    fix = _fix("1.0", Room(releases, python="3.9"))
    assert fix == Fix("1.4", checked=True, needs=">=3.10", python="3.9", nearest="1.3", left=1)


def test_a_release_without_the_first_patches_of_a_python_is_for_that_python() -> None:
    releases = (Release("1.4", requires_python="!=3.9.0,!=3.9.1,>=3.8"), Release("2.0", requires_python=">=3.8"))
    assert _fix("1.0", Room(releases, python="3.9")).version == "1.4"


def test_where_no_release_is_clear_the_one_with_the_fewest_flaws_is_named() -> None:
    known = [*TWO, record("TEST-3", events=[{"introduced": "0"}])]
    assert _fix("1.0", Room(tuple(map(Release, ("1.1", "1.3", "1.4", "1.7")))), *known) == Fix(nearest="1.4", left=1)
    assert _fix("1.4", Room(tuple(map(Release, ("1.5", "1.7")))), *known) == Fix()  # the rest is no better


def test_without_an_index_the_named_version_with_the_fewest_flaws_is_one_step_for_all() -> None:
    """Each flaw has its own end, and a reader can make one move only."""
    records = [
        *(record(f"TEST-{n}", events=fixed(f"1.{n}")) for n in range(2, 9)),
        record("TEST-10", events=[{"introduced": "0"}, {"last_affected": "1.9"}]),
        record("TEST-11", events=[{"introduced": "0"}]),
        record("TEST-12", events=[{"introduced": "0"}, {"fixed": "1.1"}, {"introduced": "1.3"}, {"fixed": "2.0rc1"}]),
    ]
    assert _fix("1.0", Room(), *records) == Fix(nearest="1.8", left=3)
    found = {one.id: one.remedy for one in findings("demo", "1.0", *records)}
    begun = "Upgrade to 1.8, which has the fewest known flaws (3): no release known here is clear of them."
    assert found.pop("TEST-10") == (
        f"{begun} For this flaw no fix is named: newer releases are not listed, which does not prove them fixed."
    )
    assert found.pop("TEST-11") == f"{begun} For this flaw no fix is named: none is known."
    assert set(found.values()) == {begun}
    late = findings("demo", "1.4", *records)
    assert {one.id: one.remedy for one in late}["TEST-12"] == f"{begun} This flaw ends with 2.0rc1."


def test_a_renamed_build_is_not_sent_where_its_original_is_hit() -> None:
    own = rows_of([record("TEST-1", events=fixed("1.2"))])["demo"]
    original = rows_of([record("TEST-2", events=fixed("1.4"))])["demo"]
    releases = tuple(map(Release, ("1.2", "1.4")))
    assert best_fix(own, asked("1.0"), Room(releases), original).version == "1.4"
    assert best_fix(own, asked("1.0"), Room(), original).version == "1.4"


def test_a_pre_release_is_the_last_resort() -> None:
    assert _fix("1.0", Room((Release("1.4rc1"), Release("2.0rc1"), Release("3.0")))).version == "3.0"
    assert _fix("1.0", Room((Release("2.0rc1"), Release("1.1")))).version == "2.0rc1"


def test_parents_are_respected_where_they_can_be_and_named_where_they_cannot() -> None:
    releases = tuple(map(Release, ("1.4", "1.7", "2.1")))
    assert _fix("1.0", Room(releases, parents=(("app 1", ">=1.5,!=2.*"),))) == Fix("1.7", checked=True)
    assert _fix("1.0", Room(releases, parents=(("app 1", "<1.3"),))) == Fix(
        "1.4", checked=True, held=(Blocker("app 1", "<1.3"),)
    )


def test_where_only_the_last_affected_release_is_known_the_index_may_have_a_newer_one() -> None:
    known = record("TEST-1", events=up_to("2.10.0"))
    assert _fix("2.10.0", Room(), known) == Fix()
    assert _fix("2.10.0", Room((Release("2.10.0"), Release("2.11.0"))), known).version == "2.11.0"


def test_a_fix_numbered_by_the_year_is_no_way_for_a_release_that_is_not() -> None:
    known = [record("TEST-1", events=fixed("2014.2.4")), record("TEST-2", events=fixed("26.0.4"))]
    assert _fix("26.0.3", Room(), *known) == Fix(nearest="26.0.4", left=1)
    assert _fix("2014.2.1", Room(), *known).version == "2014.2.4"
    (year, _) = findings("demo", "26.0.3", *known)
    assert "2014.2.4" not in year.remedy


def test_specifiers_that_cannot_be_read_keep_nothing_out() -> None:
    assert _fix("1.0", Room((Release("1.4", requires_python="about 3"),), python="3.11")).version == "1.4"


def _page(*versions: str, yanked: str = "") -> bytes:
    files = [
        {
            "filename": f"transformers-{version}-py3-none-any.whl",
            "url": f"https://files.index.example/transformers-{version}-py3-none-any.whl",
            "hashes": {},
            "requires-python": ">=3.9",
            "yanked": version == yanked,
        }
        for version in versions
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "transformers", "files": files}).encode()


class _Index(RecordedFetch):
    """Serves JSON pages."""

    def __call__(
        self, url: str, *, limit: int, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response | Failure:
        answer = super().__call__(url, limit=limit, headers=headers, body=body)
        if isinstance(answer, Response):
            return answer._replace(headers={"content-type": "application/vnd.pypi.simple.v1+json"})
        return answer


def _found(world: World, page: bytes, *others: Package, python: str = ">=3.11") -> list[Finding]:
    affected = Package(coordinate=Coordinate("pypi", "transformers", "5.2.0"))
    online = replace(world, fetch=_Index({f"{PUBLIC_INDEX}/transformers/": (200, page)}))
    project = merge([Inventory(path="uv.lock", format="uv.lock", packages=(affected, *others), requires_python=python)])
    said = judge(project, Request(feed="embedded"), online)
    return [finding for item in said if isinstance(item, Checked) for finding in item.findings]


def test_the_remedy_names_a_release_the_index_has(world: World) -> None:
    found = _found(world, _page("5.2.0", "5.3.0", "5.3.1", yanked="5.3.0"))
    remedies = {finding.id: finding.remedy for finding in found}
    assert remedies["CVE-2026-4372"] == "Upgrade to 5.3.1, the smallest release of the index that no advisory here hits."
    assert "newer releases are not listed, which does not prove them fixed" in remedies["CVE-2026-5241"]


def test_the_remedy_says_that_the_release_is_for_a_newer_python(world: World) -> None:
    found = _found(world, _page("5.2.0", "5.3.0"), python=">=3.8")
    assert found
    expected = "that no advisory here hits. It is for Python >=3.9, and the project starts at 3.8."
    assert all(expected in finding.remedy for finding in found if finding.advisory and finding.advisory.fixed)


def _monorepo(world: World, *inventories: Inventory, request: Request = Request(feed="embedded")) -> dict[str, set[str]]:  # noqa: B008  it is a value
    """The remedies by version, where an index has clear releases for Python 3.9 and later."""
    online = replace(world, fetch=_Index({f"{PUBLIC_INDEX}/transformers/": (200, _page("4.0.0", "5.2.0", "5.3.0"))}))
    said = judge(merge(inventories), request, online)
    findings = [finding for item in said if isinstance(item, Checked) for finding in item.findings]
    of = {finding.package.version: finding.package for finding in findings if finding.package}
    return {version: {f.remedy for f in findings if f.package == package} for version, package in of.items()}


def _service(path: str, version: str, python: str) -> Inventory:
    package = Package(coordinate=Coordinate("pypi", "transformers", version))
    return Inventory(path=path, format="uv.lock", packages=(package,), requires_python=python)


def test_each_project_of_a_monorepo_is_held_to_its_own_python(world: World) -> None:
    old, new = _service("old/uv.lock", "4.0.0", ">=3.8"), _service("new/uv.lock", "5.2.0", ">=3.11")
    for order in ((old, new), (new, old)):
        said = _monorepo(world, *order)
        assert all("It is for Python >=3.9, and old/uv.lock starts at 3.8." in remedy for remedy in said["4.0.0"])
        assert not any("It is for Python" in remedy for remedy in said["5.2.0"])


def test_a_release_that_several_projects_hold_has_to_run_on_the_oldest_of_their_pythons(world: World) -> None:
    old, new = _service("old/uv.lock", "5.2.0", ">=3.8"), _service("new/uv.lock", "5.2.0", ">=3.11")
    said = _monorepo(world, new, old)["5.2.0"]
    assert all("and old/uv.lock starts at 3.8." in remedy for remedy in said)
    chosen = Request(feed="embedded", targets=Targets(python="3.12"))
    assert not any("It is for Python" in remedy for remedy in _monorepo(world, new, old, request=chosen)["5.2.0"])


def test_the_remedy_names_who_stands_in_the_way(world: World) -> None:
    app = Package(coordinate=Coordinate("pypi", "app", "1.0"), requires=(Edge("transformers", specifier="<5.3"),))
    found = _found(world, _page("5.2.0", "5.3.0"), app)
    assert found
    said = "app 1.0 asks for transformers<5.3, and has to move too. Where app has to go was not found out."
    assert all(said in finding.remedy for finding in found), "the index does not know app"


def _app_page(*versions: str) -> bytes:
    listed: list[dict[str, object]] = [
        {
            "filename": f"app-{version}-py3-none-any.whl",
            "url": f"https://files.index.example/app-{version}-py3-none-any.whl",
            "hashes": {},
            "core-metadata": True,
            "requires-python": ">=3.14" if version == "9.0" else ">=3.9",
        }
        for version in versions
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "app", "files": listed}).encode()


def _moving(world: World, allows: str, versions: tuple[str, ...]) -> tuple[list[Finding], list[str]]:
    """The findings where `app 1.0` of a poetry.lock keeps transformers 5.3.0 out and its releases from `allows` on do not,
    and what the index was asked of app."""
    pages = {
        f"{PUBLIC_INDEX}/transformers/": (200, _page("5.2.0", "5.3.0")),
        f"{PUBLIC_INDEX}/app/": (200, _app_page(*versions)),
    }
    for version in versions:
        asks = ">=5" if Version(version) >= Version(allows) else "<5.3"
        metadata = f"Name: app\nRequires-Dist: transformers{asks}\n".encode()
        pages[f"https://files.index.example/app-{version}-py3-none-any.whl.metadata"] = (200, metadata)
    affected = Package(coordinate=Coordinate("pypi", "transformers", "5.2.0"))
    app = Package(coordinate=Coordinate("pypi", "app", "1.0"), requires=(Edge("transformers", specifier="<5.3"),))
    lock = Inventory(path="poetry.lock", format="poetry.lock", packages=(affected, app), requires_python=">=3.11")
    fetch = _Index(pages)
    said = judge(merge([lock]), Request(feed="embedded"), replace(world, fetch=fetch))
    found = [finding for item in said if isinstance(item, Checked) for finding in item.findings]
    return found, [url for url in fetch.asked if "app" in url]


def test_the_release_of_the_parent_that_lets_the_fix_in_is_named_and_a_second_run_asks_nothing(world: World) -> None:
    versions = ("0.9", "1.0", "1.1", "1.2", "1.3", "9.0")
    found, asked = _moving(world, "1.2", versions)
    assert found
    assert all("and has to move too. app 1.2 allows transformers 5.3.0." in finding.remedy for finding in found)
    assert sum(url.endswith(".metadata") for url in asked) == 3, "the newer releases for this Python"
    again, asked = _moving(world, "1.2", versions)
    assert ([finding.remedy for finding in again], asked) == ([finding.remedy for finding in found], [])


def test_where_no_newer_release_of_the_parent_lets_the_fix_in_that_is_said(world: World) -> None:
    found, _ = _moving(world, "9", ("1.0", "1.1", "1.2"))
    assert found
    assert all("has to move too. app 1.2, its newest release, does not allow it either." in one.remedy for one in found)


def test_of_many_releases_few_are_asked_for(world: World) -> None:
    versions = tuple(f"1.{minor}" for minor in range(200))
    found, asked = _moving(world, "1.123", versions)
    assert found
    assert all("app 1.123 allows transformers 5.3.0." in finding.remedy for finding in found)
    assert sum(url.endswith(".metadata") for url in asked) <= 18


def test_without_an_index_it_is_said_who_could_name_the_release(world: World) -> None:
    affected = Package(coordinate=Coordinate("pypi", "transformers", "5.2.0"))
    app = Package(coordinate=Coordinate("pypi", "app", "1.0"), requires=(Edge("transformers", specifier="<5.3"),))
    project = merge([Inventory(path="poetry.lock", format="poetry.lock", packages=(affected, app))])
    said = judge(project, Request(feed="embedded", offline=True), world)
    remedies = [
        one.remedy for item in said if isinstance(item, Checked) for one in item.findings if "asks for" in one.remedy
    ]
    assert remedies
    assert all("move too. A scan that may ask the index names the release to move to." in remedy for remedy in remedies)


def test_the_report_holds_where_to_go_as_fields(world: World) -> None:
    found, _ = _moving(world, "1.2", ("1.0", "1.1", "1.2"))
    report = replace(REPORT, findings=tuple(found))
    document = json.loads(render(view_of(report)))
    Draft202012Validator(json.loads((resources.files("mlsupply") / "data/report.schema.json").read_text())).validate(
        document
    )
    blocker = {"package": "app 1.0", "asks": "<5.3", "to": "1.2", "newest": None}
    chosen = {"version": "5.3.0", "checked": True, "needs_python": None, "blockers": [blocker]}
    assert [row["advisory"]["upgrade"] for row in document["findings"]] == [chosen] * len(found)


_APP = json.dumps(
    {
        "meta": {"api-version": "1.1"},
        "name": "app",
        "files": [
            {
                "filename": "app-1.0-py3-none-any.whl",
                "url": "https://files.index.example/app-1.0-py3-none-any.whl",
                "hashes": {},
                "core-metadata": True,
            }
        ],
    }
).encode()


def _with_parent(world: World, *requires: str, edge: Edge = Edge("transformers")) -> list[str]:  # noqa: B008  it is a value
    """The remedies where a lock without limits has a parent whose metadata asks for these."""
    lines = "".join(f"Requires-Dist: {text}\n" for text in requires)
    pages = {
        f"{PUBLIC_INDEX}/transformers/": (200, _page("5.2.0", "5.3.0", "5.4.0")),
        f"{PUBLIC_INDEX}/app/": (200, _APP),
        "https://files.index.example/app-1.0-py3-none-any.whl.metadata": (200, f"Name: app\n{lines}\ntext".encode()),
    }
    affected = Package(coordinate=Coordinate("pypi", "transformers", "5.2.0"))
    app = Package(coordinate=Coordinate("pypi", "app", "1.0"), requires=(edge,))
    project = merge([Inventory(path="uv.lock", format="uv.lock", packages=(affected, app))])
    for fetch in (
        _Index(pages),
        _Index({url: pages[url] for url in pages if "files" not in url}),
    ):  # the second time from disk
        said = judge(project, Request(feed="embedded"), replace(world, fetch=fetch))
        remedies = [f.remedy for item in said if isinstance(item, Checked) for f in item.findings]
    return remedies


def test_limits_that_a_lock_does_not_state_are_those_of_the_parents_metadata(world: World) -> None:
    remedies = _with_parent(world, "transformers <5.3,>=5; python_version > '3'", "Transformers_X==1", "not a requirement!!")
    assert remedies
    assert all("app 1.0 asks for transformers<5.3,>=5, and has to move too." in remedy for remedy in remedies)
    remedies = _with_parent(replace(world, cache=world.cache / "other"), "transformers!=5.3.0")
    assert remedies
    assert all("Upgrade to 5.4.0" in remedy and "has to move" not in remedy for remedy in remedies)


def test_of_a_parent_that_asks_for_more_than_is_read_nothing_is_taken_for_known(world: World) -> None:
    remedies = _with_parent(world, *(f"other-{number}" for number in range(MOST)), "transformers<5.3")
    assert remedies
    assert all("Whether app 1.0 would let it in is not known." in remedy for remedy in remedies)


def test_where_a_parent_asks_for_several_things_one_that_admits_the_fix_is_enough(world: World) -> None:
    assert all("has to move" not in said for said in _with_parent(world, "transformers<5; extra == 'a'", "transformers>=5"))
    other = replace(world, cache=world.cache / "other")
    for said in _with_parent(other, "transformers<5.1; extra == 'a'", "transformers<5.3; extra == 'b'"):
        assert "app 1.0 asks for transformers<5.1 || <5.3, and has to move too." in said


def test_where_no_metadata_lies_beside_a_wheel_the_indexs_json_tells_the_limits(world: World) -> None:
    release = json.dumps({"info": {"requires_dist": ["transformers<5.3", 7, None]}}).encode()
    site = PUBLIC_INDEX.removesuffix("/simple")
    pages = {
        f"{PUBLIC_INDEX}/transformers/": (200, _page("5.2.0", "5.3.0")),
        f"{PUBLIC_INDEX}/app/": (200, _APP),
        "https://files.index.example/app-1.0-py3-none-any.whl.metadata": (404, b""),
        f"{site}/pypi/app/1.0/json": (200, release),
    }
    affected = Package(coordinate=Coordinate("pypi", "transformers", "5.2.0"))
    app = Package(coordinate=Coordinate("pypi", "app", "1.0"), requires=(Edge("transformers"),))
    project = merge([Inventory(path="uv.lock", format="uv.lock", packages=(affected, app))])
    said = judge(project, Request(feed="embedded"), replace(world, fetch=_Index(pages)))
    remedies = [f.remedy for item in said if isinstance(item, Checked) for f in item.findings]
    assert remedies
    assert all("app 1.0 asks for transformers<5.3, and has to move too." in remedy for remedy in remedies)


def test_a_parent_of_whose_limits_nothing_is_told_is_named(world: World) -> None:
    affected = Package(coordinate=Coordinate("pypi", "transformers", "5.2.0"))
    app = Package(coordinate=Coordinate("pypi", "app", "1.0"), requires=(Edge("transformers"),))
    project = merge([Inventory(path="uv.lock", format="uv.lock", packages=(affected, app))])
    fetch = _Index({f"{PUBLIC_INDEX}/transformers/": (200, _page("5.2.0", "5.3.0")), f"{PUBLIC_INDEX}/app/": (404, b"")})
    list(judge(project, Request(feed="embedded"), replace(world, fetch=fetch)))
    asked = len(fetch.asked)
    said = judge(project, Request(feed="embedded"), replace(world, fetch=fetch))
    remedies = [f.remedy for item in said if isinstance(item, Checked) for f in item.findings]
    assert remedies
    assert all(remedy.endswith(" Whether app 1.0 would let it in is not known.") for remedy in remedies)
    assert len(fetch.asked) == asked, "an index that had nothing to tell is not asked again at once"


def test_a_parent_that_states_its_limits_in_the_lock_is_not_asked_for(world: World) -> None:
    stated = Edge("transformers", specifier=">=5")
    assert all("has to move" not in remedy for remedy in _with_parent(world, "transformers<5.3", edge=stated))


def test_an_index_that_does_not_answer_leaves_the_advisories_alone_to_tell(world: World) -> None:
    found = _found(world, b"<html>")
    assert found
    assert all("by advisory data alone" in finding.remedy for finding in found)
