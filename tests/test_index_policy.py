"""Allowed indexes and private names: what a project's inputs say of where packages come from, against the user's lists."""

from __future__ import annotations

import json
from dataclasses import replace
from textwrap import dedent
from typing import Any
from urllib.parse import urlsplit

import pytest

from mlsupply.audit import run
from mlsupply.config import parse
from mlsupply.errors import MlsupplyError
from mlsupply.model import Reason
from mlsupply.outcome import Report
from mlsupply.report import FORMATS
from mlsupply.report.view import view_of
from mlsupply.request import Policy, Request
from mlsupply.world import PUBLIC_FILES, PUBLIC_INDEX, World
from tests.conftest import RecordedFetch
from tests.report_readers import READERS

OURS = "https://corp.example/simple"
PRIVATE: dict[str, object] = {"private": {"acme-*": OURS}}
ALLOWED: dict[str, object] = {"allowed": ("public", OURS)}


def scanned(
    world: World, files: dict[str, str], index: dict[str, object], checks: tuple[str, ...] = ("index",), **request: Any
) -> Report:
    for name, text in files.items():
        path = world.tree.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    asked = Request(subjects=(str(world.tree.root),), checks=checks, resolve=False, settings={"index": index}, **request)
    return run(asked, world)


def ids(report: Report) -> list[tuple[str, str]]:
    listed = {"MLS-I014", "MLS-I015"}
    return sorted((f.id, f.package.name if f.package else f.subject) for f in report.findings if f.id in listed)


def uv_lock(name: str, registry: str) -> str:
    return f'version = 1\n\n[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ registry = "{registry}" }}\n'


def test_a_private_name_locked_from_the_public_index_is_found(world: World) -> None:
    report = scanned(world, {"uv.lock": uv_lock("acme-core", PUBLIC_INDEX)}, PRIVATE)
    assert ids(report) == [("MLS-I014", "acme-core")]
    (found,) = [f for f in report.findings if f.id == "MLS-I014"]
    assert OURS in found.message
    assert PUBLIC_INDEX in found.message
    assert [place.line for place in found.places] == [3]
    assert report.verdict.exit_code == 1


def test_a_private_name_locked_from_its_own_index_is_clean(world: World) -> None:
    report = scanned(world, {"uv.lock": uv_lock("acme-core", "https://CORP.example/simple/")}, PRIVATE)
    assert ids(report) == []
    assert report.gaps == ()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("", True),  # the public index is asked where none is named
        (f"--index-url {OURS}\n", False),
        (f"--extra-index-url {OURS}\n", True),  # both are asked, and the higher version wins
        (f"--index-url {OURS}\n--extra-index-url https://wheels.example/simple\n", True),
        (f"--index-url {OURS}\n--find-links https://wheels.example/files\n", True),
        (f"--index-url https://wheels.example/simple\n--index-url {OURS}\n", False),  # pip asks the last one named
    ],
)
@pytest.mark.parametrize("requirement", ["acme_core==1.0", "acme.core"])
def test_an_open_requirement_may_come_from_every_index_that_is_asked(
    options: str, found: bool, requirement: str, world: World
) -> None:
    report = scanned(world, {"requirements.txt": f"{options}{requirement}\n"}, PRIVATE)
    assert ids(report) == ([("MLS-I014", "acme-core")] if found else [])


@pytest.mark.parametrize(("explicit", "found"), [("", True), ("explicit = true\n", False)])
def test_an_index_that_others_are_pinned_to_may_serve_a_private_name(explicit: str, found: bool, world: World) -> None:
    text = (
        '[project]\nname = "app"\nversion = "1"\ndependencies = ["acme-core==1.0"]\n'
        f'[[tool.uv.index]]\nname = "ours"\nurl = "{OURS}"\ndefault = true\n'
        f'[[tool.uv.index]]\nname = "wheels"\nurl = "https://wheels.example/cu128"\n{explicit}'
        '[tool.uv.sources]\ntorch = {index = "wheels"}\n'
    )
    assert ids(scanned(world, {"pyproject.toml": text}, PRIVATE)) == ([("MLS-I014", "acme-core")] if found else [])


@pytest.mark.parametrize("pattern", ["acme-*", "ACME_*", "Acme.Core"])
def test_private_names_are_compared_in_their_canonical_form(pattern: str, world: World) -> None:
    report = scanned(world, {"uv.lock": uv_lock("acme-core", PUBLIC_INDEX)}, {"private": {pattern: OURS}})
    assert ids(report) == [("MLS-I014", "acme-core")]


