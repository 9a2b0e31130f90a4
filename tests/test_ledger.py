"""The ledger as a page and as a file: what stands in it is what was accepted, claim by claim."""

import re

import pandas as pd
import pytest

from cybergov import findings, ledger, tables

from .conftest import ROOT

NONE = pd.DataFrame()


@pytest.fixture(scope="module")
def claims():
    return findings.claims(ROOT / "data" / "claims.yml")


@pytest.fixture
def accepted():
    """A made-up ledger of A1, T1 and S3; no other claim has a finding."""
    says = {"A1.split": "yes", "A1.tracks": "no", "S3.coverage": "no", "S3.vote": "no", "T1.goods": "yes"}
    verdicts = {"A1": "partly supported", "S3": "not supported", "T1": "supported"}
    return {
        name: {
            "indicator": name,
            "value": "-0.123456",
            "low": "-0.3",
            "high": "0.2",
            "p": "0.0004" if yes == "yes" else "",
            "supports": yes,
            "verdict": verdicts[name.split(".")[0]],
        }
        for name, yes in says.items()
    }


@pytest.fixture
def robust():
    """A made-up summary of the rows of robustness of two indicators."""
    about = {
        "published": ["yes", "no"],
        "specifications": [4, 1],
        "share": [0.75, 0.0],
        "without": [190, 0],
        "turned_without": [["FRA", "TGO"], []],
        "worlds": [40, 40],
        "worlds_support": [1, 0],
    }
    return pd.DataFrame(about, index=["A1.split", "A1.tracks"])


def rows_of(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines[1:]]


def test_the_summary_counts_claims_and_indicators(claims, accepted, robust):
    text = ledger.summary(claims, accepted, NONE)
    assert text.startswith(
        f"Of {len(claims)} claims, 1 is **supported** (T1), 1 is **partly supported** (A1)"
    )
    assert "1 is **not supported** (S3)" in text
    assert f"{len(claims) - 3} are **not tested in this edition**" in text
    assert text.endswith("Of the 5 indicators that decide, 2 support their claim and 3 do not.")
    told = ledger.summary(claims, accepted, robust)
    assert told == text + " Of the 1 with other declared choices, 0 decide alike under all of these."


def test_the_summary_of_the_accepted_ledger_names_every_claim_once(claims):
    text = ledger.summary(claims, findings.read_ledger(ROOT / "data" / "findings.csv"), NONE)
    assert sorted(re.findall(r"\b[A-Z]\d\b", text)) == sorted(claims)


def test_a_claim_says_what_bears_it_out_and_what_does_not(claims, accepted):
    table = rows_of(ledger.claims_table(claims, accepted, {"puzzle": "/p.md"}))
    rows = {row[0][2:4]: row for row in table}
    assert list(rows) == list(claims)
    first, indicators = rows["A1"], claims["A1"].indicators
    assert first[0] == f"**A1** {claims['A1'].claim}<br>**[◐ partly supported](/p.md)**"
    assert first[1] == f"✓ {indicators['A1.split'].question} *−0.123*"
    assert first[2].startswith(f"✗ {indicators['A1.tracks'].question}")
    assert indicators["A1.need"].question not in " ".join(first)
    assert rows["T1"][2] == tables.MISSING
    assert rows["S3"][1] == tables.MISSING
    assert rows["M1"][0].endswith(f"<br>**{findings.UNTESTED}**")
    assert rows["M1"][1:] == [tables.MISSING, tables.MISSING]


def test_an_indicator_shows_value_interval_p_robustness_rule_and_decision(claims, accepted, robust):
    rows = rows_of(ledger.indicators_table(claims, accepted, {"puzzle": "/p.md"}, robust))
    assert [row[0].strip("*[").split("]")[0] for row in rows] == [
        name for name in findings.indicators(claims) if name in accepted
    ]
    first = rows[0]
    assert first[0] == "**[A1.split](/p.md)**"
    assert first[1:6] == ["✓ yes", "−0.123 [−0.300, 0.200]", "< 0.001", "0.75 of 4", "partly supported"]
    assert f"`{claims['A1'].indicators['A1.split'].rule}` *(amended)*" in first[6]
    assert rows[1][1] == "✗ no"
    assert rows[1][3:5] == [tables.MISSING] * 2  # no p, and no other choice was declared
    assert rows[2][4] == tables.MISSING  # no row of robustness


def test_the_file_has_a_row_for_every_indicator_and_for_every_claim_without_one(claims, accepted, robust):
    frame = ledger.file(claims, accepted, robust)
    assert list(frame) == ledger.FILE_COLUMNS
    assert list(dict.fromkeys(frame["claim"])) == list(claims)
    found = frame[frame["indicator"].ne("")].set_index("indicator")
    assert set(found.index) == set(accepted)
    row = found.loc["A1.split"]
    assert [row["value"], row["p"], row["supports"]] == ["-0.123456", "0.0004", "yes"]
    assert [row["specifications"], row["specifications that support"]] == ["4", "3"]
    assert row["states whose absence turns the decision"] == "FRA TGO"
    assert [row["placebo worlds"], row["placebo worlds that support"]] == ["40", "1"]
    assert found.loc["A1.tracks", "states left out, one at a time"] == ""
    assert found.loc["S3.vote", "specifications"] == ""
    untested = frame[frame["indicator"].eq("")]
    assert set(untested["verdict"]) == {findings.UNTESTED}
    assert len(untested) == len(claims) - 3


def test_nothing_accepted_yet(claims):
    assert "0 support" in ledger.summary(claims, {}, NONE)
    assert ledger.indicators_table(claims, {}, {}, NONE) == "No finding has been accepted yet."
    assert ledger.file(claims, {}, NONE)["indicator"].eq("").all()


def test_the_same_questions_are_asked_of_all_cases(accepted):
    expected = findings.predictions(ROOT)
    found = {
        "C1.gate": accepted["A1.split"] | {"indicator": "C1.gate"},
        "C2.gate": accepted["A1.tracks"] | {"indicator": "C2.gate"},
    }
    rows = rows_of(
        ledger.cases_table(expected, found, {"cases/two_tracks": "/t.md"}, {"cases/two_tracks": "Two"})
    )
    assert [row[0] for row in rows[:1]] == ["**[C1 Two](/t.md)**"]
    assert len(rows) == len(expected) + 1
    assert rows[0][1:] == ["✓ −0.123<br>[−0.300, 0.200]", *[tables.MISSING] * 3]
    assert rows[1][1].startswith("✗ ")
    assert rows[-1][1:] == ["*1 of 2*", "*0 of 0*", "*0 of 0*", "*0 of 0*"]
