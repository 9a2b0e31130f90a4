"""The comparison of two suppliers by four dimensions: what stands in a cell, and what adds up to a reading."""

import re
from pathlib import Path

import pytest

from cybergov import comparison, findings

ROOT = Path(__file__).resolve().parents[1]
CLAIMS = [claim for pair in comparison.CELLS.values() for claim in pair]


@pytest.fixture(scope="module")
def claims():
    return findings.claims(ROOT / "data" / "claims.yml")


def ledger(claims, says):
    """A made-up ledger: for each claim, whether each of its indicators supports it."""
    rows = {}
    for claim, supports in says.items():
        word = findings.verdict_word(supports)
        for name, yes in zip(claims[claim].indicators, supports, strict=True):
            rows[name] = {
                "indicator": name,
                "value": "-0.1234",
                "low": "-0.3",
                "high": "0.2",
                "p": "0.0004" if yes else "",
                "supports": "yes" if yes else "no",
                "verdict": word,
            }
    return rows


def rows_of(table):
    """The cells of a table in Markdown, without its header."""
    lines = [line for line in table.data.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines[1:]]


def test_the_cells_are_the_eight_claims_on_supply(claims):
    assert sorted(CLAIMS) == sorted(name for name, one in claims.items() if one.part == "Supply")
    assert all(set(wanted) <= set(CLAIMS) for wanted in comparison.READINGS.values())
    assert {len(wanted) for wanted in comparison.READINGS.values()} == {8, 4}


def test_every_indicator_of_the_cells_is_judged_by_sense_and_no_other(claims):
    assert set(comparison.CAPTURED) == {name for claim in CLAIMS for name in claims[claim].indicators}
    for direct, indirect, misses in comparison.CAPTURED.values():
        assert set(direct) | set(indirect) <= set(comparison.SENSES)
        assert not set(direct) & set(indirect)
        assert misses


def test_an_empty_ledger_tests_no_cell_and_leaves_both_readings_open(claims):
    cells, numbers, readings = comparison.cell_tables(claims, {}, {})
    assert cells.data.count("not tested in this edition") == 8
    assert len(rows_of(numbers)) == len(comparison.CAPTURED)
    for row, wanted in zip(rows_of(readings), comparison.READINGS.values(), strict=True):
        assert row[2:5] == ["none", "none", "none"]
        assert row[5] == ", ".join(wanted)
        assert row[6] == f"open: {len(wanted)} of {len(wanted)} cells not tested"


def test_a_cell_has_verdict_link_value_interval_and_p(claims):
    accepted = ledger(claims, {"S1": [True, False]})
    cells, *_ = comparison.cell_tables(
        claims, accepted, {claims["S1"].chapter: "/chapters/supply/concepts.md"}
    )
    (row,) = [row for row in rows_of(cells) if row[0] == "Concepts"]
    first, second = claims["S1"].indicators.values()
    assert row[1] == (
        "**[◐ S1: partly supported](/chapters/supply/concepts.md)**"
        f"<br>✓ **{first.id}** −0.123 [−0.300, 0.200], *p* < 0.001"
        f"<br>✗ **{second.id}** −0.123 [−0.300, 0.200]"
    )
    assert row[2] == "O1: not tested in this edition"


def test_a_cell_whose_chapter_is_not_in_the_book_links_nowhere(claims):
    cells, *_ = comparison.cell_tables(claims, ledger(claims, {"S1": [True, True]}), {})
    assert "**● S1: supported**<br>" in cells.data
    assert "](" not in cells.data


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ({c: [True, True] for c in CLAIMS}, ["supported", "supported"]),
        ({c: [False, False] for c in CLAIMS}, ["not supported", "not supported"]),
        ({c: [True, False] for c in CLAIMS}, ["partly supported", "partly supported"]),
        (
            {c: [c in ("S1", "S2", "O3", "O4")] * 2 for c in CLAIMS},
            ["partly supported", "supported"],
        ),
        (
            {c: [c in ("S3", "S4", "O1", "O2")] * 2 for c in CLAIMS},
            ["partly supported", "not supported"],
        ),
    ],
)
def test_a_reading_is_decided_as_a_claim_is(claims, says, words):
    *_, readings = comparison.cell_tables(claims, ledger(claims, says), {})
    assert [row[6].strip("*") for row in rows_of(readings)] == words


def test_what_is_not_tested_is_not_counted_as_not_supported(claims):
    says = {claim: [True, True] for claim in CLAIMS if claim != "O4"} | {"S1": [False, False]}
    *_, readings = comparison.cell_tables(claims, ledger(claims, says), {})
    for row in rows_of(readings):
        assert row[4:6] == ["S1", "O4"]
        assert row[6].startswith("open: 1 of ")


def test_senses_add_up_to_what_the_ledger_says(claims):
    says = {claim: [True, False] for claim in CLAIMS if claim != "S4"}
    each, sums = comparison.sense_tables(claims, ledger(claims, says))
    marks = {row[0].strip("*"): row[1:] for row in rows_of(each)}
    assert len(marks) == 16
    assert marks["S3.vote"][0] == "Disagreement, in part competing rules"
    assert marks["O4.proliferation"][0] == "In part overlap without coordination"
    assert marks["O2.model"][0] == "None of the four"
    *by_sense, rest = rows_of(sums)
    for sense, (named, *figures, which) in zip(comparison.SENSES, by_sense, strict=True):
        direct = [name for name in marks if sense in comparison.CAPTURED[name][0]]
        assert named == sense
        assert which == (", ".join(direct) or "none")
        total, *parts = map(int, figures)
        assert total == len(direct) == sum(parts)
    assert rest[0] == "None directly"
    assert rest[-1] == ", ".join(name for name in marks if not comparison.CAPTURED[name][0])


def test_what_the_chapter_says_of_the_design_is_so(claims):
    """Most indicators capture non-overlap, and two senses are captured by none directly."""
    _, sums = comparison.sense_tables(claims, {})
    numbers = {row[0]: int(row[1]) for row in rows_of(sums)}
    assert all(numbers["Non-overlap"] > number for sense, number in numbers.items() if sense != "Non-overlap")
    assert numbers["Competing rules"] == 0
    assert numbers["Overlap without coordination"] == 0


def test_no_table_is_wider_than_a_page(claims):
    full = ledger(claims, {c: [True, False] for c in CLAIMS})
    for table in (*comparison.cell_tables(claims, full, {}), *comparison.sense_tables(claims, full)):
        widths = {line.count("|") for line in table.data.splitlines() if line.startswith("|")}
        assert len(widths) == 1, "a cell broke its row"
        assert widths.pop() - 1 <= 7


def test_the_chapter_shows_both_parts():
    text = (ROOT / "chapters/supply/comparison.md").read_text(encoding="utf-8")
    assert re.findall(r"^```\{comparison\}(.*)$", text, re.MULTILINE) == ["", " senses"]