def test_a_private_name_from_a_repository_is_not_from_its_index_and_the_projects_own_code_is(world: World) -> None:
    lock = (
        'version = 1\n\n[[package]]\nname = "acme-app"\nversion = "1.0"\nsource = { virtual = "." }\n\n'
        '[[package]]\nname = "acme-core"\nversion = "1.0"\nsource = { git = "https://git.example/acme/core#0123" }\n'
    )
    assert ids(scanned(world, {"uv.lock": lock}, PRIVATE | ALLOWED)) == [("MLS-I014", "acme-core")]


def test_a_lock_without_indexes_is_public_only_where_all_files_of_a_package_are(world: World) -> None:
    def poetry_like(*hosts: str) -> str:
        files = ", ".join(f'{{url = "https://{host}/packages/acme_core-1.0.tar.gz"}}' for host in hosts)
        return f'[[package]]\nname = "acme-core"\nversion = "1.0"\nfiles = [{files}]\n[metadata]\nlock_version = "4.5.0"\n'

    public = urlsplit(PUBLIC_FILES).netloc
    assert ids(scanned(world, {"pdm.lock": poetry_like(public, public)}, PRIVATE)) == [("MLS-I014", "acme-core")]
    mixed = scanned(world, {"pdm.lock": poetry_like(public, "files.example")}, PRIVATE)
    assert ids(mixed) == []
    assert [gap.check for gap in mixed.gaps] == ["index"], "which index it came from is not told"


def test_only_the_indexes_on_the_list_are_allowed(world: World) -> None:
    for stranger in (
        "https://stranger.example/simple",
        f"{PUBLIC_INDEX}.stranger.example",
        f"https://s.example/?{PUBLIC_INDEX}",
    ):
        assert ids(scanned(world, {"uv.lock": uv_lock("numpy", stranger)}, ALLOWED)) == [("MLS-I015", "numpy")], stranger
    for allowed in (OURS, PUBLIC_INDEX):
        assert ids(scanned(world, {"uv.lock": uv_lock("numpy", allowed)}, ALLOWED)) == []
    by_host: dict[str, object] = {"allowed": ("Stranger.example",)}
    assert ids(scanned(world, {"uv.lock": uv_lock("numpy", "https://stranger.example/simple")}, by_host)) == []
    assert ids(scanned(world, {"uv.lock": uv_lock("numpy", PUBLIC_INDEX)}, by_host)) == [("MLS-I015", "numpy")]


def test_a_mirror_counts_as_the_public_index_it_mirrors(world: World) -> None:
    lock = {"uv.lock": uv_lock("numpy", "https://mirror.example/simple")}
    assert ids(scanned(world, lock, ALLOWED)) == [("MLS-I015", "numpy")]
    assert ids(scanned(world, lock, ALLOWED, mirrors=("https://mirror.example/simple/",))) == []


def test_an_input_that_does_not_tell_indexes_is_one_gap_and_no_finding(world: World) -> None:
    components = [
        {"type": "library", "name": name, "version": "1.0", "purl": f"pkg:pypi/{name}@1.0"}
        for name in ("acme-core", "numpy")
    ]
    sbom = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components})
    report = scanned(world, {"bom.json": sbom}, PRIVATE | ALLOWED)
    assert ids(report) == []
    assert {(gap.check, gap.reason) for gap in report.gaps} == {("index", Reason.NOT_FOUND)}
    details = sorted(gap.detail for gap in report.gaps)
    assert details == [
        f"{rule} could not be decided: the input does not say which index its packages came from"
        for rule in ("MLS-I014", "MLS-I015")
    ]
    assert report.verdict.exit_code == 3


def test_a_private_name_is_never_asked_of_the_public_index(world: World) -> None:
    """Whoever reads its logs would learn which names are free to take."""
    fetch = RecordedFetch({})
    files = {"requirements.txt": f"--extra-index-url {OURS}\nacme-core==1.0\nothers-name==1.0\n"}
    report = scanned(replace(world, fetch=fetch), files, PRIVATE, ("index", "names", "release"))
    asked = [url for url in fetch.asked if "acme" in url]
    assert asked
    assert all(url.startswith("https://corp.example/") for url in asked)
    assert any(url.startswith(PUBLIC_INDEX) for url in fetch.asked), "other names are"
    assert ids(report) == [("MLS-I014", "acme-core")]


