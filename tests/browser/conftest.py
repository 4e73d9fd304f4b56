"""One Chromium for all tests here; without one they are skipped, and say so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium of the system."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"pages are not looked at: there is no Chromium here ({', '.join(_NAMES)})")
    driver = pytest.importorskip(
        "playwright.sync_api", reason="pages are not looked at: there is no playwright"
    )
    with driver.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=found, args=list(_QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The address of an example of each page."""
    from example_pages import example_pages

    folder = tmp_path_factory.mktemp("pages")
    for name, text in example_pages().items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {path.stem: path.as_uri() for path in folder.iterdir()}


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the pages are kept, to be looked at."""
    folder = Path(__file__).parents[2] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
