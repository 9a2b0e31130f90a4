"""Country briefs: found by code or name, made by one chapter, printed on two sheets each."""

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter

from cybergov import briefs, data, paper, places, run
from cybergov.errors import BookError, BriefError
from tests.browser import chromium

from .conftest import ROOT, Book, copy_of
from .test_cluster import cluster

#: Long names, many memberships, few data: what is hardest to put on two sheets.
HANDFUL = ("USA", "GBR", "PRK", "BIH", "VCT", "TUV", "SSD")


@pytest.fixture(scope="module")
def made():
    """The briefs of a handful of states, each from a run of the chapter."""
    return briefs.make(HANDFUL, root=ROOT)


def brief(iso3, name, text="Text"):
    """A brief that no chapter made."""
    sheets = "".join(f'<div class="{sheet}"><p>{text}</p></div>' for sheet in briefs.SHEETS)
    mark = f'<h2>{name} <a href="#brief-{iso3}">#</a></h2>'
    return briefs.Brief(iso3, name, f'<article class="brief" id="brief-{iso3}">{mark}{sheets}</article>')


# --- which states ----------------------------------------------------------------------------------


def test_states_are_found_by_code_and_by_every_name_they_have():
    given = ["KEN", "bra", "Viet Nam", "turkey", "Cote d’Ivoire", "North Korea", " united  states ", "ken"]
    assert briefs.find(given) == ["KEN", "BRA", "VNM", "TUR", "CIV", "PRK", "USA"]
    assert briefs.find([]) == []


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("KEM", "KEN (Kenya)"),
        ("Kenia", "KEN (Kenya)"),
        ("Slovaka", "SVK (Slovakia)"),
        ("Untied Kingdom", "GBR (United Kingdom)"),
    ],
)
def test_an_unknown_state_is_told_with_the_nearest(word, near):
    with pytest.raises(BookError) as told:
        briefs.find(["KEN", word])
    text = str(told.value)
    assert repr(word) in text
    assert f"Did you mean {near}?" in text
    assert "\n" not in text


def test_what_is_like_no_state_gets_no_hint():
    with pytest.raises(BookError, match=r"such as Kenya\.$"):
        briefs.find(["0000000000"])


# --- one chapter -----------------------------------------------------------------------------------


def test_a_brief_holds_what_the_cells_of_its_sheets_show(made):
    assert [one.iso3 for one in made] == list(HANDFUL)
    chapter = run.choose([briefs.CHAPTER], run.chapters(ROOT))[0]
    for one in made:
        soup = BeautifulSoup(one.body, "html.parser")
        (article,) = soup.select("article.brief")
        assert article["id"] == one.mark
        for sheet in briefs.SHEETS:
            cells = [cell for cell in chapter.notebook.cells if sheet in cell.metadata.get("tags", [])]
            assert len(soup.select(f".{sheet} > *")) == len(cells) > 3
        assert len(soup.select(".brief-questions li")) == 5
        assert not soup.select("script, link, img, iframe")
        assert len(soup.select("h2")) == 1


def test_a_state_with_little_data_gets_an_honest_brief(made):
    text = {one.iso3: BeautifulSoup(one.body, "html.parser").get_text(" ", strip=True) for one in made}
    assert "Figures missing" in text["PRK"]
    assert "no figure" in text["SSD"]
    assert "nothing is on record" in text["TUV"].lower() or "Nothing on record" in text["TUV"]
    for words in text.values():
        assert "None on record is not the same as none" in words


def test_the_same_run_again_gives_the_same_bytes(made):
    again = briefs.make(("PRK", "USA"), workers=1, root=ROOT)
    assert again == [made[HANDFUL.index("PRK")], made[HANDFUL.index("USA")]]


@pytest.fixture
def book(made, tmp_path):
    """A copy of the book that a test may change; tables that were checked are not checked again."""
    copy = copy_of(ROOT, tmp_path / "book")
    shutil.copytree(ROOT / "_build/.validated", copy.root / "_build/.validated")
    return copy


def test_all_failures_are_told_together_by_state_and_no_brief_is_written(book):
    book.edit(
        "chapters/seminar/brief.md",
        "sheets.seats(world, iso3)",
        'assert iso3 == "KEN", "not this one"\nsheets.seats(world, iso3)',
    )
    done = book.cybergov("brief", "BRA", "KEN", "TUV", "--no-pdf")
    assert done.returncode == 1
    assert "2 of 3 briefs could not be made" in done.stderr
    assert done.stderr.count("AssertionError: not this one") == 2
    rows = [line.split()[0] for line in done.stderr.splitlines() if "AssertionError" in line]
    assert rows == ["BRA", "TUV"]
    assert "Traceback" not in done.stderr
    assert not list((book.root / "_build").rglob("*.html")), "a brief was written beside one that failed"


def test_a_cluster_makes_the_same_briefs(book, made, tmp_path):
    with cluster(book, tmp_path, workers=1) as (address, _):
        there = briefs.make(("TUV", "PRK"), cluster=address, root=book.root)
    assert there == [made[HANDFUL.index("TUV")], made[HANDFUL.index("PRK")]]


def test_a_book_without_sheets_is_told(book):
    chapter = book.root / "chapters/seminar/brief.md"
    chapter.write_text(chapter.read_text().replace("sheet-2", "sheet-9"))
    with pytest.raises(BriefError, match="no cell with the tag sheet-2"):
        briefs.make(["KEN"], root=book.root)


