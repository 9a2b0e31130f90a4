import datetime
import math

import numpy as np
import pandas as pd
import pytest

from cybergov import tables
from cybergov.errors import BookError


@pytest.mark.parametrize(
    ("words", "sentence"),
    [([], "none"), (["a"], "a"), (["a", "b"], "a and b"), (iter("cab"), "c, a and b")],
)
def test_words_stand_in_a_sentence_in_their_order(words, sentence):
    assert tables.listed(words) == sentence
    assert tables.listed([], none="no state") == "no state"


@pytest.mark.parametrize(
    ("value", "digits", "words"),
    [
        (-0.1234, 3, "−0.123"),
        (0.1235, 2, "0.12"),
        (-0.0004, 3, "0.000"),
        (-0.0005001, 3, "−0.001"),
        (2018, 0, "2018"),
        (12345, 0, "12,345"),
        (-1234567.89, 1, "−1,234,567.9"),
        (np.float64(-0.5), 1, "−0.5"),
        (np.int64(7), 0, "7"),
        (float("nan"), 2, "–"),
        (None, 2, "–"),
        (pd.NA, 2, "–"),
        (-math.inf, 2, "−∞"),
    ],
)
def test_number(value, digits, words):
    assert tables.number(value, digits) == words


def test_number_can_be_told_about_thousands():
    assert tables.number(2018, 0, thousands=True) == "2,018"
    assert tables.number(20180, 0, thousands=False) == "20180"


def test_number_refuses_negative_digits():
    with pytest.raises(BookError, match="-1 decimals"):
        tables.number(1, -1)


def test_interval():
    assert tables.interval(-0.3, -0.124, 2) == "[−0.30, −0.12]"
    with pytest.raises(BookError, match="from 1 to 0"):
        tables.interval(1, 0)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0, "< 0.001"),
        (0.00099, "< 0.001"),
        (0.001, "0.001"),
        (0.0318, "0.032"),
        (0.1, "0.10"),
        (0.4512, "0.45"),
        (0.999, "> 0.99"),
        (1, "1.00"),
        (None, "–"),
    ],
)
def test_p_value(p, words):
    assert tables.p_value(p) == words


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_p_value_refuses_what_is_no_probability(p):
    with pytest.raises(BookError, match="between 0 and 1"):
        tables.p_value(p)


def rows(shown):
    return [line for line in shown.data.splitlines() if line.startswith("|")]


def test_table_is_numbered_labelled_and_aligned():
    frame = pd.DataFrame(
        {
            "State": ["Brazil", "Viet Nam"],
            "Votes": [9, 12345],
            "Year": [2004, 2019],
            "Gap": [-0.1234, 0.5],
            "95 % interval": [tables.interval(-0.3, 0.1), tables.interval(0.4, 0.6)],
            "*p*": [tables.p_value(0.0001), tables.p_value(0.3)],
            "Counted": [True, False],
        }
    )
    shown = tables.show(frame, "votes-by-state", "Who votes\nwith whom?")
    assert shown.data.startswith(":::{table} Who votes with whom?\n:name: votes-by-state\n\n| State |")
    assert shown.data.endswith(":::")
    assert rows(shown)[1:] == [
        "|:---|---:|---:|---:|---:|---:|:---|",
        "| Brazil | 9 | 2004 | −0.123 | [−0.30, 0.10] | < 0.001 | yes |",
        "| Viet Nam | 12,345 | 2019 | 0.500 | [0.40, 0.60] | 0.30 | no |",
    ]


def test_first_column_names_the_rows():
    frame = pd.DataFrame({"Year": [2018, 2019], "Votes": [3, 4]})
    assert rows(tables.show(frame, "years", "When?"))[1:3] == ["|:---|---:|", "| 2018 | 3 |"]


def test_cells_cannot_leave_their_place_but_keep_their_roles():
    frame = pd.DataFrame({"a|b": ["x | y", r"x \| y"], "Source": ["{cite:t}`nye_2014`", "two\nlines"]})
    assert rows(tables.show(frame, "cells", "What is in a cell?")) == [
        r"| a\|b | Source |",
        "|:---|:---|",
        r"| x \| y | {cite:t}`nye_2014` |",
        r"| x \| y | two lines |",
    ]


