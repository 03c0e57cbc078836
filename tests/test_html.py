"""The HTML report in a real browser: filters, search, graph and theme work, hostile text is inert, nothing is loaded."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from mlsupply.model import Coordinate, Kind, Package, PackageKey, Severity
from mlsupply.report import html_drawing
from mlsupply.report.html import render
from mlsupply.report.html_elements import element, prose
from mlsupply.report.view import view_of
from tests.golden import FINDINGS, GAPS, HOSTILE, REPORT

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed (Debian: chromium, chromium-driver)"
)
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)


def test_text_and_attributes_are_escaped() -> None:
    made = element("a", HOSTILE, title=HOSTILE)
    assert made.count("<") == 2
    assert made.count('"') == 2


def test_a_cycle_in_the_paths_is_drawn_and_ends() -> None:
    paths = {key: (*some, ("chat-gateway", "litellm", "dspy", "litellm")) for key, some in REPORT.paths.items()}
    assert b"<svg" in render(view_of(replace(REPORT, paths=paths)))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*_FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, tmp_path: Path) -> webdriver.Chrome:
    path = tmp_path / "report.html"
    path.write_bytes(render(view_of(REPORT)))
    browser.get(path.as_uri())
    return browser


def _visible(page: webdriver.Chrome) -> list[str]:
    return [e.get_attribute("data-package") or "" for e in page.find_elements(By.CSS_SELECTOR, ".group") if e.is_displayed()]


def _one(page: webdriver.Chrome, query: str) -> WebElement:
    return page.find_element(By.CSS_SELECTOR, query)


@needs_browser
def test_filter_and_search_leave_what_was_asked_for(page: webdriver.Chrome) -> None:
    assert len(_visible(page)) == 3
    _one(page, '.filter[data-label="HIGH"]').click()
    assert _visible(page) == ["litellm", "https://wheels.example/cu128"]
    assert _one(page, "#shown").text == "3 of 4 findings shown"
    _one(page, "#reset").click()
    _one(page, "#search").send_keys("torch")
    assert _visible(page) == ["torch"]
    _one(page, "#search").send_keys(Keys.BACKSPACE * 5)
    _one(page, "#package-search").send_keys("dsp")
    rows = [row for row in page.find_elements(By.CSS_SELECTOR, "#package-rows tr") if row.is_displayed()]
    assert [row.get_attribute("data-name") for row in rows] == ["dspy"]


@needs_browser
def test_a_graph_node_shows_its_paths_by_mouse_and_by_keyboard(page: webdriver.Chrome) -> None:
    node = _one(page, '.node[data-name="litellm"]')
    node.click()
    assert node.get_attribute("aria-pressed") == "true"
    assert _visible(page) == ["litellm"]
    paths = [row.text for row in page.find_elements(By.CSS_SELECTOR, "#selected-paths li")]
    assert paths == ["chat-gateway → litellm", "chat-gateway → dspy → litellm"]
    assert len(page.find_elements(By.CSS_SELECTOR, ".edge.marked")) == 3
    node.send_keys(Keys.ENTER)
    assert node.get_attribute("aria-pressed") == "false"
    assert len(_visible(page)) == 3


@needs_browser
def test_the_keyboard_alone_reaches_everything_with_few_stops(page: webdriver.Chrome) -> None:
    """The skip link comes first; the drawing is one stop, in which arrows go from package to package; Escape lets go."""
    body = _one(page, "body")
    body.send_keys(Keys.TAB)
    assert page.switch_to.active_element.text == "Skip to findings"
    nodes = page.find_elements(By.CSS_SELECTOR, ".node")
    assert [node.get_attribute("tabindex") for node in nodes].count("0") == 1
    page.execute_script("arguments[0].focus()", nodes[0])
    names = [node.get_attribute("data-name") for node in nodes]
    for key, place in ((Keys.ARROW_RIGHT, 1), (Keys.ARROW_DOWN, 2), (Keys.ARROW_LEFT, 1), (Keys.END, -1), (Keys.HOME, 0)):
        page.switch_to.active_element.send_keys(key)
        assert page.switch_to.active_element.get_attribute("data-name") == names[place]
    litellm = nodes[names.index("litellm")]
    litellm.send_keys(Keys.SPACE)
    assert _visible(page) == ["litellm"]
    litellm.send_keys(Keys.ESCAPE)
    assert len(_visible(page)) == 3
    summary = _one(page, ".finding summary")
    summary.send_keys(Keys.ENTER)
    assert _one(page, ".finding").get_attribute("open")


@needs_browser
def test_every_control_has_a_name_every_id_is_there_once_and_headings_step_by_one(page: webdriver.Chrome) -> None:
    for control in page.find_elements(By.CSS_SELECTOR, "button, input, select, nav a, [role], nav, section, aside, summary"):
        assert control.accessible_name or control.tag_name == "summary", control.get_attribute("outerHTML")
    ids = page.execute_script("return Array.from(document.querySelectorAll('[id]'), e => e.id)")
    assert len(ids) == len(set(ids))
    named = page.execute_script(
        "return Array.from(document.querySelectorAll('[aria-labelledby]'), e => e.getAttribute('aria-labelledby'))"
    )
    assert set(named) <= set(ids)
    levels = page.execute_script("return Array.from(document.querySelectorAll('h1,h2,h3,h4'), e => +e.tagName[1])")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@needs_browser
def test_what_was_not_looked_at_stands_beside_the_verdict(page: webdriver.Chrome) -> None:
    tiles = {e.text.split("\n")[1]: e.text.split("\n")[0] for e in page.find_elements(By.CSS_SELECTOR, ".tiles li")}
    assert tiles == {
        "malicious": "1",
        "critical": "1",
        "high": "1",
        "not checked": "2",
        "waived": "1",
        "packages with findings": "2 of 4",
    }
    notice = _one(page, ".notice").text
    assert notice.startswith("2 things not checked")
    assert "no archive was at hand" in notice


def test_gaps_of_one_cause_are_one_line_beside_the_verdict() -> None:
    gaps = tuple(replace(GAPS[1], subject=f"package-{n} 1.0", place=None) for n in range(200))
    html = render(view_of(replace(REPORT, gaps=(GAPS[0], *gaps)))).decode()
    notice = html.partition("<aside")[2].partition("</aside>")[0]
    assert notice.count("<li>") == 2
    assert "contents, no-artifact: package-0 1.0 and 199 more: no archive was at hand" in notice


@needs_browser
def test_print_shows_every_finding_and_gap_and_no_control(page: webdriver.Chrome) -> None:
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not [e for e in page.find_elements(By.CSS_SELECTOR, "button, input, select, nav") if e.is_displayed()]
        assert all(e.is_displayed() for e in page.find_elements(By.CSS_SELECTOR, ".finding summary, #gaps td, #graph svg"))
        assert page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@needs_browser
def test_a_page_printed_while_filtered_says_how_much_it_shows(page: webdriver.Chrome) -> None:
    _one(page, '.filter[data-label="HIGH"]').click()
    _one(page, "#package-search").send_keys("dsp")
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert _one(page, "#shown").is_displayed()
        assert _one(page, "#shown").text == "3 of 4 findings shown"
        assert all(row.is_displayed() for row in page.find_elements(By.CSS_SELECTOR, "#package-rows tr"))
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@needs_browser
def test_without_scripts_everything_is_there_and_nothing_that_needs_one(page: webdriver.Chrome) -> None:
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.refresh()
        shown = [e for e in page.find_elements(By.CSS_SELECTOR, "button, input, select, .hint") if e.is_displayed()]
        assert shown == []
        assert all(e.is_displayed() for e in page.find_elements(By.CSS_SELECTOR, ".finding summary, #gaps td, #graph svg"))
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@needs_browser
def test_on_a_phone_no_table_is_cut_off(page: webdriver.Chrome) -> None:
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    )
    try:
        boxes = page.find_elements(By.CSS_SELECTOR, ".scroll:has(table)")
        assert len(boxes) == 3
        for box in boxes:
            assert page.execute_script("return arguments[0].scrollWidth <= arguments[0].clientWidth", box)
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_path_in_the_graph_keeps_its_end_and_the_key_tells_only_what_is_drawn() -> None:
    root = "/home/someone/projects/inference/requirements.txt"
    paths = {key: tuple((root, *path[1:]) for path in some) for key, some in REPORT.paths.items()}
    page = render(view_of(replace(REPORT, paths=paths))).decode()
    assert ">…inference/requirements.txt</text>" in page
    assert "on the index though known bad" in page
    undated = tuple(replace(one, advisory=replace(one.advisory, window=None)) if one.advisory else one for one in FINDINGS)
    assert "on the index though known bad" not in render(view_of(replace(REPORT, findings=undated))).decode()


def test_nothing_found_is_good_news_only_where_nothing_was_left_unchecked() -> None:
    for gaps, tone in ((GAPS, ""), ((), "ok")):
        page = render(view_of(replace(REPORT, findings=(), gaps=gaps))).decode()
        assert f'<li class="{tone}"><b>0</b><span>findings</span>' in page


@needs_browser
def test_open_all_opens_every_finding_and_closes_them_again(page: webdriver.Chrome) -> None:
    count = "return document.querySelectorAll('.finding[open]').length"
    _one(page, "#open").click()
    assert page.execute_script(count) == 4
    _one(page, "#open").click()
    assert page.execute_script(count) == 0


_LUMINANCE = {"r": 0.2126, "g": 0.7152, "b": 0.0722}


def _contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2 (1.4.3) between two colours as `#rgb` or `#rrggbb`."""

    def luminance(colour: str) -> float:
        digits = colour.lstrip("#")
        digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
        parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip(_LUMINANCE.values(), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_has_the_contrast_that_is_asked_of_text_in_light_dark_and_print() -> None:
    style = files("mlsupply.report").joinpath("html.css").read_text(encoding="utf-8")
    themes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block))
        for block in re.findall(r":root[^{]*\{([^{}]*--back[^}]*)\}", style)
    ]
    assert len(themes) == 4, "light, dark by preference, dark by choice, print"
    assert themes[1] == themes[2]
    for theme in themes:
        for name in set(theme) - {"back", "card", "line", "on-tone"}:
            for behind in ("back", "card"):
                assert _contrast(theme[name], theme[behind]) >= 4.5, (name, behind, theme)
        for tone in ("malicious", "critical", "high", "medium", "low", "unknown", "gap", "ok", "waived"):
            assert _contrast(theme["on-tone"], theme[tone]) >= 4.5, (tone, theme)


