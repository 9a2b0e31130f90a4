"""Slides and packets of sessions: every kind of slide, what they rest on, and that they need nothing else."""

import copy
import re
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from pypdf import PdfReader

from cybergov import findings, material, packet, paper, sessions, slides, tables
from cybergov.cli import main
from cybergov.errors import BookError

from . import seminar
from .browser import chromium
from .conftest import ROOT


@pytest.fixture
def book(small_book):
    seminar.write_seminar(small_book)
    return small_book


@pytest.fixture
def made(book):
    return seminar.made_material(book)


def soup_of(text: str) -> Any:
    """A text as HTML; Any, for what a test looks for is there or the test fails."""
    return BeautifulSoup(text, "html.parser")


def shown(made, number, **options):
    """A slide of the small book's session as soup: body and notes."""
    known, about = made
    page = slides.pages(known[0], known, about, **options)[number]
    return soup_of(page.body), soup_of(page.notes)


# --- what is on a slide ---------------------------------------------------------------------------


def test_a_deck_begins_and_ends_with_what_the_plan_says(made):
    known, about = made
    kinds = [page.kind for page in slides.pages(known[0], known, about)]
    assert kinds == ["opening", "words", "claim", "claim", "figure", "exercise", "words", "closing"]
    body, notes = shown(made, 0)
    assert body.h1.get_text() == "First things"
    assert "Session 1 of 1" in body.get_text()
    assert [one.get_text() for one in body.select("li")] == [
        "Participants can read a line.",
        "They can tell it.",
        "They can stop.",
    ]
    assert "0:30\u2060–\u20601:30 (groups): Work" in notes.get_text()
    body, _ = shown(made, -1)
    text = body.get_text(" ")
    assert "Joseph\u00a0S. Nye, Jr." in text
    assert "A et al. 2000" in text
    assert "Cai 2018" in text
    assert "doi" not in text
    assert "Next" not in text  # there is no session after this one


def test_words_have_their_roles_resolved(made):
    body, notes = shown(made, 1)
    assert body.h2.get_text() == "Words & more"
    assert [one.get_text() for one in body.select("li")] == ["One point", "See Fig.\u00a01"]
    assert notes.get_text() == "Say it."


def test_a_claim_has_the_verdict_and_the_indicators_of_the_ledger(made):
    body, notes = shown(made, 2)
    assert body.h2.get_text().split() == ["Claim", "A1", "◐", "partly", "supported"]
    assert body.select_one(".claim").get_text() == "Something is so & more."
    first, second = body.select("tbody tr")
    assert "A1.first" in first.th.get_text()
    assert "✓ supports the claim" in first.th.get_text()
    assert "1.000\u00a0[1.000,\u00a03.000]" in first.get_text()
    assert "low > 0" in first.code.get_text()
    assert "✗ does not support the claim" in second.th.get_text()
    assert "−2.000\u00a0[−1.000,\u00a03.000], p\u00a0=\u00a00.040" in second.get_text()
    assert "in the book's words" in notes.get_text()
    untested, _ = shown(made, 3)
    assert "not tested in this edition" in untested.h2.get_text()
    assert untested.table is None


def test_a_figure_is_the_chapters_own_with_its_title_question_and_sources(made):
    body, notes = shown(made, 4)
    assert body.h2.get_text() == "It rises & falls"
    drawing = body.img
    assert drawing["alt"] == "A line < 3 high."
    assert drawing["src"].startswith("data:image/svg+xml;base64,")
    assert body.select_one(".ask").get_text() == "Does it rise?"
    assert body.select_one(".credit").get_text() == "Fig.\u00a01 of the book. Source: two sticks."
    # The number in the caption is the one that the chapter glued.
    assert "A line through 2 points." in notes.select_one(".caption").get_text()


def test_an_exercise_is_shown_as_written_with_the_figure_that_it_names(made):
    body, _ = shown(made, 5)
    assert body.h2.get_text() == "Exercise: Reading it"
    assert body.select_one(".task").get_text().strip() == (
        "Look at Fig.\u00a01 and the table “What is there?”. What is start?"
    )
    assert body.img["alt"] == "A line < 3 high."
    assert "The answer is one" not in body.get_text()
    assert "To check" not in body.get_text()


def test_links_lead_into_the_book_only_where_the_deck_lies_in_it(made):
    body, _ = shown(made, -1, up="../../")
    assert body.a["href"] == "../../chapters/one.html"
    assert shown(made, -1)[0].a is None