_PINNED = {
    "uv": """
        [project]
        name = "app"
        dependencies = ["acme-core==1.2", "acme-tools>=1"]
        [tool.uv.sources]
        acme-core = { index = "corp" }
        acme_tools = { index = "corp" }
        [[tool.uv.index]]
        name = "corp"
        url = "https://corp.example/simple"
    """,
    "poetry": """
        [tool.poetry]
        name = "app"
        [tool.poetry.dependencies]
        acme-core = { version = "==1.2", source = "corp" }
        acme-tools = { version = ">=1", source = "corp" }
        [[tool.poetry.source]]
        name = "corp"
        url = "https://corp.example/simple"
        priority = "explicit"
    """,
}


@pytest.mark.parametrize("text", _PINNED.values(), ids=_PINNED)
def test_a_name_the_manifest_pins_to_its_own_index_is_asked_there_alone(text: str, world: World) -> None:
    """Nobody has to list as private what `index =` already sends to another index, also where nothing resolves it."""
    asking = RecordedFetch({})
    report = scanned(
        replace(world, fetch=asking), {"pyproject.toml": dedent(text)}, {}, checks=("release", "names", "index")
    )
    assert [url for url in asking.asked if url.startswith(PUBLIC_INDEX)] == []
    assert {url for url in asking.asked if "acme" in url} == {"https://corp.example/simple/acme-core/"}
    gone = [f.message for f in report.findings if f.id in {"MLS-R007", "MLS-N008"}]
    assert gone == ["corp.example has no project with the name of acme-core 1.2"]
    assert ids(scanned(world, {"pyproject.toml": dedent(text)}, PRIVATE)) == []


def test_a_name_that_is_pinned_by_platform_alone_is_still_the_public_ones(world: World) -> None:
    text = """
        [project]
        name = "app"
        dependencies = ["acme-core==1.2"]
        [tool.uv.sources]
        acme-core = [
            { index = "corp", marker = "sys_platform == 'linux'" },
            { index = "pypi", marker = "sys_platform != 'linux'" },
        ]
        [[tool.uv.index]]
        name = "corp"
        url = "https://corp.example/simple"
        [[tool.uv.index]]
        name = "pypi"
        url = "PUBLIC/simple"
    """.replace("PUBLIC/simple", PUBLIC_INDEX)
    asking = RecordedFetch({})
    scanned(replace(world, fetch=asking), {"pyproject.toml": dedent(text)}, {}, checks=("release",))
    assert any(url.startswith(PUBLIC_INDEX) for url in asking.asked)


def test_both_findings_stand_in_every_whole_format_and_can_be_told_from_licences(world: World) -> None:
    files = {"uv.lock": uv_lock("acme-core", "https://stranger.example/simple")}
    report = scanned(world, files, PRIVATE | ALLOWED)
    wanted = {("MLS-I014", "acme-core 1.0"), ("MLS-I015", "acme-core 1.0")}
    view = view_of(report)
    for known in FORMATS:
        if known.name in READERS:
            found = {(rule, about[: len("acme-core 1.0")]) for rule, about in READERS[known.name](known.render(view))[0]}
            assert wanted <= found, known.name
    lenient = Policy(by_kind=(("index", None),))
    assert scanned(world, files, PRIVATE | ALLOWED, policy=lenient).verdict.exit_code == 0


def test_the_lists_are_read_from_the_configuration() -> None:
    text = (
        '[index]\nallowed = ["public", "corp.example:8443"]\n\n[index.private]\n"acme-*" = "https://corp.example/simple"\n'
    )
    assert parse(text, "mlsupply.toml").settings == {
        "index": {"allowed": ("public", "corp.example:8443"), "private": {"acme-*": OURS}}
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[index]\nallowed = ["corp"]\n', 2, "the URL of an index"),
        ("[index]\n\nallowed = 3\n", 3, "a list of texts"),
        ('[index]\nprivate = {"acme *" = "https://corp.example/simple"}\n', 2, "a pattern such as acme-"),
        ('[index.private]\n"acme-*" = "here"\n', 2, "the URL of an index"),
        ('offline = true\n[index.private]\n"acme.*" = "here"\n', 2, "the URL of an index"),
        ('[index]\nprivates = {}\n', 2, "did you mean private?"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_lists_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(MlsupplyError) as raised:
        parse(text, "mlsupply.toml")
    assert f"mlsupply.toml:{line}: " in raised.value.message
    assert said in raised.value.message
