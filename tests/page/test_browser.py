"""HTML in headless Chromium: no violation that axe-core finds, nothing to scroll sideways, one month a page, no request, any words as text.

Needs Chromium, and Playwright and axe-core from the extra `interop`: pytest -m browser
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest

from dosing.page.html import to_html
from dosing.page.model import Page
from tests.page.pages import by_hand, changed, dense, drawn, invented, made

pytestmark = pytest.mark.browser

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_NEEDED = {
    "Chromium (apt-get install chromium)": bool(_CHROMIUM),
    "playwright, axe-playwright-python and pypdf (pip install 'dosing[interop]')": all(
        map(find_spec, ("playwright", "axe_playwright_python", "pypdf"))
    ),
}
# What the page is shown on: a desktop, a phone, the narrowest that WCAG asks for, and a desktop zoomed to 200 %.
_SCREENS = {"desktop": (1280, 900), "phone": (390, 844), "narrow": (320, 640), "zoomed": (640, 450)}
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_WORDS = "</style><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">\u202e\u0628\u2066 & 25 mg \U0001f489"

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if absent := [name for name, there in _NEEDED.items() if not there]:
        message = f"no test of the pages in a browser: {' and '.join(absent)}"
        pytest.fail(message) if os.environ.get("DOSING_INTEROP") == "all" else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=[*options, "--disable-sync", "--no-first-run"])
        yield browser
        browser.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the file of a page on a screen; fails where it asks for anything but itself, or says anything on the console."""
    contexts, told = [], []

    def shown(page: Page, screen: str = "desktop", *, dark: bool = False, large: bool = False) -> Any:
        width, height = _SCREENS[screen]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light")
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda request: told.append(request.url))
        tab.on("console", lambda message: told.append(message.text))
        tab.on("pageerror", lambda error: told.append(str(error)))
        path = tmp_path / "page.html"
        path.write_text(to_html(page, large=large), encoding="utf-8", newline="")
        tab.goto(path.as_uri())
        assert told == [path.as_uri()]
        told.clear()
        return tab

    yield shown
    assert told == []
    for context in contexts:
        context.close()


def _violations(tab: Any) -> list[str]:
    tab.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": _RULES}, "resultTypes": ["violations", "incomplete"]}
    found = tab.evaluate("options => axe.run(document, options)", options)
    assert len(found["passes"]) > 10
    kinds = ("violations", "incomplete")
    return [f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}" for kind in kinds for each in found[kind]]


# -- accessible ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("screen", ["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "de", "ar", "ko"])
def test_axe_finds_nothing(show: Open, language: str, dark: bool, screen: str) -> None:
    assert _violations(show(dense(language), screen, dark=dark)) == []


