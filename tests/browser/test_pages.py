"""The pages as people see them: wide and narrow, light and dark, with and without a script, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAGES = ("run", "quantity", "unfinished", "sweep", "ablation", "curve", "compare")
WIDTHS = (1280, 390)
UNDRESSED = """() => [...document.querySelectorAll("svg :is(path, polygon, rect, circle)")]
    .filter((one) => getComputedStyle(one).fill === "rgb(0, 0, 0)").length"""  # the fill of what has no style
OVERLAPS = (Path(__file__).parent / "overlaps.js").read_text("utf-8")


@pytest.fixture(scope="module", params=["light", "dark"])
def view(request: pytest.FixtureRequest, browser: Any) -> Iterator[tuple[Any, str, list[str]]]:
    """A tab in one of the two colour schemes, and what is wrong in its console."""
    scheme: str = request.param
    tab = browser.new_page(color_scheme=scheme, reduced_motion="reduce")
    wrong: list[str] = []
    tab.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    yield tab, scheme, wrong
    tab.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(view: Any, pages: dict[str, str], screenshots: Path, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    tab, scheme, wrong = view
    wrong.clear()
    tab.goto(pages[name])
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        tab.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.evaluate(OVERLAPS) == []
    assert tab.evaluate(UNDRESSED) == 0
    found = Axe().run(tab).response["violations"]
    grave = [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == []
    assert wrong == []


def test_everything_folded_away_is_whole_too(view: Any, pages: dict[str, str]) -> None:
    tab, _, _ = view
    for name in ("run", "sweep"):
        tab.goto(pages[name])
        tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        assert tab.evaluate(OVERLAPS) == []


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A wide tab."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    yield opened
    opened.close()


def test_the_pointer_and_the_arrow_keys_read_a_curve(tab: Any, pages: dict[str, str]) -> None:
    tab.goto(pages["run"])
    chart = tab.locator("figure.curves svg.chart").first
    chart.hover()
    readout = tab.locator("figure.curves .readout").first
    assert "validation rows" in readout.inner_text()
    tab.mouse.move(0, 0)
    assert readout.is_hidden()
    chart.focus()
    tab.keyboard.press("Home")
    assert chart.get_attribute("aria-valuetext").startswith("epoch 1: training rows")
    tab.keyboard.press("ArrowRight")
    assert readout.inner_text().startswith("epoch 2")
    tab.keyboard.press("Escape")
    assert readout.is_hidden()


def test_curves_are_switched_off_and_on(tab: Any, pages: dict[str, str]) -> None:
    tab.goto(pages["run"])
    figure = tab.locator("figure.curves").first
    drawn = figure.locator("svg.chart path.curve")
    assert drawn.count() == 2
    button = figure.get_by_role("button", name="training rows")
    button.focus()
    tab.keyboard.press("Enter")
    assert (drawn.count(), button.get_attribute("aria-pressed")) == (1, "false")
    button.click()
    assert drawn.count() == 2
    flow = tab.locator("#layers figure.curves").first.locator("path.curve")
    assert flow.count() == 7
    tab.locator(".shared-legend button").first.click()
    assert flow.count() == 6


def test_a_redrawn_picture_looks_like_the_static_one(tab: Any, pages: dict[str, str]) -> None:
    tab.goto(pages["run"])
    figure = tab.locator("figure.curves").first
    texts = figure.locator("svg.chart text")
    before = (texts.all_inner_texts() or []), figure.locator("path.curve").first.get_attribute("d")
    for _ in range(2):
        figure.get_by_role("button", name="validation rows").click()
    after = (texts.all_inner_texts() or []), figure.locator("path.curve").first.get_attribute("d")
    assert after[0] == before[0]
    points = [
        [float(one) for one in d.replace("M", "").replace("L", "").split()] for d in (before[1], after[1])
    ]
    assert points[0] == pytest.approx(points[1], abs=0.05)


def test_tables_are_sorted_by_their_heads(tab: Any, pages: dict[str, str]) -> None:
    tab.goto(pages["sweep"])
    board = tab.locator("#leaderboard table").first
    head = board.get_by_role("button", name="Trial")
    cells = board.locator("tbody tr th")
    head.click()
    falling = [int(text) for text in cells.all_inner_texts()]
    assert falling == sorted(falling, reverse=True)
    head.click()
    assert [int(text) for text in cells.all_inner_texts()] == sorted(falling)
    assert board.locator("th[aria-sort=ascending]").count() == 1


def test_a_brush_keeps_the_trials_that_pass_there(tab: Any, pages: dict[str, str]) -> None:
    tab.goto(pages["sweep"])
    lines, out = tab.locator("svg.parallel .trial"), tab.locator("svg.parallel .trial.out")
    assert lines.count() == 40
    handle = tab.get_by_role("slider", name="Brush on learning_rate")
    handle.focus()
    tab.keyboard.press("ArrowUp")
    by_keys = out.count()
    assert 0 < by_keys < 40
    assert f"{40 - by_keys} of 40 trials" in tab.locator(".brushed").inner_text()
    assert tab.locator("#leaderboard tr.out").count() > 0
    tab.keyboard.press("Escape")
    assert out.count() == 0
    handle.scroll_into_view_if_needed()
    box = tab.get_by_role("slider", name="Brush on dropout").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 10
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x, y + box["height"] / 2, steps=3)
    tab.mouse.up()
    assert 0 < out.count() < 40


def test_without_a_script_text_and_pictures_are_there(browser: Any, pages: dict[str, str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(pages["run"])
    assert plain.locator("h1").inner_text().startswith("It names the right species")
    assert plain.locator("figure.curves path.curve").count() > 20
    assert plain.locator("svg.chart title").count() > 8
    plain.goto(pages["sweep"])
    assert plain.locator("svg.parallel .trial").count() == 40
    context.close()


def test_on_paper_nothing_stays_folded(tab: Any, pages: dict[str, str], screenshots: Path) -> None:
    tab.goto(pages["run"])
    tab.emulate_media(media="print")
    assert tab.locator("nav").is_hidden()
    assert tab.get_by_text("learning_rate", exact=True).last.is_visible()
    tab.pdf(path=screenshots / "run.pdf", format="A4")
    assert (screenshots / "run.pdf").stat().st_size > 20_000
