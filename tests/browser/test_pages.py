"""The built pages as a reader opens them: from the disk, without a network, wide and narrow."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from cybergov import findings
from tests.browser import chromium
from tests.browser.chromium import bring_into_view, pages, see_charts, seen

# Each looks at all pages or decks, and a busy machine takes its time.
pytestmark = [pytest.mark.book, pytest.mark.browser, pytest.mark.timeout(2400)]

SIZES = {"phone": (390, 844), "tablet": (768, 1024), "desk": (1280, 900)}


def test_there_are_pages_to_open_and_charts_on_them(html):
    names = {path.relative_to(html).as_posix() for path in pages(html)}
    assert {
        "intro.html",
        "chapters/puzzle.html",
        "chapters/manifestations/legitimacy.html",
    } <= names
    assert (html / "chapters/puzzle.html").read_text().count('class="book-chart') >= 4


def test_the_first_file_leads_to_the_introduction(browser, html):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((html / "index.html").as_uri())
        page.wait_for_url("**/intro.html")
        assert "tested" in page.locator("article h1").last.inner_text()
        assert wrong == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_works_without_a_network(browser, html, theme):
    """Every chart is drawn and described; no error, no request to outside, no lost file."""
    for path in pages(html):
        where = f"{path.name}, {theme}"
        with chromium.offline_page(browser, viewport={"width": 1280, "height": 900}, color_scheme=theme) as (
            page,
            wrong,
        ):
            lost: list[str] = []
            page.on("requestfailed", lambda request: lost.append(request.url))  # noqa: B023
            page.goto(path.as_uri())
            figures = page.locator("figure.book-chart")
            for number in range(figures.count()):
                figure = figures.nth(number)
                bring_into_view(page, figure)
                assert figure.locator("svg").count() >= 1, where
                assert len(figure.get_attribute("aria-label") or "") > 40, where
                assert figure.locator("details.chart-data table tbody tr").count() >= 1, where
            assert wrong == [], where
            assert lost == [], where


def test_no_page_names_an_address_that_it_would_load(html):
    for path in pages(html):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        loads = [tag.get("src") for tag in soup.select("script[src], img[src], iframe[src], source[src]")]
        loads += [
            tag.get("href") for tag in soup.select("link[rel=stylesheet], link[rel=icon], link[rel=preload]")
        ]
        assert [url for url in loads if str(url).startswith(("http:", "https:", "//"))] == [], path


@pytest.mark.parametrize("size", SIZES)
def test_no_page_scrolls_sideways(browser, html, size):
    width, height = SIZES[size]
    for path in pages(html):
        with chromium.offline_page(browser, viewport={"width": width, "height": height}) as (page, _):
            page.goto(path.as_uri())
            see_charts(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name


@pytest.mark.parametrize("size", SIZES)
def test_no_page_moves_while_it_opens(browser, html, size):
    width, height = SIZES[size]
    moved = {}
    for path in pages(html):
        with chromium.offline_page(browser, viewport={"width": width, "height": height}) as (page, _):
            page.add_init_script(
                "window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => "
                "(window.moved += entry.value))).observe({type: 'layout-shift', buffered: true});"
            )
            page.goto(path.as_uri())
            page.wait_for_timeout(300)
            moved[path.name] = page.evaluate("window.moved")
    # Below 0.1 is what Chromium calls good; half of it leaves room for machines that are slow.
    assert {name: shift for name, shift in moved.items() if shift > 0.05} == {}


def test_verdicts_and_numbers_stand_in_the_text(browser, html, built_book):
    with chromium.offline_page(browser) as (page, _):
        page.goto((html / "chapters/puzzle.html").as_uri())
        boxes = page.locator(".admonition.verdict")
        assert boxes.count() == 1
        verdict = (built_book.root / "data/findings.csv").read_text().splitlines()[1].rsplit(",", 1)[1]
        assert f"Verdict on A1: {verdict}" in boxes.first.inner_text()
        assert page.locator(".pasted-text").count() > 10
        assert "None" not in page.locator(".pasted-text").all_inner_texts()
        assert "nan" not in page.locator(".pasted-text").all_inner_texts()


def test_formulas_need_no_script(browser, html):
    with chromium.offline_page(browser, java_script_enabled=False) as (page, _):
        page.goto((html / "chapters/puzzle.html").as_uri())
        formula = page.locator("math[display=block]").first.bounding_box()
        below = page.locator("p", has_text="It is 1 when all vote alike").bounding_box()
        assert formula is not None
        assert below is not None
        assert formula["height"] > 25
        assert below["y"] >= formula["y"] + formula["height"], "the formula runs into the text below"


def test_tables_are_numbered_and_referred_to(browser, html):
    with chromium.offline_page(browser) as (page, _):
        page.goto((html / "chapters/puzzle.html").as_uri())
        captions = page.locator("table caption .caption-number").all_text_contents()
        assert len(captions) >= 4
        assert all(caption.startswith("Table ") for caption in captions)
        link = page.locator("a.reference.internal", has_text="Table").first
        target = link.get_attribute("href")
        assert target is not None
        assert page.locator(target).count() == 1


@pytest.mark.parametrize("sought", ["lottery", "China"])  # a word of the text; a row behind a chart
def test_the_search_of_the_pages_finds_words_and_rows(browser, html, sought):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((html / "search.html").as_uri() + f"?q={sought}")
        # Results are listed one by one, and counted when the last of them stands there.
        page.wait_for_selector(".search-summary:has-text('Search finished')")
        assert "Legitimacy" in page.locator("#search-results").inner_text()
        assert wrong == []


@pytest.mark.parametrize(
    ("sought", "first", "leads"),
    [
        ("brazil", "State Brazil: follow it through the book", "interests.html?state=BRA"),
        ("Turkey", "State Türkiye: follow it through the book", "interests.html?state=TUR"),
        ("cote d'ivoire", "State Côte d’Ivoire: follow it through the book", "interests.html?state=CIV"),
        ("KEN", "State Kenya: follow it through the book", "interests.html?state=KEN"),
        ("m4", "Claim M4: ", "legitimacy.html#claim-m4"),
        ("M4.seats", "Indicator M4.seats: ", "legitimacy.html#M4.seats"),
        ("agreement index", "Term agreement index 一致性指数", "glossary.html#term-agreement-index"),
        ("一致性", "Term agreement index 一致性指数", "glossary.html#term-agreement-index"),
    ],
)
def test_the_search_leads_to_states_claims_and_terms(browser, html, sought, first, leads):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((html / "search.html").as_uri() + f"?q={sought}")
        place = page.locator(".found-places li").first
        assert place.inner_text().replace("'", "’").startswith(first)
        place.locator("a").click()
        page.wait_for_url("**/chapters/**")
        assert page.url.endswith(leads), page.url
        if "#" in leads:
            assert page.locator(":target").count() == 1
        assert wrong == []


def test_the_state_of_the_build_names_times_versions_and_digests(browser, html, built_book):
    from cybergov import run

    with chromium.offline_page(browser) as (page, _):
        page.goto((html / "chapters/reference/status.html").as_uri())
        text = page.locator("article").inner_text()
    assert run.digest(built_book.root) in text
    for word in ("puzzle", "papermill", "altair", "data/votes/votes.csv", "requirements.txt"):
        assert word.lower() in text.lower(), word


def test_the_ledger_is_sorted_by_its_heads_and_taken_away(browser, html):
    accepted = findings.read_ledger()
    with chromium.offline_page(browser, viewport={"width": 1280, "height": 900}) as (page, wrong):
        page.goto((html / "chapters/synthesis/ledger.html").as_uri())
        heads = page.locator(".sortable th")

        def column(head):
            number = [text.strip() for text in heads.all_inner_texts()].index(head)
            return [
                text.strip()
                for text in page.locator(f".sortable tbody td:nth-child({number + 1})").all_inner_texts()
            ]

        given = column("Indicator")
        assert set(given) == {name for name in accepted if name in findings.indicators(findings.claims())}
        values = heads.get_by_role("button", name="Value, 95 % interval")
        for turn in ("ascending", "descending"):
            values.press("Enter")
            shown = [
                float(text.split()[0].replace("−", "-").replace(",", ""))
                for text in column("Value, 95 % interval")
            ]
            assert shown == sorted(shown, reverse=turn == "descending")
            assert heads.locator(f"xpath=self::*[@aria-sort='{turn}']").count() == 1
        values.press("Enter")
        assert column("Indicator") == given
        heads.get_by_role("button", name="p", exact=True).click()
        known = [text == "–" for text in column("p")]
        assert known == sorted(known), "an indicator without a p stands last"
        assert any(known)
        with page.expect_download() as taken:
            page.locator("p.take-away a").click()
        assert taken.value.suggested_filename == "ledger.csv"
        text = taken.value.path().read_text(encoding="utf-8")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {row["indicator"]: row["value"] for row in rows if row["indicator"]} == {
            name: accepted[name]["value"] for name in given
        }
        assert wrong == []


#: Bytes of the first view of a page, compressed as a host sends them.
MOST_BYTES = 1_500_000


def test_the_first_view_of_every_page_is_light(html):
    """The page with all scripts, styles and fonts that it may load, the drawing of charts among them."""
    sizes: dict[Path, int] = {}

    def size(path):
        if path not in sizes:
            content = path.read_bytes()
            sizes[path] = len(content if path.suffix == ".woff2" else gzip.compress(content, 6))
        return sizes[path]

    weights = {}
    for path in pages(html):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        addresses = [tag["src"] for tag in soup.select("script[src], img[src]")]
        addresses += [tag["href"] for tag in soup.select("link[rel=stylesheet], link[rel=preload]")]
        files = {path, *(html / "_static").rglob("*.woff2")}
        files |= {
            (path.parent / str(address).split("?")[0]).resolve()
            for address in addresses
            if not str(address).startswith("data:")
        }
        if soup.select_one("figure.book-chart"):
            files.add(html / "_static/vega.js")
        weights[path.name] = sum(map(size, {file.resolve() for file in files}))
    heaviest = max(weights, key=lambda name: weights[name])
    assert weights[heaviest] < MOST_BYTES, (heaviest, weights[heaviest])
    assert weights[heaviest] > 300_000, "the scripts were not found"


def test_only_the_page_of_the_search_loads_its_index(html):
    for path in pages(html):
        assert ("searchindex.js" in path.read_text(encoding="utf-8")) == (path.name == "search.html"), (
            path.name
        )


# --- one state through the book -------------------------------------------------------------------

INTERESTS = "chapters/manifestations/interests.html"


def rows_behind(figure):
    """The cells of the table behind a chart, folded or not."""
    read = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    return figure.locator("details.chart-data tbody tr").evaluate_all(read)


def test_a_link_presets_the_state_that_charts_mark_and_tell(browser, html):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((html / INTERESTS).as_uri() + "?state=BRA")
        assert page.locator("#follow-state").input_value() == "BRA"
        dots = seen(page, "interests-general")
        dots.locator(".followed-mark").wait_for(state="attached")
        assert dots.locator(".followed-mark").count() == 1
        (row,) = (row for row in rows_behind(dots) if "Brazil" in row)
        line = dots.locator(".chart-followed").inner_text()
        assert line.startswith("Brazil: ")
        assert all(cell in line for cell in row[2:])
        assert seen(page, "interests-strip").locator(".followed-mark").count() > 10
        # The chart with a list of its own follows too, and leads: its list chooses for the whole page.
        own = seen(page, "interests-follow").locator(".vega-bindings select")
        assert own.input_value() == "Brazil"
        own.select_option("Kenya")
        page.wait_for_function("document.getElementById('follow-state').value === 'KEN'")
        page.wait_for_function(
            "document.querySelector('#chart-interests-general .chart-followed').textContent.startsWith('Kenya')"
        )
        assert wrong == []


def test_the_choice_is_remembered_and_goes_with_the_links(browser, html):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((html / "intro.html").as_uri())
        assert page.locator("#follow-state").input_value() == ""
        assert page.locator(".chart-followed").count() == 0
        page.locator("#follow-state").focus()
        page.keyboard.type("Fiji")
        page.wait_for_function("document.getElementById('follow-state').value === 'FJI'")
        assert page.url.endswith("?state=FJI")
        page.locator(".prev-next-footer a.right-next").click()
        page.wait_for_url("**/puzzle.html?state=FJI*")
        page.goto((html / INTERESTS).as_uri())  # no word of it in the address
        assert page.locator("#follow-state").input_value() == "FJI"
        page.locator("#follow-state").select_option("")
        assert "state=" not in page.url
        page.reload()
        assert page.locator("#follow-state").input_value() == ""
        assert wrong == []


@pytest.mark.parametrize("asked", ["XXX", "%3Cb%3E", ""])
def test_an_unknown_state_is_not_followed(browser, html, asked):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((html / INTERESTS).as_uri() + f"?state={asked}")
        assert page.locator("#follow-state").input_value() == ""
        assert seen(page, "interests-general").locator(".followed-mark, .chart-followed").count() == 0
        assert wrong == []


def test_a_state_without_a_mark_is_told_so(browser, html):
    with chromium.offline_page(browser) as (page, _):
        page.goto((html / "chapters/cases/ransomware_club.html").as_uri())
        chart = seen(page, "ransomware-club-plane")
        heads = chart.locator("thead th").all_text_contents()
        there = {row[heads.index("State")] for row in rows_behind(chart)}
        known = page.evaluate("window.bookStates")
        absent = next(code for code, names in known.items() if not there & set(names))
        page.locator("#follow-state").select_option(absent)
        assert chart.locator(".chart-followed").inner_text() == f"{known[absent][0]} is not in this chart."


def test_actors_and_pairs_are_followed_where_there_is_no_column_of_states(browser, html):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((html / "chapters/cases/two_tracks.html").as_uri() + "?state=CHN")
        chart = seen(page, "two-tracks-actors")
        chart.locator(".followed-mark").first.wait_for(state="attached")
        heads = chart.locator("thead th").all_text_contents()
        assert "State" not in heads
        mine = [row for row in rows_behind(chart) if "China" in row]
        assert chart.locator(".followed-mark").count() >= len(mine) > 0
        line = chart.locator(".chart-followed").inner_text()
        assert line.startswith("China: ")
        assert "China" not in line.removeprefix("China: "), "its own name is no figure"
        # A pair counts for both of its sides.
        page.goto((html / "chapters/cases/attribution.html").as_uri() + "?state=IRN")
        assert seen(page, "attribution-forms").locator(".followed-mark").count() > 0
        assert wrong == []


def test_every_member_state_can_be_followed_by_the_names_that_charts_have(html):
    text = (html / "_static" / "states.js").read_text(encoding="utf-8")
    known = json.loads(text.removeprefix("window.bookStates = ").rstrip(";\n"))
    assert len(known) == 193
    names = {name for names in known.values() for name in names}
    for path in pages(html):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for script in soup.select("script.chart-spec"):
            for rows in json.loads(script.string or "{}").get("datasets", {}).values():
                there = {row["State"] for row in rows if isinstance(row.get("State"), str)} - {"–"}
                assert there <= names, f"{path.name}: {there - names}"


# --- words, addresses, and what is taken away ------------------------------------------------------


def test_a_word_shows_its_meaning_and_leads_to_the_glossary(browser, html):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((html / "chapters/puzzle.html").as_uri())
        word = page.locator("a.glossary-term", has_text="agreement index")
        assert word.count() == 1  # where it first stands
        shown = "link => getComputedStyle(link, '::after').content"
        assert word.evaluate(shown) == "none"
        word.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")  # a focus of the keyboard, which is shown
        assert "spread evenly over yes, no and abstention" in word.evaluate(shown)
        word.click()
        page.wait_for_url("**/glossary.html*#term-agreement-index")
        assert page.locator("#term-agreement-index").inner_text().startswith("agreement index")
        assert page.locator('#term-agreement-index [lang="zh"]').inner_text() == "一致性指数"
        assert wrong == []


def test_no_word_of_the_glossary_is_a_link_within_another(html):
    for path in pages(html):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        words = soup.select("a.glossary-term")
        assert not [word for word in words if word.find_parent(["a", "h1", "h2", "h3", "table", "figure"])], (
            path
        )
        names = [str(word["href"]).split("#")[1] for word in words]
        assert len(names) == len(set(names)), path.name


def test_claims_and_indicators_have_addresses_that_the_ledger_leads_to(browser, html):
    known = findings.indicators(findings.claims())
    anchors: dict[str, object] = {}
    for path in pages(html):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        anchors |= {
            str(tag["id"]): path.relative_to(html) for tag in soup.select("[id]") if tag["id"] in known
        }
        name = path.relative_to(html).with_suffix("").as_posix().removeprefix("chapters/")
        for claim in {one.claim for one in known.values() if one.chapter == name}:
            assert soup.find(id=f"claim-{claim.lower()}") is not None, claim
    assert set(anchors) == set(known)
    with chromium.offline_page(browser) as (page, _):
        page.goto((html / "chapters/synthesis/ledger.html").as_uri())
        page.locator(".sortable a", has_text="M4.seats").first.click()
        page.wait_for_url("**/legitimacy.html*#M4.seats")
        assert page.evaluate("document.querySelector(':target').tagName") == "TR"


def test_a_chapter_is_taken_away(browser, html, tmp_path):
    with chromium.offline_page(browser, accept_downloads=True) as (page, wrong):
        page.goto((html / "chapters/puzzle.html").as_uri())
        end = page.locator(".take-away-chapter")
        for link in end.locator('a[href*="take-away/"]').all():
            target = (html / "chapters" / link.get_attribute("href")).resolve()
            assert target.is_file(), target
        assert "Cite it:" in end.inner_text()
        for word, starts in (("BibTeX", "@incollection{cybergov_puzzle,"), ("RIS", "TY  - CHAP")):
            with page.expect_download() as taken:
                end.locator("a", has_text=word).click()
            assert taken.value.path().read_text(encoding="utf-8").startswith(starts)
        figure = seen(page, "agreement")
        figure.locator("summary").click()
        for word, name, begin in (
            ("SVG", "agreement.svg", b"<svg"),
            ("PNG", "agreement.png", b"\x89PNG"),
            ("Vega-Lite", "agreement.vl.json", b"{"),
        ):
            with page.expect_download() as taken:
                figure.get_by_role("button", name=f"Download this chart as {word}").press("Enter")
            assert taken.value.suggested_filename == name
            assert taken.value.path().read_bytes().startswith(begin)
        assert wrong == []


def test_every_page_has_a_folded_abstract_in_chinese(html):
    for path in pages(html):
        if path.name != "search.html":
            soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
            (abstract,) = soup.select("article .admonition.abstract-zh.dropdown")
            assert abstract["lang"] == "zh", path.name
            assert len(abstract.get_text(strip=True)) > 30, path.name


def test_heads_say_what_previews_show(html):
    titles = set()
    for path in pages(html):
        head = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        said = {tag["property"]: tag["content"] for tag in head.select('meta[property^="og:"]')}
        if path.name == "search.html":
            continue
        assert {"og:title", "og:type", "og:site_name", "og:description"} <= set(said), path.name
        titles.add(said["og:title"])
    assert len(titles) > 30