def test_digits_for_the_table_leave_counts_alone_and_for_a_column_are_exact():
    frame = pd.DataFrame({"n": [1, 2], "share": [0.25, 1.0], "size": [0.123456, 3.0]})
    assert rows(tables.show(frame, "digits", "Which?", digits=1))[-1] == "| 2 | 1.0 | 3.0 |"
    assert (
        rows(tables.show(frame, "digits", "Which?", digits={"size": 4, "n": 2}))[2]
        == "| 1.00 | 0.250 | 0.1235 |"
    )


def test_digits_follow_the_size_of_the_numbers():
    frame = pd.DataFrame(
        {"a": [0.1, 1.0], "b": [1.5, 9.9], "c": [15.0, 99.5], "d": [1500.5, 2.0], "e": [3.0, None]}
    )
    assert rows(tables.show(frame, "digits", "Which?"))[2:] == [
        "| 0.100 | 1.50 | 15.0 | 1500 | 3 |",
        "| 1.000 | 9.90 | 99.5 | 2 | – |",
    ]


def test_dates_missing_values_and_a_named_index():
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(pd.Series(["2021-03-18", None])),
            "date": [datetime.date(1998, 12, 4), None],
            "mixed": [1, "one"],
            "votes": pd.array([1, None], dtype="Int64"),
        },
    ).set_index(pd.Index(["first", "second"], name="Resolution"))
    assert rows(tables.show(frame, "dates", "When?")) == [
        "| Resolution | day | date | mixed | votes |",
        "|:---|:---|:---|:---|---:|",
        "| first | 2021-03-18 | 1998-12-04 | 1 | 1 |",
        "| second | – | – | one | – |",
    ]


def test_note_stands_beneath_the_table():
    shown = tables.show(pd.DataFrame({"a": [1]}), "noted", "What?", note="Source: {cite:t}`nye_2014`.\n")
    assert shown.data.endswith(":::\n\n:::{div} table-note\nSource: {cite:t}`nye_2014`.\n:::")


@pytest.mark.parametrize(
    ("frame", "name", "caption", "digits", "told"),
    [
        (pd.DataFrame({"a": [1]}), "Bad_Name", "What?", None, "'Bad_Name' must be lower-case"),
        (pd.DataFrame({"a": [1]}), "a--b", "What?", None, "single hyphens"),
        (pd.DataFrame({"a": [1]}), "name", "  ", None, "name needs a caption"),
        (pd.DataFrame({"a": []}), "name", "What?", None, "at least one row"),
        (pd.DataFrame([range(8)]), "name", "What?", None, "8 columns, and at most 7"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "name", "What?", None, "used twice: a"),
        (pd.DataFrame({"a": [1]}), "name", "What?", {"b": 2}, "given for b, but the table's columns are a"),
    ],
)
def test_table_refuses_in_one_sentence(frame, name, caption, digits, told):
    with pytest.raises(BookError, match=told) as refused:
        tables.show(frame, name, caption, digits=digits)
    assert "\n" not in str(refused.value)


def test_html_has_caption_header_cells_and_escapes():
    text = tables.html(pd.DataFrame({"State": ["<b>", "x"], "n & m": [1, 2]}), "A <caption>", most_rows=1)
    assert "<caption>A &lt;caption&gt;</caption>" in text
    assert '<th scope="col">State</th>\n<th scope="col" class="number">n &amp; m</th>' in text
    assert '<tr><th scope="row">&lt;b&gt;</th>\n<td class="number">1</td></tr>' in text
    assert '<td class="number">2</td>' not in text


@pytest.mark.parametrize(
    ("p", "words"), [(0.0001, "< 0.001"), (0.0316, "= 0.032"), (0.45, "= 0.45"), (0.999, "> 0.99")]
)
def test_a_probability_in_a_sentence_carries_its_sign(p, words):
    assert tables.p_words(p) == words
