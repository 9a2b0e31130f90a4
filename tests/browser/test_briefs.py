"""Country briefs as files of their own: opened from the disk, wide and narrow, and looked for in the index."""

import pytest

from cybergov import briefs, data, places
from tests.browser import chromium
from tests.browser.test_accessible import violations

from ..conftest import ROOT

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three briefs, and an index of all states."""
    place = tmp_path_factory.mktemp("briefs")
    made = briefs.make(["KEN", "GBR", "PRK"], root=ROOT)
    briefs.write(made, place, pdf=False)
    names = places.names_of_states()
    every = [briefs.Brief(iso3, names[iso3][0], "") for iso3 in data.load("states")["iso3"]]
    (place / "index.html").write_text(briefs.index(every, pdf=True), encoding="utf-8")
    return place


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_briefs_open_without_a_network_and_without_scrolling_sideways(browser, folder, size, theme):
    for path in sorted(folder.glob("*.html")):
        with chromium.offline_page(browser, viewport=size, color_scheme=theme, bypass_csp=True) as (
            page,
            wrong,
        ):
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path.name
            assert wrong == []
            assert violations(page) == [], path.name
            back = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (back == "rgb(255, 255, 255)") == (theme == "light")


@pytest.mark.parametrize(
    ("sought", "found"),
    [("ken", ["Kenya"]), ("turkey", ["Türkiye"]), ("cote d’iv", ["Côte d'Ivoire"]), ("zzz", [])],
)
def test_the_index_is_searched_by_code_and_name_on_a_phone(browser, folder, sought, found):
    with chromium.offline_page(browser, viewport=PHONE) as (page, wrong):
        page.goto((folder / "index.html").as_uri())
        page.get_by_label("Search by name, code").fill(sought)
        shown = page.locator(".brief-index li:visible > a").all_inner_texts()
        assert shown == found
        assert page.get_by_role("status").inner_text() == f"{len(found)} of 193 States"
        assert wrong == []


def test_the_index_is_used_by_keys_alone_and_leads_to_a_brief(browser, folder):
    with chromium.offline_page(browser, viewport=DESK) as (page, _):
        page.goto((folder / "index.html").as_uri())
        page.get_by_label("Search by name, code").focus()
        page.keyboard.type("Kenya")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "KEN.html"
        page.keyboard.press("Enter")
        page.wait_for_url("**/KEN.html")
        assert "Kenya" in page.locator("h2").inner_text()


def test_a_regional_group_leaves_its_members_and_clearing_all(browser, folder):
    with chromium.offline_page(browser, viewport=PHONE) as (page, _):
        page.goto((folder / "index.html").as_uri())
        field = page.get_by_label("Search by name, code")
        field.fill("eastern european")
        members = data.load("states").query("regional_group == 'Eastern European States'")
        assert page.locator(".brief-index li:visible").count() == len(members)
        field.fill("")
        assert page.locator(".brief-index li:visible").count() == 193


def test_without_scripts_the_whole_list_stands_there(browser, folder):
    with chromium.offline_page(browser, java_script_enabled=False) as (page, _):
        page.goto((folder / "index.html").as_uri())
        assert page.locator(".brief-index li:visible").count() == 193
        assert page.locator(".brief-index input:visible").count() == 0
