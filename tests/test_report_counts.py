"""How many findings and gaps each format tells: all of them, or the number it leaves out; and what services take."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from mlsupply.model import Coordinate, Finding, Inventory, Kind, PackageKey, Place, Severity
from mlsupply.project import MAX_PATHS
from mlsupply.report import FORMATS
from mlsupply.report.github import render as github
from mlsupply.report.html import render as html
from mlsupply.report.markdown import render as markdown
from mlsupply.report.sarif import render as sarif
from mlsupply.report.table import WHOLE, Most
from mlsupply.report.table import render as table
from mlsupply.report.view import View, view_of, why
from mlsupply.upgrade import Upgrade
from tests.conftest import SHARED
from tests.golden import FINDINGS, PACKAGES, REPORT
from tests.report_readers import markdown_page, page_of
from tests.test_parity import REPORT_OF_ALL
from tests.test_report import MANY

Numbers = tuple[int, int]


def _number(pattern: str, text: str) -> int:
    return sum(int(found.replace(",", "")) for found in re.findall(pattern, text))


def _of_json(data: bytes) -> Numbers:
    document = json.loads(data)
    assert sum(row["gaps"] for row in document["unchecked"]) == len(document["gaps"])
    return len(document["findings"]), len(document["gaps"])


def _of_sarif(data: bytes) -> Numbers:
    run = json.loads(data)["runs"][0]
    return len(run["results"]), sum("descriptor" in row for row in run["invocations"][0]["toolExecutionNotifications"])


def _of_cyclonedx(data: bytes) -> Numbers:
    document = json.loads(data)
    gaps = [one for one in document["metadata"]["properties"] if one["name"] == "mlsupply:gap"]
    return len(document.get("vulnerabilities", ())), len(gaps)


def _of_cyclonedx_xml(data: bytes) -> Numbers:
    root = fromstring(data)
    space = root.tag.partition("}")[0] + "}"
    gaps = [one for one in root.iterfind(f"{space}metadata/{space}properties/*") if one.get("name") == "mlsupply:gap"]
    return len(list(root.iter(f"{space}vulnerability"))), len(gaps)


def _of_spdx(data: bytes) -> Numbers:
    """What is known of a release stands at each package of that release, where it comes from several sources."""
    document = json.loads(data)
    said = {row["comment"] for one in document["packages"] for row in one.get("annotations", ())}
    own = [row["comment"] for row in document["annotations"]]
    gaps = sum(comment.startswith("not checked: ") for comment in own)
    return len(said) + len(own) - gaps, gaps


def _of_junit(data: bytes) -> Numbers:
    names = [case.get("name", "") for case in fromstring(data).iter("testcase")]
    gaps = sum(name.startswith("not checked: ") for name in names)
    return len(names) - gaps - sum(name.endswith(" packages clean") for name in names), gaps


def _of_github(data: bytes) -> Numbers:
    _, *lines = data.decode().splitlines()  # the first is the verdict
    gaps = sum("title=Not checked%3A" in line for line in lines)
    return len(lines) - gaps, gaps


def _of_html(data: bytes) -> Numbers:
    page = page_of(data.decode())
    links = re.search(r'href="#gaps">Not checked<span class="number">([\d,]+)<', data.decode())
    assert links is not None
    return sum(tag == "details" and given.get("class") == "finding" for tag, given in page.tags), _number("(.+)", links[1])


def _of_markdown(data: bytes) -> Numbers:
    """What is listed, and what the page says that it leaves out."""
    text, page = data.decode(), markdown_page(data)
    listed = [
        word for heading, word in page.bold if re.match("[A-Z]+: ", heading) and word != "do" and " more, " not in word
    ]
    return len(listed) + _number(r"\*\*([\d,]+) findings? more, ", text), _number(r"### Not checked: ([\d,]+)\n", text)


COUNTERS: dict[str, Callable[[bytes], Numbers]] = {
    "json": _of_json,
    "sarif": _of_sarif,
    "cyclonedx": _of_cyclonedx,
    "cyclonedx-1.7": _of_cyclonedx,
    "cyclonedx-xml": _of_cyclonedx_xml,
    "spdx": _of_spdx,
    "junit": _of_junit,
    "github": _of_github,
    "html": _of_html,
    "markdown": _of_markdown,
}


@pytest.mark.parametrize("report", [REPORT, REPORT_OF_ALL, MANY], ids=["one of each", "all kinds", "many"])
def test_every_format_tells_as_many_findings_and_gaps(report: object) -> None:
    assert isinstance(report, type(REPORT))
    view = view_of(report)
    told = {known.name: COUNTERS[known.name](known.render(view)) for known in FORMATS if known.name in COUNTERS}
    assert told == dict.fromkeys(COUNTERS, (len(report.findings), len(report.gaps)))


@pytest.mark.shared
@pytest.mark.parametrize(
    "project",
    [
        "01-ai__Yi",  # findings of releases that come from several sources
        "hiyouga__LLaMA-Factory",  # one variable in six commands of a Dockerfile
        "oobabooga__text-generation-webui",
        "vllm-project__vllm",
        "wandb__wandb",
        "langchain-ai__langchain",
    ],
)
def test_real_projects_are_told_with_the_same_numbers_in_every_format(project: str, tmp_path: Path) -> None:
    outputs = [word for name in COUNTERS for word in ("-o", f"{name}={tmp_path / name}")]
    scan = [sys.executable, "-m", "mlsupply", "scan", "--offline", "--feed", "embedded", *outputs]
    environment = {**os.environ, "MLSUPPLY_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run([*scan, str(SHARED / "corpus/projects" / project)], env=environment, check=False, timeout=120)
    assert done.returncode in {1, 3}
    told = {name: count((tmp_path / name).read_bytes()) for name, count in COUNTERS.items()}
    assert told == dict.fromkeys(COUNTERS, told["json"])


def test_one_thing_that_is_unknown_in_several_lines_is_counted_beside_its_name() -> None:
    gaps = tuple(replace(REPORT.gaps[0], item="${INDEX}", place=Place("Dockerfile", line)) for line in (3, 9, 12))
    for name in ("markdown", "html", "table"):
        known = next(known for known in FORMATS if known.name == name)
        text = known.render(view_of(replace(REPORT, gaps=gaps))).decode()
        assert "INDEX" in text
        assert "(3 times)" in text, name


def test_annotations_keep_to_the_lengths_github_takes_and_say_what_they_cut() -> None:
    path = "services/" + "deeper/" * 40 + "requirements.txt"
    long = replace(FINDINGS[0], package=None, subject=path, message="word " * 2000)
    line = next(line for line in github(view_of(replace(REPORT, findings=(long,)))).decode().splitlines() if long.id in line)
    title, message = line.split("title=", 1)[1].split("::", 1)
    assert len(title.replace("%3A", ":").replace("%2C", ",")) == 255
    assert path in message, "what the title has no room for"
    assert len(message.replace("%0A", "\n")) < 4_096
    assert re.search(r"\((\d,\d+) more characters: the other reports have them\)$", message)


def test_sarif_that_github_would_refuse_is_cut_and_says_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsupply.report.sarif._MAX_BYTES", 20_000)
    monkeypatch.setattr("mlsupply.report.sarif._MAX_RESULTS", 500)
    data = sarif(view_of(MANY))
    assert len(gzip.compress(data)) <= 20_000
    run = json.loads(data)["runs"][0]
    notes = run["invocations"][0]["toolExecutionNotifications"]
    gaps = [row for row in notes if "descriptor" in row]
    said = [row["message"]["text"] for row in notes if "descriptor" not in row]
    assert 0 < len(run["results"]) < 500
    assert 0 < len(gaps) < 600
    assert [text.partition(",")[0] for text in said] == [
        f"left out: {600 - len(run['results'])} findings",
        f"left out: {600 - len(gaps)} gaps",
    ]


def test_markdown_stays_a_comment_however_long_names_and_how_many_flaws_are() -> None:
    """GitHub takes 65,536 characters; a package with more findings than fit is not left out for it."""
    flaw = next(one for one in FINDINGS if one.advisory)
    assert flaw.advisory is not None
    upgrade = Upgrade("2.0+" + "<" * 190, checked=True, needs_python=">" * 190)
    long = [Coordinate("pypi", f"{'n' * 190}{n}", "1.0+" + "<" * 190) for n in range(200)]
    moving = replace(flaw.advisory, upgrade=upgrade)
    findings = [replace(flaw, package=one, advisory=moving if n % 2 else flaw.advisory) for n, one in enumerate(long)]
    data = markdown(view_of(replace(REPORT, findings=tuple(findings))))
    assert len(data.decode()) <= 60_000
    assert _of_markdown(data) == (200, len(REPORT.gaps))
    assert re.search(r"\*\*\d+ more do not fit here", data.decode())

    many = [replace(flaw, id=f"CVE-2026-{n}", remedy=f"step {n:03}", message="a message " * 20) for n in range(900)]
    text = markdown(view_of(replace(REPORT, findings=tuple(many)))).decode()
    assert len(text) <= 60_000
    assert _of_markdown(text.encode()) == (900, len(REPORT.gaps))
    assert text.count("CVE-2026-") > 50, "some of them are told"
    assert "and 890 more steps" in text


def test_what_a_group_has_no_room_for_is_counted_in_every_format_for_people() -> None:
    name, many = PACKAGES[3].name, 70
    package = replace(PACKAGES[3], places=tuple(Place(f"app-{n}/uv.lock", n + 1) for n in range(many)))
    paths: dict[PackageKey, tuple[tuple[str, ...], ...]] = {package.key: tuple((f"service-{n}", name) for n in range(many))}
    torch = next(one for one in FINDINGS if one.package == package.coordinate)
    found = replace(torch, places=(), message="a message of its own", kind=Kind.RELEASE, advisory=None)
    found = replace(found, places=tuple(Place("a.whl", member=f"m{n}.py") for n in range(many)))
    view = view_of(replace(REPORT, packages=(package,), paths=paths, findings=(found,)))
    shown = {"table": table(view).decode(), "markdown": markdown(view).decode(), "html": html(view).decode()}
    for text, paths_left, places_left in zip(shown.values(), (67, 67, 65), (66, 66, 62), strict=True):
        flat = " ".join(re.sub(r"<[^>]*>", " ", text).split())
        assert f"and {paths_left} more paths" in flat
        assert f"and {places_left} more" in flat
    assert "in m0.py, m1.py, m2.py and 67 more" in shown["table"]
    assert "m69.py" in table(view, most=WHOLE).decode()


def test_a_long_verdict_is_wrapped_below_its_first_word() -> None:
    lines = table(view_of(REPORT), width=50).decode().splitlines()
    assert lines[0].startswith(" FAIL  ")
    assert lines[1].startswith(" " * 7)
    assert not lines[1].startswith(" " * 8), "below what it goes on with"


def test_a_report_that_keeps_five_ways_does_not_say_that_there_are_five() -> None:
    name, torch = PACKAGES[3].name, next(one for one in FINDINGS if one.package == PACKAGES[3].coordinate)
    paths: dict[PackageKey, tuple[tuple[str, ...], ...]] = {
        PACKAGES[3].key: tuple((f"service-{n}", name) for n in range(MAX_PATHS))
    }
    view = view_of(replace(REPORT, packages=(PACKAGES[3],), paths=paths, findings=(torch,)))
    assert f"and at least 2 more paths: mlsupply why {name}" in table(view).decode()
    assert "and at least 2 more paths" in markdown(view).decode()
    assert "and perhaps more paths" in html(view).decode()


@pytest.mark.parametrize(
    ("inputs", "command"),
    [
        ([("uv.lock", "uv.lock"), ("app/uv.lock", "uv.lock")], "mlsupply why torch"),
        ([("my app/uv.lock", "uv.lock"), ("my app/x/uv.lock", "uv.lock")], "mlsupply why torch 'my app'"),
        ([("/w/app/uv.lock", "uv.lock")], "mlsupply why torch /w/app/uv.lock"),
        ([("/w/uv.lock", "uv.lock"), ("uv.lock", "uv.lock")], "mlsupply why torch"),
        ([("/opt/venv", "environment")], "mlsupply why torch --env /opt/venv"),
        ([("torch>=2", "requirement"), ("app/uv.lock", "uv.lock")], "mlsupply why torch 'torch>=2' app/uv.lock"),
    ],
)
def test_the_command_that_shows_the_other_paths_asks_where_the_run_did(inputs: list[tuple[str, str]], command: str) -> None:
    """Without the folder it looked in another one, and said that the package is not there."""
    read = tuple(Inventory(path=path, format=form, complete=True) for path, form in inputs)
    assert why(view_of(replace(REPORT, inputs=read)), "torch") == command


def _of_many_projects(number: int, severity: Severity = Severity.LOW) -> View:
    """The same said of many files, in one of them something more."""
    said = Finding(
        id="MLS-X1", check="index", kind=Kind.INDEX, title="No version", message="", severity=severity, remedy="Pin it."
    )
    several = [replace(said, subject=f"p{n:03}/requirements.txt", message=f"{n} names no version") for n in range(number)]
    more = replace(several[-1], id="MLS-X2")
    return view_of(replace(REPORT, findings=(*several, more)))


def test_what_is_said_of_many_files_alike_is_told_of_a_few_and_the_rest_is_counted() -> None:
    text = table(_of_many_projects(300)).decode()
    told = " ".join(text.split())
    assert told.count("names no version") == Most().alike + 2, "the last says more than the others"
    assert "LOW 294 more with MLS-X1 alone p005/requirements.txt, p006/requirements.txt," in told
    assert "and 288 more: -v shows all" in told
    assert told.count("Pin it.") == Most().alike + 1


def test_what_is_worse_than_low_is_told_of_every_file_and_so_is_everything_with_v() -> None:
    assert table(_of_many_projects(20, Severity.MEDIUM)).decode().count("names no version") == 21
    assert table(_of_many_projects(20), most=WHOLE).decode().count("names no version") == 21
    assert "more with" not in table(_of_many_projects(Most().alike + 1)).decode()
