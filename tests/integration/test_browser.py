"""The report page in Chromium: nothing is loaded, all is legible, and names are text."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackgen.cli import main
from stackgen.report.page import render
from tests.report.test_page import _named
from tests.sandbox import ROOT

sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
CHROMIUM = os.environ.get("STACKGEN_CHROMIUM") or shutil.which("chromium")
WIDTH = 1200
# What a browser would run if it took the name for HTML.
EVIL = '"><img src=x onerror="document.title=1"><script>document.title=1</script>'


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except sync_api.Error as error:
            pytest.skip(f"no Chromium: STACKGEN_CHROMIUM names the program ({error})"[:200])
        yield found
        found.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of the reference stack, of one with six columns in its map, and of hostile names."""
    folder = tmp_path_factory.mktemp("pages")
    hosts = ROOT / "tests" / "cases" / "stacks" / "multi-host"
    for name, stack in (("reference", ROOT), ("hosts", hosts)):
        main.cli.main(
            ["report", "-C", str(stack), "--output", str(folder / f"{name}.html")],
            standalone_mode=False,
        )
    hostile = render(EVIL, [replace(_named(EVIL), env=EVIL)])
    (folder / "hostile.html").write_text(hostile, encoding="utf-8")
    return {file.stem: file for file in folder.iterdir()}


class Seen:
    """A page that is open, with all that it asked for and complained of."""

    def __init__(self, browser: Any, file: Path, *, media: str = "light", script: bool = True):
        scheme = media if media != "print" else "light"
        self.context = browser.new_context(
            viewport={"width": WIDTH, "height": 900}, color_scheme=scheme,
            java_script_enabled=script,
        )  # fmt: skip
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if media == "print":
            self.page.emulate_media(media="print")
        self.page.goto(file.as_uri())

    def __enter__(self) -> Any:
        return self.page

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("name", ["reference", "hosts", "hostile"])
@pytest.mark.parametrize("media", ["light", "dark", "print"])
def test_the_page_loads_nothing_and_fits(
    browser: Any, files: dict[str, Path], name: str, media: str
) -> None:
    seen = Seen(browser, files[name], media=media)
    with seen as page:
        assert seen.requests == [files[name].as_uri()] and seen.complaints == []
        assert page.evaluate("document.documentElement.scrollWidth") == WIDTH
        back = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (back == "rgb(255, 255, 255)") == (media != "dark")


@pytest.mark.parametrize("name", ["reference", "hosts"])
def test_the_map_fits_and_its_texts_are_in_their_boxes(
    browser: Any, files: dict[str, Path], name: str
) -> None:
    with Seen(browser, files[name]) as page:
        outside = page.evaluate(
            """() => [...document.querySelectorAll(".netmap g")].flatMap((group) => {
                const box = group.querySelector("rect.box")?.getBoundingClientRect();
                return box ? [...group.querySelectorAll("text")].filter((text) => {
                  const at = text.getBoundingClientRect();
                  return at.left < box.left || at.right > box.right || at.top < box.top
                    || at.bottom > box.bottom + 1;
                }).map((text) => text.textContent) : [];
              })"""
        )
        assert outside == []
        for part in page.query_selector_all(".map"):
            assert part.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_a_hostile_name_runs_nothing(browser: Any, files: dict[str, Path]) -> None:
    with Seen(browser, files["hostile"]) as page:
        assert page.title() == f"Stack {EVIL}"
        assert page.query_selector_all("img") == []
        assert page.inner_text("h1").startswith(f"Stack {EVIL}")


def test_the_filter_shows_what_has_all_words(browser: Any, files: dict[str, Path]) -> None:
    with Seen(browser, files["reference"]) as page:
        page.fill("#filter", "kube-dns inference-gateway")
        shown = page.query_selector_all("[data-filter]:not([hidden])")
        texts = [one.text_content().lower() for one in shown]
        assert texts and all("kube-dns" in t and "inference-gateway" in t for t in texts)
        assert page.inner_text("#filtered").startswith(f"{len(texts)} of ")
        page.fill("#filter", "")
        assert page.query_selector_all("[data-filter][hidden]") == []
        assert page.query_selector_all("details[open]") == []


def test_a_link_opens_the_part_that_it_leads_to(browser: Any, files: dict[str, Path]) -> None:
    with Seen(browser, files["reference"]) as page:
        page.evaluate(
            """() => { document.querySelector("details").lastElementChild.id = "inner";
                       location.hash = "#inner"; }"""
        )
        page.wait_for_selector("details[open] #inner")
        page.goto(f"{files['reference'].as_uri()}#env-prod-rollout")
        assert page.evaluate("document.querySelector(':target').getBoundingClientRect().top") >= 0


def test_ages_are_those_of_the_day(browser: Any, files: dict[str, Path]) -> None:
    with Seen(browser, files["reference"]) as page:
        days = page.evaluate(
            """() => { const time = document.querySelector("time[data-limit]");
              const days = Math.floor((Date.now() - Date.parse(time.dateTime)) / 86400000);
              return time.nextElementSibling.textContent.includes(`(${days} days`); }"""
        )
        assert days


def test_without_a_script_the_page_is_complete(browser: Any, files: dict[str, Path]) -> None:
    with Seen(browser, files["reference"], script=False) as page:
        assert page.query_selector("label:has(#filter)").is_hidden()
        assert page.query_selector("#env-prod-findings").is_visible()
        page.click("summary >> nth=0")
        assert page.query_selector("details[open] li").is_visible()


def test_the_keyboard_reaches_the_content_first(browser: Any, files: dict[str, Path]) -> None:
    with Seen(browser, files["reference"]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.url.endswith("#content")


def test_printed_reasons_are_open(browser: Any, files: dict[str, Path]) -> None:
    with Seen(browser, files["reference"], media="print", script=False) as page:
        heights = page.eval_on_selector_all(
            "details:not(.long) li", "found => found.map((e) => e.getBoundingClientRect().height)"
        )
        assert heights and min(heights) > 0
        assert page.query_selector("nav").is_hidden()


@pytest.mark.parametrize("name", ["reference", "hosts"])
def test_a_printed_page_fits_the_paper(name: str, browser: Any, files: dict[str, Path]) -> None:
    with Seen(browser, files[name], media="print") as page:
        page.set_viewport_size({"width": 718, "height": 1000})  # A4 with margins of 1 cm
        assert page.evaluate("document.documentElement.scrollWidth") <= 718