# --- the command -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name the states whose briefs you want"),
        (("--all", "KEN"), "Either name states or say --all"),
        (("KEM",), "Did you mean KEN (Kenya)?"),
        (("KEN", "--workers", "0"), "--workers"),
    ],
)
def test_the_command_refuses_what_it_cannot_use_before_any_work(arguments, said):
    done = Book(ROOT).cybergov("brief", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_writes_pages_without_a_browser(book):
    book.environment["CYBERGOV_BROWSER"] = "no-such-browser"
    refused = book.cybergov("brief", "KEN")
    assert refused.returncode == 2
    assert "no-such-browser" in refused.stderr
    done = book.cybergov("brief", "kenya", "--no-pdf")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["_build/briefs/KEN.html"]
    assert [path.name for path in (book.root / "_build/briefs").iterdir()] == ["KEN.html"]


# --- documents and files ---------------------------------------------------------------------------


def test_a_document_holds_what_is_put_before_and_names_its_briefs():
    two = [brief("AAA", "A & co"), brief("BBB", "Bee")]
    soup = BeautifulSoup(briefs.document(two, title="Packet <1>", before='<p id="x">x</p>'), "html.parser")
    assert soup.title is not None
    assert soup.title.get_text() == "Packet <1>"
    assert [link.get_text() for link in soup.select("nav a")] == ["A & co", "Bee"]
    targets = {str(link["href"])[1:] for link in soup.select("nav a")}
    assert targets == {str(one["id"]) for one in soup.select("article")}
    assert soup.select_one("#x") is not None
    one = BeautifulSoup(briefs.document(two[:1]), "html.parser")
    assert one.title is not None
    assert one.title.get_text() == "Country brief: A & co"
    assert not one.select("nav")


def test_the_index_lists_every_state_under_all_its_names():
    codes = list(data.load("states")["iso3"])
    names_of = places.names_of_states()
    made = [brief(code, names_of[code][0]) for code in codes]
    soup = BeautifulSoup(briefs.index(made, pdf=True), "html.parser")
    rows = soup.select(".brief-index li")
    assert len(rows) == 193
    words = {str(row.select("a")[0]["href"]): str(row["data-sought"]) for row in rows}
    assert set(words) == {f"{code}.html" for code in codes}
    assert "turkey" in words["TUR.html"]
    assert "north korea" in words["PRK.html"]
    assert "cote d'ivoire" in words["CIV.html"]
    assert "african states" in words["KEN.html"]
    assert soup.select_one("form")["hidden"] == ""  # type: ignore[index]
    names = [row.select("a")[0].get_text() for row in rows]
    assert names.index("Austria") < names.index("Türkiye") < names.index("Tuvalu")


def needs_browser():
    if chromium.found() is None:
        pytest.skip("NOT TESTED: without a Chromium no brief is printed")


@pytest.mark.browser
def test_every_brief_is_printed_on_two_sheets_and_cut_out(made, tmp_path):
    needs_browser()
    folder = tmp_path / "briefs"
    files = briefs.write(made, folder, with_index=True)
    assert {path.name for path in folder.iterdir()} == {path.name for path in files}
    assert len(files) == 2 * len(HANDFUL) + 2
    for one in made:
        reader = PdfReader(folder / f"{one.iso3}.pdf")
        assert len(reader.pages) == 2
        assert reader.metadata is not None
        assert reader.metadata.title == f"Country brief: {one.name}"
        first, second = (page.extract_text() for page in reader.pages)
        assert one.iso3 in first
        assert "Its votes on cyber resolutions" in first
        assert "Five questions for a negotiation" in second
        assert "Sources and terms" in second
        width, height = (round(float(side)) for side in reader.pages[0].mediabox[2:])
        assert (width, height) in {(595, 842), (596, 842), (595, 841)}
    before = {path.name: path.read_bytes() for path in folder.glob("???.*")}
    briefs.write(made, folder)
    assert {path.name: path.read_bytes() for path in folder.glob("???.*")} == before, (
        "not the same bytes again"
    )


@pytest.mark.browser
def test_a_brief_of_three_sheets_is_refused_and_nothing_is_written(tmp_path):
    needs_browser()
    long = brief("BBB", "Bee", "<br/>".join(["line"] * 200))
    with pytest.raises(BookError, match=r"takes 2 sheets, but these do not: BBB \(\d+\)"):
        briefs.write([brief("AAA", "A"), long], tmp_path / "briefs")
    assert list((tmp_path / "briefs").iterdir()) == []


@pytest.mark.browser
def test_sheets_before_the_briefs_belong_to_none(tmp_path):
    needs_browser()
    two = [brief("AAA", "First"), brief("BBB", "Second")]
    cover = '<section style="break-after: page"><h1>Cover</h1></section>'
    printed = tmp_path / "whole.pdf"
    assert paper.print_html(briefs.document(two, before=cover), printed) == 5
    cut = list(briefs.cut(two, printed))
    assert ["First" in writer.pages[0].extract_text() for writer in cut] == [True, False]
    with pytest.raises(BookError, match="printed no brief of CCC"):
        list(briefs.cut([brief("CCC", "Third")], printed))


def test_a_document_without_places_is_told(tmp_path):
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(tmp_path / "blank.pdf")
    with pytest.raises(BookError, match="printed no brief of AAA"):
        list(briefs.cut([brief("AAA", "A")], Path(tmp_path / "blank.pdf")))