@pytest.mark.parametrize("screen", ["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_large_letters_and_in_a_plan_that_changed(show: Open, tmp_path: Path, dark: bool, screen: str) -> None:
    assert _violations(show(made(changed(tmp_path)), screen, dark=dark, large=True)) == []
    assert _violations(show(made(invented(tmp_path)), screen, dark=dark)) == []
    assert _violations(show(by_hand("some words"), screen, dark=dark)) == []


def test_the_grid_is_a_table_to_a_screen_reader(show: Open) -> None:
    """With a caption, and a header over each column, on both screens; the dates are said in full."""
    tab = show(made(drawn("krd", cycles=1)))
    table = tab.get_by_role("table", name="January 2026")
    assert table.get_by_role("columnheader").all_text_contents() == [day for _, day in made(drawn("krd", cycles=1)).weekdays]
    assert table.get_by_role("row").count() == 6
    assert "Monday, January 5, 2026" in table.get_by_role("cell").nth(7).aria_snapshot()


def test_on_a_phone_it_is_a_list_of_the_days_that_have_something(show: Open) -> None:
    tab = show(made(drawn("krd", cycles=1)), "phone")
    days = [text for text in tab.locator("td:visible .spoken").all_inner_texts() if text]
    assert days[:2] == ["Monday, January 5, 2026", "Tuesday, January 6, 2026"]
    assert tab.locator("td:visible").count() == 22
    assert tab.locator("thead, .number").evaluate_all("all => all.every(each => !each.offsetParent)")
    boxes = tab.locator("td:visible").evaluate_all("all => all.map(each => each.getBoundingClientRect().left)")
    assert len(set(boxes)) == 1


# -- fits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("large", [False, True], ids=["usual", "large"])
@pytest.mark.parametrize("screen", _SCREENS)
def test_nothing_is_scrolled_sideways(show: Open, screen: str, large: bool) -> None:
    """Nor is anything cut off, with names of drugs and with one word of 5,000 letters."""
    for page in (dense("de"), dense("ar"), by_hand("methylprednisolone"), by_hand("x" * 5000)):
        tab = show(page, screen, large=large)
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.title[:20]
        inner = tab.locator("td, .place, li").evaluate_all("all => all.filter(each => each.scrollWidth > each.clientWidth + 1).length")
        assert inner == 0


def test_the_letters_grow_with_those_of_the_reader_and_in_the_large_page(show: Open) -> None:
    # In large letters a list on this screen.
    sizes = [
        show(made(drawn("v", cycles=1)), large=large).evaluate("parseFloat(getComputedStyle(document.querySelector('td')).fontSize)")
        for large in (False, True)
    ]
    assert sizes == [14, 22]


# -- on paper -----------------------------------------------------------------------------------------------------


def _sheets(tab: Any, paper: str) -> list[tuple[str, tuple[float, float]]]:
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(tab.pdf(format=paper, prefer_css_page_size=False)))
    return [(page.extract_text(), cast("tuple[float, float]", (page.mediabox.width, page.mediabox.height))) for page in reader.pages]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("language", ["en", "de", "ar", "ko"])
def test_each_month_is_on_one_sheet_of_paper(show: Open, language: str, paper: str) -> None:
    """The first page, the months lying, then the diary; at the foot of each what it was made of, and its number."""
    page = dense(language)
    sheets = _sheets(show(page), paper)
    lying = [number for number, (_, (width, height)) in enumerate(sheets) if width > height]
    assert lying == list(range(1, len(page.months) + 1))
    for number, (text, _) in enumerate(sheets, 1):
        assert "3f9ac2b1" in text.replace("\u200e", "")
        assert re.search(rf"\b{number}\b", text.splitlines()[-1]) or re.search(rf"\b{number}\b", text)
    for number, month in zip(lying, page.months, strict=True):
        assert re.findall(r"\d{4}", month.title)[0] in sheets[number][0]


def test_a_month_in_large_letters_keeps_its_header_on_the_next_sheet(show: Open) -> None:
    sheets = [text for text, (width, height) in _sheets(show(dense(), large=True), "A4") if width > height]
    assert len(sheets) > 3
    assert all("Monday" in text and "Made on" in text for text in sheets)


def test_long_days_are_a_list_on_paper(show: Open) -> None:
    sheets = _sheets(show(by_hand("many words " * 150)), "A4")
    assert all(width < height for _, (width, height) in sheets)
    assert "many words" in sheets[1][0]


# -- any words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right_to_left", [False, True])
def test_any_words_are_text_to_the_browser(show: Open, right_to_left: bool) -> None:
    """Nothing runs, nothing is fetched, and the words come back as they were; a carriage return too."""
    words = f"{_WORDS}\r\n2"
    tab = show(by_hand(words, right_to_left=right_to_left))
    assert tab.title() == re.sub(r"[ \r\n]+", " ", words)
    for css in ("h1", "h2", "h3", "h4", ".what s", ".more", ".tag", ".label", ".much", "footer p"):
        assert set(tab.locator(css).evaluate_all("all => all.map(each => each.textContent)")) == {words}
    assert tab.locator("script, img").count() == 0
