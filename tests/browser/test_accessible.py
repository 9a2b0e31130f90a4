"""The built pages for those who do not see them, or use no mouse."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import chromium
from tests.browser.chromium import pages, see_charts, seen

# Each looks at all pages or decks, and a busy machine takes its time.
pytestmark = [pytest.mark.book, pytest.mark.browser, pytest.mark.timeout(2400)]

WEIGHED = {"serious", "critical"}
#: More presses of the key than a page may need to reach its text.
MOST_PRESSES = 60


def violations(page):
    """What axe-core finds on a page that weighs: rule, element and what it says."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {' '.join(node['target'][0]) if isinstance(node['target'][0], list) else node['target'][0]}"
        f" ({node['failureSummary'].splitlines()[-1].strip()})"
        for rule in found
        if rule["impact"] in WEIGHED
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(browser, html, theme):
    wrong: dict[str, list[str]] = {}
    for path in pages(html):
        with chromium.offline_page(
            browser, color_scheme=theme, viewport={"width": 1280, "height": 900}, bypass_csp=True
        ) as (page, _):
            page.goto(path.as_uri() + "?state=BRA")
            see_charts(page)
            for found in violations(page):
                wrong.setdefault(found, []).append(path.name)
    assert not wrong, "\n".join(f"{what}: {', '.join(where)}" for what, where in wrong.items())


def focused(page, selector):
    """Whether the element that has the focus is of this kind."""
    return page.evaluate("selector => document.activeElement.matches(selector)", selector)


def press_until(page, selector, key="Tab"):
    """Press a key until an element of this kind has the focus; gives how often."""
    for number in range(1, MOST_PRESSES + 1):
        page.keyboard.press(key)
        if focused(page, selector):
            return number
    raise AssertionError(f"{MOST_PRESSES} presses of {key} do not lead to {selector}")


def test_the_first_key_leads_past_the_menus(browser, html):
    with chromium.offline_page(browser, viewport={"width": 1280, "height": 900}) as (page, _):
        page.goto((html / "chapters/puzzle.html").as_uri())
        page.keyboard.press("Tab")
        assert focused(page, ".skip-link a")
        page.keyboard.press("Enter")
        assert page.url.endswith("#main-content")
        page.keyboard.press("Tab")
        assert focused(page, "#main-content *")


def test_the_state_to_follow_is_chosen_by_keys_alone(browser, html):
    with chromium.offline_page(browser, viewport={"width": 1280, "height": 900}) as (page, _):
        page.goto((html / "chapters/manifestations/interests.html").as_uri())
        press_until(page, "#follow-state")
        page.keyboard.type("Bra")
        page.wait_for_function("document.getElementById('follow-state').value === 'BRA'")
        assert page.locator("#follow-state").evaluate("list => getComputedStyle(list).outlineStyle") != "none"


def test_a_chart_s_figures_are_one_key_away_and_can_be_scrolled_by_keys(browser, html):
    with chromium.offline_page(browser, viewport={"width": 1280, "height": 900}) as (page, _):
        page.goto((html / "chapters/manifestations/interests.html").as_uri())
        figure = seen(page, "interests-general")
        assert figure.get_attribute("aria-label")
        figure.locator("summary").focus()
        page.keyboard.press("Enter")
        table = figure.locator(".chart-table")
        assert table.is_visible()
        page.keyboard.press("Tab")
        assert focused(page, ".chart-table")
        page.keyboard.press("End")
        page.wait_for_function("table => table.scrollTop > 0", arg=table.element_handle())
        page.keyboard.press("Tab")
        assert focused(page, ".chart-data a[download]")


def test_folds_open_and_close_by_keys(browser, html):
    with chromium.offline_page(browser, viewport={"width": 1280, "height": 900}) as (page, _):
        page.goto((html / "chapters/puzzle.html").as_uri())
        for fold, within in (
            (page.locator(".abstract-zh .toggle-button"), page.locator(".abstract-zh > p").nth(1)),
            (page.locator(".solution .toggle-button").first, page.locator(".solution p").nth(1)),
            (page.locator("details.hide > summary").first, page.locator("details.hide pre").first),
        ):
            fold.focus()
            assert not within.is_visible()
            page.keyboard.press("Enter")
            within.wait_for(state="visible")
            page.keyboard.press("Enter")
            within.wait_for(state="hidden")


def test_heads_of_the_ledger_tell_how_it_is_sorted(browser, html):
    with chromium.offline_page(browser, viewport={"width": 1280, "height": 900}) as (page, _):
        page.goto((html / "chapters/synthesis/ledger.html").as_uri())
        head = page.locator(".sortable th").first
        head.locator("button").focus()
        for told in ("ascending", "descending", None):
            page.keyboard.press("Space")
            assert head.get_attribute("aria-sort") == told
