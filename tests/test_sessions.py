"""Plans of sessions: read, and refused with one sentence where they do not fit the book."""

import re

import pytest
from click.testing import CliRunner

from cybergov import findings, sessions
from cybergov.cli import main
from cybergov.errors import BookError

from . import seminar
from .seminar import PLAN, changed


@pytest.fixture
def book(small_book):
    seminar.write_seminar(small_book)
    return small_book


@pytest.fixture
def offer(book):
    return sessions.Offer.of(book.root)


def test_a_plan_is_read_whole(offer):
    (one,) = sessions.sessions(offer=offer)
    assert (one.name, one.number, one.title, one.chapters) == ("first", 1, "First things", ("one",))
    assert [type(slide).__name__ for slide in one.slides] == [
        "WordsSlide",
        "ClaimSlide",
        "ClaimSlide",
        "FigureSlide",
        "ExerciseSlide",
        "WordsSlide",
    ]
    assert (one.required, one.further, one.chinese) == (("nye_2014",), ("three_2000",), ("cai_2018",))
    assert (one.in_class, one.at_home, one.exercises) == (("exercise-line",), (), ("exercise-line",))
    assert sum(block.minutes for block in one.blocks) == 90


def test_figures_are_numbered_through_the_book_and_exercises_read_without_their_solutions(offer):
    assert offer.figures["fig-line"].number == 1
    exercise = offer.exercises["exercise-line"]
    assert (exercise.title, exercise.chapter) == ("Reading *it*", "one")
    assert exercise.text.startswith("Look at {numref}`fig-line` and {numref}`some-table`. What is `start`?")
    assert "The answer is one" not in exercise.text


WRONG = [
    (changed("chapters", to=["onne"]), "chapters: there is no page in _toc.yml 'onne'.*Did you mean one?"),
    (changed("chapters", to=[]), "chapters: expected at least one chapter"),
    (
        changed("claims", to=["A2"]),
        "claims: there is no claim or case 'A2'; there are A1, B1",
    ),
    (changed("claims", to=["A1", "A1"]), "claims: A1 stands there twice"),
    (changed("aims", to=["One."]), "aims: expected 3 to 4 aims, and there are 1"),
    (changed("aims", 1, to=7), "aims, entry 2: expected words, not 7"),
    (changed("title", to=" "), "title: expected words, not ' '"),
    (changed("prepare", "students", to=[]), "prepare, students: expected at least one entry"),
    (changed("prepare", "students", to="Read."), "prepare, students: expected a list, not 'Read.'"),
    (changed("prepare", "pupils", to=["x"]), "prepare: unknown key 'pupils'; known are students, teacher"),
    (
        changed("minutes", 0, "minutes", to=29),
        "minutes: the entries add up to 89 minutes, and a session has 90",
    ),
    (
        changed("minutes", 0, "minutes", to=0),
        "minutes, entry 1: expected a whole number of minutes from 1, not 0",
    ),
    (changed("minutes", 0, "minutes", to=True), "expected a whole number of minutes from 1, not True"),
    (
        changed("minutes", 1, "how", to="group"),
        "entry 2, how: there is no way to work 'group'.*Did you mean groups?",
    ),
    (changed("minutes", 1, to={"minutes": 60, "what": "x"}), "minutes, entry 2: how missing"),
    (
        changed("exercises", "home", to=["exercise-lin"]),
        "exercises, home: there is no exercise in one.*exercise-line?",
    ),
    (changed("slides", to=PLAN["slides"][:2]), "slides: expected 6 to 12 slides, and there are 2"),
    (
        changed("slides", 3, "figure", to="fig-lime"),
        "slide 4, figure: there is no figure in one 'fig-lime'.*fig-line?",
    ),
    (
        changed("slides", 3, "chapter", to="two"),
        "slide 4, chapter: there is no chapter of this session that runs",
    ),
    (changed("slides", 1, "claim", to="Z9"), "slide 2, claim: there is no claim or case 'Z9'"),
    (changed("slides", 4, "exercise", to="exercise-x"), "slide 5, exercise: there is no exercise in one"),
    (changed("slides", 1, to={"claim": "A1"}), "slide 2: notes missing"),
    (changed("slides", 1, to={"notes": "x"}), "slide 2: expected a slide with exactly one of the keys"),
    (
        changed("slides", 1, "exercise", to="exercise-line"),
        "slide 2: expected a slide with exactly one of the keys",
    ),
    (
        changed("slides", 1, "note", to="x"),
        "slide 2: unknown key 'note'; known are claim, notes. Did you mean notes?",
    ),
    (
        changed("slides", 0, "points", to=["a"] * 8),
        "slide 1, points: expected 1 to 6 points, and there are 8",
    ),
    (
        changed("slides", 0, "points", to=["a" * 200]),
        "slide 1, points, entry 1: expected at most 130 characters",
    ),
    (
        changed("readings", "en", to=["nye_2013"]),
        "readings, en: there is no reference in references.bib 'nye_2013'",
    ),
    (changed("readings", "zh", to=["nye_2014"]), "readings: nye_2014 stands under en and under zh"),
    (changed("required", to=3), "required: expected how many of the 2 readings"),
    (changed("extra", to=1), "unknown key 'extra'"),
    ({k: v for k, v in PLAN.items() if k != "aims"}, "first.yml: aims missing"),
    (["no mapping"], "first.yml: expected a mapping with title, chapters"),
]


