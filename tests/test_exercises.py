"""Exercises: read from the text, answers handed over, sealed and checked."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from cybergov import exercises, findings
from cybergov.errors import BookError

TEXT = """# A chapter

```{exercise} Reading it
:label: exercise-one
:class: reads-chart

Which is it? See {numref}`fig`.
```

````{solution-start} exercise-one
:label: solution-one
:class: dropdown
````

```{code-cell} ipython3
exercises.answer("exercise-one", 41, asks="the number")
```

Because it is.

````{solution-end}
````

Then more.
"""


def test_an_exercise_is_read_with_its_solution():
    (one,) = exercises.read(TEXT, "a chapter")
    assert (one.label, one.title, one.kinds) == ("exercise-one", "Reading it", ("reads-chart",))
    assert one.text == "Which is it? See {numref}`fig`."
    assert one.solution.startswith("```{code-cell}")
    assert one.solution.endswith("Because it is.")


def test_without_solutions_nothing_of_them_is_left():
    left = exercises.without_solutions(TEXT, lambda label: f"HERE {label}\n")
    assert "HERE exercise-one\n\nThen more." in left.replace("\n\n\n", "\n\n")
    assert "Reading it" in left
    for word in ("solution", "exercises.answer", "41", "Because"):
        assert word not in left


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (":label: exercise-one\n", "", "'Reading it' has no label"),
        ("{solution-start} exercise-one", "{solution-start} exercise-two", "exercise-one has no solution"),
        ("```{exercise} Reading it", "```{note} Reading it", "a solution of exercise-one, but no such"),
    ],
)
def test_a_pair_that_is_none_is_told(old, new, says):
    with pytest.raises(BookError, match=says):
        exercises.read(TEXT.replace(old, new), "a chapter")


def test_a_second_solution_is_told():
    with pytest.raises(BookError, match="exercise-one has two solutions"):
        exercises.read(TEXT + TEXT[TEXT.index("````{solution-start}") :], "a chapter")


# --- answers --------------------------------------------------------------------------------------


@pytest.fixture
def sealed(monkeypatch):
    """Hand an answer over and give it sealed, as the student edition has it."""

    def handed(value, **options):
        got = {}
        monkeypatch.setattr(findings, "hand_over", lambda name, text: got.update({name: text}))
        exercises.answer("exercise-one", value, asks="what is asked", **options)
        return exercises.sealed("exercise-one", json.loads(got["exercise-one.answer"]))

    return handed


def says(record, given):
    reply = exercises.compare("exercise-one", given, record)
    assert bool(reply) is (reply.says == "Right.")
    return reply.says


@pytest.mark.parametrize(
    ("value", "rights"),
    [
        (0.4318, [0.4318, 0.43, 0.434, np.float64(0.4318)]),
        (-0.001, [0.0, -0.004]),
        (0.125, [0.125, 0.12]),
        (41, [41, 41.0, np.int64(41)]),
        (True, [True, np.True_, "yes"]),
        ("The Gambia", ["the gambia", " The  Gambia "]),
        ({"FRA", "KEN"}, [{"KEN", "FRA"}, ["KEN", "FRA"], pd.Series(["KEN", "FRA"]), ["fra", "ken", "KEN"]]),
        (["FRA", "KEN"], [["FRA", "KEN"], ("FRA", "KEN"), pd.Index(["FRA", "KEN"])]),
        ([0.125, 2], [np.array([0.125, 2.0])]),
        (pd.Series({"yes": 0.25, "no": 0.75}), [{"no": 0.75, "yes": 0.25}]),
    ],
)
def test_a_right_answer_is_right_in_every_form_a_student_may_give_it(sealed, value, rights):
    record = sealed(value)
    for given in rights:
        assert says(record, given) == "Right.", given


def test_what_is_wrong_is_told_without_the_answer(sealed):
    share = sealed(0.43, digits=2)
    assert "sign" in says(share, -0.43)
    assert "percentage; asked for is a share" in says(share, 43.0)
    assert "left over" in says(share, 0.57)
    assert "inverse" in says(sealed(4.0, digits=2), 0.25)
    assert "share from 0 to 1; asked for is a percentage" in says(sealed(43.1, digits=1), 0.431)
    assert "one too many" in says(sealed(41), 42)
    assert "one too few" in says(sealed(41), 40)
    assert "which rows are counted" in says(share, 0.5)
    assert "another one" in says(sealed("yes"), "no")
    several = sealed({"FRA", "KEN", "BRA"})
    assert "1 missing and 1 that does not belong" in says(several, {"FRA", "KEN", "CHN"})
    assert "2 missing" in says(several, {"FRA"})
    assert "all missing" in says(several, set())
    ordered = sealed(["FRA", "KEN", "BRA"])
    assert "in another order" in says(ordered, ["KEN", "FRA", "BRA"])
    assert "2 of 3 stand in their place" in says(ordered, ["FRA", "KEN", "CHN"])
    assert "2 are given" in says(ordered, ["FRA", "KEN"])
    table = sealed({"yes": 0.25, "no": 0.5})
    assert "Look again at 'no'; 1 of 2 are right" in says(table, {"yes": 0.25, "no": 0.4})
    assert "without 'no'" in says(table, {"yes": 0.25})
    assert "with 'maybe', not asked for" in says(table, {"yes": 0.25, "no": 0.5, "maybe": 0.25})
    assert "Of all: this is a percentage" in says(table, {"yes": 25, "no": 50})


def test_no_reply_holds_the_answer(sealed):
    for value, digits in ((0.4318, 3), (77, 0)):
        record = sealed(value, digits=digits, mistakes={"You counted the wrong rows.": value + 12})
        told = [says(record, given) for given in (..., "x", -value, value + 12, value * 3, value + 1)]
        assert not any(re.search(r"0\.432|77", text) for text in [*told, json.dumps(record)])


def test_a_declared_mistake_is_explained(sealed):
    record = sealed(0.43, mistakes={"These are all states, not those that voted.": 0.31})
    assert says(record, 0.31) == "Not yet. These are all states, not those that voted."


def test_a_mistake_that_is_the_answer_under_other_choices_is_left_out(sealed):
    assert sealed(0.43, mistakes={"Wrong.": 0.4301})["mistakes"] == {}


def test_another_kind_and_nothing_at_all_are_told_with_what_is_expected(sealed):
    record = sealed(0.43)
    assert says(record, ...) == (
        "No answer yet. Asked for is what is asked: a number, compared to 2 decimals."
    )
    assert says(record, "0.43").startswith("This is a word. Asked for is what is asked: a number")
    assert says(record, object()).startswith("This is of the type object.")
    assert "a dict or a Series, by 'no' and 'yes'" in says(sealed({"no": 1, "yes": 2}), 3)


def test_an_answer_of_another_kind_is_refused(sealed):
    with pytest.raises(BookError, match="not DataFrame"):
        sealed(pd.DataFrame())
    with pytest.raises(BookError, match="the mistake 'So' is no value"):
        sealed(1, mistakes={"So": pd.DataFrame()})


def test_without_a_figure_under_other_choices_the_chapter_still_runs(sealed):
    assert says(sealed(float("nan")), 0.0).startswith("Not yet")


# --- where answers are ----------------------------------------------------------------------------


def test_a_book_without_sealed_answers_says_where_they_are(tmp_path):
    with pytest.raises(BookError, match=r"no data/answers\.json here.*make student"):
        exercises.check("exercise-one", 1, root=tmp_path)


def test_an_unknown_exercise_is_told_with_the_nearest(tmp_path, sealed):
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / exercises.FILE
    file.write_text(json.dumps({"exercise-one": sealed(41)}))
    assert exercises.check("exercise-one", 41, root=tmp_path)
    with pytest.raises(BookError, match="Did you mean 'exercise-one'"):
        exercises.check("exercise-on", 41, root=tmp_path)
    file.write_text("{")
    with pytest.raises(BookError, match="unpack the student edition anew"):
        exercises.check("exercise-one", 41, root=tmp_path)
