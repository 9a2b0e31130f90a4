"""The pages of the seminar that are written by hand: what they must have, and what they must not say."""

import re

import pytest
import yaml

from cybergov import data, run

from .conftest import ROOT

FOLDER = ROOT / "chapters" / "seminar"
PAGES = sorted((FOLDER / "sessions").glob("*.md"))
SECTIONS = [
    "How the time is spent",
    "Discussion",
    "Common misreadings",
    "Board plan",
    "Assessment",
    "If something goes wrong",
]
#: Words that belong to the ledger, and numbers that could be results; versions and licences are neither.
VERDICT = re.compile(r"\b(?:is|was|are|were|comes? out|came out) (?:not |partly )?supported\b")
RESULT = re.compile(r"(?<![\d.])\d+\.\d+(?![\d.])")
NO_RESULTS = ("CC BY 4.0", "Python 3.11")

each_session = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def sections(text):
    """Text of each section of level 2, by its heading."""
    parts = re.split(r"^## (.+)\n", text, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def prose(text):
    """The text without what is typed as code: commands have choices such as 0.25."""
    text = re.sub(
        r"^```(.*)\n((?s:.*?))^```$", lambda m: m[2] if m[1].startswith("{") else "", text, flags=re.M
    )
    for word in NO_RESULTS:
        text = text.replace(word, "")
    return re.sub(r"`[^`\n]*`", "", text)


def words_of(plan):
    """All texts of a plan."""
    if isinstance(plan, dict):
        return [text for value in plan.values() for text in words_of(value)]
    if isinstance(plan, list):
        return [text for value in plan for text in words_of(value)]
    return [plan] if isinstance(plan, str) else []


@pytest.fixture(scope="module")
def known():
    return {chapter.name: chapter for chapter in run.chapters(ROOT)}


def plan_of(page):
    return yaml.safe_load(page.with_suffix(".yml").read_text(encoding="utf-8"))


def test_the_contents_name_every_session_below_the_guide_in_the_order_of_their_numbers():
    text = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = re.findall(r"chapters/seminar/sessions/(\w+)", text)
    assert sorted(listed) == [page.stem for page in PAGES]
    for number, name in enumerate(listed, 1):
        heading = (FOLDER / "sessions" / f"{name}.md").read_text(encoding="utf-8").splitlines()[0]
        assert heading == f"# Session {number}. {plan_of(FOLDER / 'sessions' / f'{name}.md')['title']}"


@each_session
def test_a_session_has_its_plan_and_its_sections(page):
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^```\{session-plan\} (\w+)$", text, re.M) == [page.stem]
    found = sections(text)
    assert list(found) == SECTIONS
    questions = re.findall(r"^\*\*(\d)\. ", found["Discussion"], re.M)
    assert questions == [str(n) for n in range(1, len(questions) + 1)]
    assert 4 <= len(questions) <= 6
    for part in ("*What usually comes*", "*What to do with them*"):
        assert found["Discussion"].count(part) == len(questions), part
    assert 4 <= len(re.findall(r"^- \*\*", found["Common misreadings"], re.M)) <= 7
    assert "{ref}`the rubric <seminar-rubric>`" in found["Assessment"]


@each_session
def test_what_is_said_of_each_block_has_the_times_of_the_plan(page):
    begins, times = 0, []
    for block in plan_of(page)["minutes"]:
        ends = begins + block["minutes"]
        times.append(f"{begins // 60}:{begins % 60:02d}–{ends // 60}:{ends % 60:02d}")
        begins = ends
    told = sections(page.read_text(encoding="utf-8"))["How the time is spent"]
    assert re.findall(r"^\*\*(\d:\d\d–\d:\d\d)\. ", told, re.M) == times


@each_session
def test_the_board_fits_on_a_sheet(page):
    board = re.findall(r"^```text\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    assert len(board) == 1
    assert max(len(line) for line in board[0].splitlines()) <= 88


@pytest.mark.parametrize("page", [FOLDER / "guide.md", *PAGES], ids=lambda page: page.stem)
def test_no_result_is_typed(page):
    texts = [prose(page.read_text(encoding="utf-8"))]
    if page in PAGES:
        texts += words_of(plan_of(page))
    for text in texts:
        assert not VERDICT.search(text), VERDICT.search(text)
        assert not RESULT.search(text), RESULT.search(text)


@pytest.mark.parametrize("page", [FOLDER / "guide.md", *PAGES], ids=lambda page: page.stem)
def test_every_choice_that_is_recommended_can_be_made(page, known):
    text = page.read_text(encoding="utf-8")
    chosen = re.findall(r"cybergov run (\S+) -p (\w+) (\"[^\"]+\"|\S+?)[`\n]", text)
    for chapter, name, value in chosen:
        assert name in known[chapter].parameters, (chapter, name)
        assert value != str(known[chapter].parameters[name].default), (chapter, name)
    assert chosen, "at least one choice was expected"


def test_the_cards_of_the_second_session_are_the_goods_of_the_book():
    page = FOLDER / "sessions" / "quasi_public_goods.md"
    cards = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", page.read_text(encoding="utf-8"), re.M))
    del cards["good"]
    goods = data.load("goods").set_index("name")["description"]
    assert cards == {name: said.split("Use: ")[1].rstrip(".") for name, said in goods.items()}