def test_a_tall_figure_stands_beside_its_question_and_a_small_one_says_how_it_grows(made):
    picture = made[1].picture("fig-line")
    assert not slides.is_tall(picture)
    assert slides.letters(picture) > slides.SMALL
    tall = replace(picture, height=3 * picture.width)
    assert slides.is_tall(tall)
    assert slides.letters(tall) == pytest.approx(12 * slides.ROOM[True][1] / tall.height)
    assert slides.small(made[0][0], made[1]) == []


def test_figures_come_from_the_chapter_as_it_stands_and_must_be_charts(book, made):
    _, about = made
    book.edit("chapters/one.md", "Source: two sticks", "Source: three sticks")
    again = material.Material(sessions.Offer.of(book.root), about.notebooks, about.accepted)
    assert "three sticks" in again.picture("fig-line").credit
    bare = copy.deepcopy(about.notebooks["one"])
    for cell in bare.cells:
        cell.outputs = []
    empty = material.Material(about.offer, {"one": bare}, about.accepted)
    with pytest.raises(BookError, match="one: the cell of fig-line shows no chart"):
        empty.picture("fig-line")


def test_every_claim_of_the_book_is_shown_as_the_ledger_has_it():
    offer = sessions.Offer.of(ROOT)
    accepted = findings.read_ledger(ROOT / "data" / "findings.csv")
    about = material.Material(offer, {}, accepted)
    for name, claim in offer.claims.items():
        made = slides.claim_pages(name, about, "")
        word = findings.accepted_verdict(claim, accepted)
        text = " ".join(soup_of(page.body).get_text(" ") for page in made)
        assert all(word in soup_of(page.body).h2.get_text() for page in made), name
        for indicator in claim.indicators.values():
            row = accepted[indicator.id]
            value = tables.number(float(row["value"]), indicator.digits)
            assert text.count(f"{indicator.id} ") == 1, indicator.id
            assert value in text, indicator.id
        decided = [row.supports for row in about.rows(name)]
        assert decided == [accepted[one]["supports"] == "yes" for one in claim.indicators]
        assert all(page.body.count("<tr><th") <= slides.MOST_ROWS + 1 for page in made)


# --- one file -------------------------------------------------------------------------------------


@pytest.fixture
def deck(made):
    known, about = made
    return slides.deck(known[0], slides.pages(known[0], known, about))


def test_a_deck_needs_no_other_file_and_no_network(deck):
    soup = soup_of(deck)
    assert not soup.select("link, script[src], iframe, video, audio, object")
    assert all(one["src"].startswith("data:") for one in soup.select("img"))
    assert all(one.get("alt") for one in soup.select("img"))
    styles = " ".join(one.get_text() for one in soup.select("style"))
    assert "@import" not in styles
    assert set(re.findall(r"url\((?!data:)[^)]*\)", styles)) == set()
    assert "sourceMappingURL" not in deck


def test_each_slide_has_notes_a_name_and_its_number(deck):
    sections = soup_of(deck).select(".slides > section")
    assert len(sections) == 8
    for at, section in enumerate(sections, 1):
        assert section["aria-label"]
        assert section.select_one("aside.notes").get_text().strip()
        assert section.select_one(".number").get_text() == f"{at} / 8"


def test_the_licence_of_reveal_goes_with_the_deck(deck):
    assert "Hakim El Hattab" in deck
    assert "Permission is hereby granted" in deck


def test_the_same_plan_gives_the_same_bytes(made, deck, tmp_path):
    known, about = made
    (path,) = slides.write(known, known, about, tmp_path / "there")
    assert path.name == "first.html"
    assert path.read_text(encoding="utf-8") == deck


def test_scripts_cannot_end_the_element_that_holds_them():
    for name in slides.SCRIPTS:
        assert "</script" not in slides.reveal(name)
        assert "<!--" not in slides.reveal(name)


def test_a_missing_reveal_is_told(monkeypatch):
    slides.reveal.cache_clear()
    monkeypatch.setattr(slides, "REVEAL", ("sphinx_revealjs", "elsewhere"))
    with pytest.raises(BookError, match=r"has no elsewhere/dist/reveal\.css, which slides need"):
        slides.reveal("dist/reveal.css")
    slides.reveal.cache_clear()


# --- packets --------------------------------------------------------------------------------------