def test_what_stands_in_backticks_is_code_and_an_odd_one_is_left_alone() -> None:
    assert prose("run `mlsupply db sync` <now>") == "run <code>mlsupply db sync</code> &lt;now&gt;"
    assert prose("a ` b") == "a ` b"


@pytest.mark.parametrize(
    ("first", "last", "ticks"),
    [
        ("2026-03-01", "2026-03-20", ["2026-03-01", "2026-03-20"]),
        ("2026-01-10", "2026-05-02", ["2026-02", "2026-03", "2026-04", "2026-05"]),
        ("2023-08-31", "2026-11-21", ["2024-01", "2024-07", "2025-01", "2025-07", "2026-01", "2026-07"]),
        ("2015-06-01", "2026-06-01", ["2016", "2018", "2020", "2022", "2024", "2026"]),
    ],
)
def test_the_timeline_is_marked_at_starts_of_months_or_years(first: str, last: str, ticks: list[str]) -> None:
    ends = (datetime.fromisoformat(f"{first}T00:00:00+00:00"), datetime.fromisoformat(f"{last}T00:00:00+00:00"))
    found = html_drawing.ticks(*ends)
    assert [words for _, words in found] == ticks
    assert all(ends[0] <= moment <= ends[1] for moment, _ in found)


def test_no_line_of_the_graph_passes_through_a_box_that_is_not_its_own() -> None:
    links = {("root", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("root", "d"), ("root", "c"), ("a", "d"), ("d", "root")}
    drawn = html_drawing.layout(links)
    assert set(drawn.lines) == links
    for (one, other), points in drawn.lines.items():
        for (x1, y1), (x2, y2) in list(pairwise(points))[1::2]:  # the straight stretches, through columns
            assert y1 == y2
            for name, (x, y) in drawn.boxes.items():
                assert name in {one, other} or not (x1 <= x < x2 and y <= y1 <= y + 30), (one, other, name)


@needs_browser
def test_hostile_text_is_inert_and_nothing_is_asked_of_the_network(page: webdriver.Chrome) -> None:
    assert len(page.find_elements(By.TAG_NAME, "script")) == 1
    assert page.execute_script("return document.querySelectorAll('img,iframe,object,link,base').length") == 0
    assert HOSTILE in _one(page, "#gaps").text
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert [entry for entry in page.get_log("browser") if entry["level"] == "SEVERE"] == []


@needs_browser
def test_the_theme_can_be_changed_and_the_page_is_narrow_enough_for_a_phone(page: webdriver.Chrome) -> None:
    dark = "return getComputedStyle(document.body).backgroundColor"
    before = page.execute_script(dark)
    _one(page, "#theme").click()
    assert page.execute_script(dark) != before
    page.set_window_size(400, 800)
    assert page.execute_script("return document.documentElement.scrollWidth <= innerWidth")


@needs_browser
def test_the_name_in_a_box_leaves_room_for_the_word_beside_it(browser: webdriver.Chrome, tmp_path: Path) -> None:
    names = ("langchain-community-tools", "sentence-transformers-extra", "deploy/services/requirements-gpu.txt")
    labels = ("MALICIOUS", "CRITICAL", "HIGH", "")
    packages = [
        Package(coordinate=Coordinate("pypi", f"{name}-{label.lower()}", "1.0")) for name in names for label in labels
    ]
    worst = {"MALICIOUS": FINDINGS[0]} | {
        label: replace(FINDINGS[0], kind=Kind.CONTENT, severity=Severity(label.lower())) for label in ("CRITICAL", "HIGH")
    }
    findings = [
        replace(worst[label], package=package.coordinate)
        for package, label in zip(packages, labels * len(names), strict=True)
        if label
    ]
    paths: dict[PackageKey, tuple[tuple[str, ...], ...]] = {one.key: (("root", one.name),) for one in packages}
    report = replace(REPORT, packages=tuple(packages), findings=tuple(findings), paths=paths)
    path = tmp_path / "boxes.html"
    path.write_bytes(render(view_of(report)))
    browser.get(path.as_uri())
    sizes = browser.execute_script(
        """return [...document.querySelectorAll('g.node')].map(node => {
            const [name, word] = node.querySelectorAll('text'), box = node.querySelector('rect').getBBox()
            return [name.getBBox().x + name.getBBox().width, word ? word.getBBox().x : box.x + box.width]
        })"""
    )
    assert len(sizes) > len(findings)
    assert [ends for ends, room in sizes if ends > room] == []


@needs_browser
def test_a_thousand_packages_with_findings_are_interactive(browser: webdriver.Chrome, tmp_path: Path) -> None:
    packages = tuple(Package(coordinate=Coordinate("pypi", f"package-{n}", "1.0")) for n in range(1000))
    findings = tuple(replace(FINDINGS[0], package=package.coordinate, id=f"X-{n}") for n, package in enumerate(packages))
    path = tmp_path / "large.html"
    path.write_bytes(render(view_of(replace(REPORT, packages=packages, findings=findings, paths={}))))
    browser.get(path.as_uri())
    _one(browser, "#search").send_keys("x-999")
    assert _one(browser, "#shown").text == "1 of 1000 findings shown"
    ready = browser.execute_script("return performance.getEntriesByName('mlsupply-interactive')[0].startTime")
    print(f"interactive after {ready:.0f} ms with 1,000 packages and findings")
