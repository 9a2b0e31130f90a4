"""A headless Chromium without a network, for tests that open pages as a reader would."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from cybergov import slides
from cybergov.paper import BROWSERS, QUIET


def found() -> str | None:
    """Return the path of the first Chromium on PATH."""
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


@contextmanager
def launch() -> Iterator[Browser]:
    """Start Chromium with a fresh profile, and end it; skip the test where there is none."""
    path = found()
    if path is None:
        pytest.skip(f"NOT TESTED IN A BROWSER: none of {', '.join(BROWSERS)} is on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def offline_page(browser: Browser, **context: Any) -> Iterator[tuple[Page, list[str]]]:
    """Open a page that has no network, and a list that collects what goes wrong in it.

    The list gets console errors, uncaught errors and every address outside that the page asks for.
    Keywords go to the browser context, such as ``viewport`` and ``color_scheme``.
    """
    opened = browser.new_context(offline=True, **context)
    wrong: list[str] = []

    def refused(route: Any) -> None:
        wrong.append(f"asked for {route.request.url}")
        route.abort()

    try:
        opened.route(lambda url: url.startswith(("http:", "https:")), refused)
        page = opened.new_page()
        page.on(
            "console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None
        )
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        yield page, wrong
    finally:
        opened.close()


def pages(html: Path) -> list[Path]:
    """Every page but the first file, which only leads on to the introduction; slides are no pages."""
    decks = html / slides.FOLDER
    return sorted(
        path
        for path in html.rglob("*.html")
        if "_static" not in path.parts and path.name != "index.html" and path.parent != decks
    )


def see_charts(page: Page) -> None:
    """Bring each chart into view and wait until it is drawn."""
    for figure in page.locator("figure.book-chart").all():
        bring_into_view(page, figure)


def bring_into_view(page: Page, figure: Locator) -> None:
    """Scroll to a chart and wait until it is drawn."""
    # Not scroll_into_view_if_needed, which also waits for two frames without any movement.
    figure.evaluate("figure => figure.scrollIntoView({block: 'center', behavior: 'instant'})")
    page.wait_for_function("figure => figure.dataset.drawn === 'true'", arg=figure.element_handle())


def seen(page: Page, name: str) -> Locator:
    """A chart that has come into view and is drawn."""
    figure = page.locator(f"#chart-{name}")
    bring_into_view(page, figure)
    return figure