def test_a_packet_has_a_part_for_each_reader(made):
    known, about = made
    for reader, parts in packet.READERS.items():
        soup = soup_of(packet.document(known[0], known, about, reader))
        assert [one["class"][1] for one in soup.select("section.part")] == list(parts)
    with pytest.raises(BookError, match="one of all, teacher, students, not for 'pupils'"):
        packet.document(known[0], known, about, "pupils")


def test_the_teacher_gets_the_page_with_its_plan_and_the_slides_with_notes(made):
    known, about = made
    soup = soup_of(packet.document(known[0], known, about, "teacher"))
    page = soup.select_one(".part.teacher").get_text(" ")
    for words in (
        "Session 1. First things",
        "Minute plan",
        "What does Fig.\u00a01 say, and the table “What is there?”, after A et al. (2000)?",
        "partly supported , 1 of 2 indicators",
        "board | plan",
        "一句话。",
    ):
        assert words in " ".join(page.split()).replace("\u00a0", " ") or words in page, words
    frames = soup.select(".part.slides .with-notes")
    assert len(frames) == 8
    assert all(one.select_one(".notes").get_text().strip() for one in frames)


def test_participants_get_exercises_with_figures_and_room_and_no_solution(made):
    known, about = made
    soup = soup_of(packet.document(known[0], known, about, "students"))
    text = soup.get_text(" ")
    (task,) = soup.select(".students .task")
    assert task.h3.get_text() == "Reading it"
    assert len(task.select(".line")) == packet.LINES
    assert task.img["alt"] == "A line < 3 high."
    assert task.table.caption.get_text() == "What is there?"
    assert "The answer is one" not in text
    assert "Ten minutes" not in text  # the notes are the teacher's
    assert "Joseph\u00a0S. Nye, Jr." in text


def test_a_packet_is_printed(made):
    if chromium.found() is None:
        pytest.skip("NOT PRINTED: there is no Chromium on PATH")
    known, about = made
    target, sheets = packet.write(known[0], known, about)
    assert target.relative_to(about.offer.root).as_posix() == "_build/seminar/1-first.pdf"
    reader = PdfReader(target)
    assert len(reader.pages) == sheets
    text = " ".join(page.extract_text() for page in reader.pages)
    assert "Slides with notes" in text
    assert "for participants" in text
    assert list(target.parent.iterdir()) == [target]


# --- the commands ---------------------------------------------------------------------------------


def test_commands_make_slides_and_packets_of_one_session_and_run_its_chapter_only(book):
    done = CliRunner().invoke(main, ["slides", "first"])
    assert done.exit_code == 0, done.output
    assert "_build/seminar/slides/first.html" in done.output
    deck = (book.root / "_build/seminar/slides/first.html").read_text(encoding="utf-8")
    assert "A line &lt; 3 high." in deck
    kept = sorted(path.stem for path in (book.root / "_build/executed").rglob("*.ipynb"))
    assert kept == ["one"]
    if chromium.found() is not None:
        done = CliRunner().invoke(main, ["packet", "1", "--for", "students"])
        assert done.exit_code == 0, done.output
        assert "_build/seminar/1-first-students.pdf" in done.output
    # Slides that contradict their own figures are not made.
    book.edit("data/findings.csv", "A1.first,1,1,3", "A1.first,2,1,3")
    moved = CliRunner().invoke(main, ["slides", "first"])
    assert moved.exit_code != 0
    assert "A1.first" in moved.output
    assert (book.root / "_build/seminar/slides/first.html").read_text(encoding="utf-8") == deck


def test_commands_name_what_is_wrong_before_they_work(book, monkeypatch):
    wrong = CliRunner().invoke(main, ["slides", "secnd"])
    assert wrong.exit_code == 2
    assert "There is no session 'secnd'; there are 1 first." in wrong.output
    monkeypatch.setenv(paper.BROWSER_VARIABLE, "no-such-browser")
    wrong = CliRunner().invoke(main, ["packet", "1"])
    assert wrong.exit_code == 2
    assert "no-such-browser" in wrong.output
    assert not (book.root / "_build").exists()


def test_a_chapter_that_fails_is_named(book):
    book.edit("chapters/one.md", 'findings.glue("one.points", 2)', "1 / 0")
    wrong = CliRunner().invoke(main, ["slides"])
    assert wrong.exit_code == 2
    assert "ZeroDivisionError" in wrong.output
    assert not (book.root / "_build/seminar").exists()
