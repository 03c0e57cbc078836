"""The HTML report in a real browser: filters, search, graph and theme work, hostile text is inert, nothing is loaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from mlsupply.model import Coordinate, Package
from mlsupply.report.html import render
from mlsupply.report.html_elements import element
from mlsupply.report.view import view_of
from tests.golden import FINDINGS, HOSTILE, REPORT

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