@pytest.mark.parametrize(("plan", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_what_does_not_fit_is_refused_with_one_sentence(book, plan, message):
    path = seminar.write_plan(book, plan)
    with pytest.raises(BookError) as refused:
        sessions.plan(path, sessions.Offer.of(book.root))
    said = str(refused.value)
    assert said.startswith("first.yml")
    assert re.search(message.replace("?", r"\?"), said), said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [", "is no valid YAML"),
        ("title: a\ntitle: b\n", "'title' stands there twice"),
        ("\x00", "YAML"),
    ],
)
def test_a_file_that_is_no_yaml_is_refused(book, offer, text, message):
    path = book.write(f"{sessions.FOLDER}/first.yml", text)
    with pytest.raises(BookError, match=message):
        sessions.plan(path, offer)


def test_pages_and_plans_come_in_pairs(book, offer):
    (book.root / sessions.FOLDER / "first.yml").rename(book.root / sessions.FOLDER / "other.yml")
    with pytest.raises(BookError, match=r"other\.yml is the plan of no page"):
        sessions.sessions(offer=offer)
    (book.root / sessions.FOLDER / "other.yml").unlink()
    with pytest.raises(BookError, match=r"first\.yml cannot be read"):
        sessions.sessions(offer=offer)


def test_a_broken_bibliography_is_named(book):
    book.write("references.bib", "@article{a, title = {T}")
    with pytest.raises(BookError, match=r"references\.bib cannot be read"):
        _ = sessions.Offer.of(book.root).references


def test_sessions_come_in_the_order_of_the_contents_and_are_chosen_by_name_or_number(book):
    book.write(f"{sessions.FOLDER}/a_later.md", "# Session 2. Later\n")
    seminar.write_plan(book, changed("title", to="Later"), "a_later")
    book.edit("_toc.yml", "sessions/first\n", f"sessions/first\n- file: {sessions.FOLDER}/a_later\n")
    known = sessions.sessions(book.root)
    assert [(one.number, one.name) for one in known] == [(1, "first"), (2, "a_later")]
    assert [one.name for one in sessions.choose(["2", "first"], known)] == ["first", "a_later"]
    assert sessions.choose([], known) == known
    with pytest.raises(
        BookError, match=r"no session 'frist'; there are 1 first, 2 a_later\. Did you mean first\?"
    ):
        sessions.choose(["frist"], known)
    with pytest.raises(BookError, match="This book has no sessions"):
        sessions.choose([], [])


def test_the_page_says_what_the_plan_says(offer):
    (one,) = sessions.sessions(offer=offer)
    text = sessions.plan_markdown(one, offer, "../slides/first.html")
    joined = "\u2060–\u2060"
    assert f"| 0:00{joined}0:30 | 30 | Opening | plenum |" in text
    assert f"| 0:30{joined}1:30 | 60 | Work | groups |" in text
    assert "{ref}`Reading it <exercise-line>`" in text
    assert "- {cite:t}`nye_2014`, *The Regime Complex*" in text
    assert "{cite:t}`cai_2018`" in text
    assert (
        text.index("Required:") < text.index("nye_2014") < text.index("Further:") < text.index("three_2000")
    )
    assert 'href="../slides/first.html"' in text
    assert "make packet SESSION=1" in text
    assert "href" not in sessions.plan_markdown(one, offer)


def test_the_map_shows_the_accepted_verdicts(book, offer):
    accepted = findings.read_ledger(book.root / "data/findings.csv")
    text = sessions.map_markdown(sessions.sessions(offer=offer), offer, accepted)
    assert "A1 ◐ partly supported" in text
    assert "[One: a chapter](/chapters/one.md)" in text
    assert "A1 not tested in this edition" in sessions.map_markdown(sessions.sessions(offer=offer), offer, {})
    assert "No session is planned" in sessions.map_markdown([], offer, accepted)


def test_the_command_lists_sessions_and_checks_files(book):
    listed = CliRunner().invoke(main, ["sessions"])
    assert listed.exit_code == 0
    assert "first" in listed.output
    plan = seminar.write_plan(book, changed("claims", to=["A9"]))
    wrong = CliRunner().invoke(main, ["sessions", str(plan)])
    assert wrong.exit_code == 2
    assert "no claim or case 'A9'" in wrong.output
    assert "Traceback" not in wrong.output
