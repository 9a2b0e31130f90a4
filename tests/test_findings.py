"""The ledger: what is declared, how a rule decides, and that nothing can be slipped past the check."""

import json
from dataclasses import replace

import nbformat
import pytest

from cybergov import cases, findings
from cybergov import ledger as ledger_page
from cybergov.errors import FindingError
from cybergov.findings import Finding

from .conftest import ROOT

CLAIMS = """
A1:
  claim: Something is so.
  part: The puzzle
  chapter: puzzle
  indicators:
    A1.fall:
      question: Has it fallen?
      measure: Difference
      tables: [votes]
      unit: points
      null_model: Labels dealt at random
      rule: value < 0 and p < 0.05
      tolerance: 0.01
    A1.rise:
      question: Has it risen?
      measure: Ratio
      tables: [votes]
      unit: ratio
      rule: low > 1
      tolerance: 0.01
B1:
  claim: Something else is so.
  part: Elsewhere
"""


@pytest.fixture
def declared(tmp_path):
    file = tmp_path / "claims.yml"
    file.write_text(CLAIMS)
    return findings.claims(file)


@pytest.fixture
def found():
    return {
        "A1.fall": Finding("A1.fall", -0.2, -0.3, -0.1, 0.01, True),
        "A1.rise": Finding("A1.rise", 1.2, 0.9, 1.5, None, False),
    }


@pytest.fixture
def ledger(found, declared):
    return {row["indicator"]: row for row in findings.ledger_rows(found, declared)}


def indicator(declared, name="A1.fall", **changes):
    return replace(findings.indicators(declared)[name], **changes)


# --- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "numbers", "expected"),
    [
        ("value < 0 and p < 0.05", (-0.1, -0.2, 0.1, 0.01), True),
        ("value < 0 and p < 0.05", (-0.1, -0.2, 0.1, 0.05), False),
        ("low > 0.5", (0.9, 0.51, 1.0, None), True),
        ("low > 0.5", (0.9, 0.5, 1.0, None), False),
        ("0.2 <= value <= 0.8", (0.8, 0.1, 0.9, None), True),
        ("not (high < 0 or low > 0)", (0.1, -0.1, 0.2, None), True),
        ("high - low < 0.5 * value", (1.0, 0.9, 1.1, None), True),
    ],
)
def test_a_rule_decides_as_written(declared, rule, numbers, expected):
    assert findings.decide(indicator(declared, rule=rule), *numbers) is expected


@pytest.mark.parametrize(
    "rule",
    [
        "__import__('os').system('true')",
        "value.__class__ == 1",
        "open('x') == 1",
        "(lambda: 1)() == 1",
        "[value][0] < 1",
        "value < limit",
        "value < '1'",
        "value ** 9 < 1",
        "value",
        "value + 1",
        "value = 1",
        "value <",
        "1 < 2",
        "value is 1",
        "value in (1, 2)",
        "",
        "True if value else False",
    ],
)
def test_a_rule_that_is_more_than_a_comparison_is_refused(rule):
    with pytest.raises(FindingError, match=r"A1\.fall: the rule .* expected a comparison"):
        findings.check_rule(rule, "A1.fall")


def test_a_rule_over_p_needs_p(declared):
    with pytest.raises(FindingError, match="needs p, and none was recorded"):
        findings.decide(indicator(declared), -0.1, -0.2, 0.0, None)


def test_a_rule_that_divides_by_zero_is_one_sentence(declared):
    with pytest.raises(FindingError, match="cannot be worked out"):
        findings.decide(indicator(declared, rule="1 / value > 2"), 0.0, 0.0, 0.0, None)


def test_the_verdict_follows_from_the_indicators():
    assert findings.verdict_word([True, True]) == "supported"
    assert findings.verdict_word([True, False]) == "partly supported"
    assert findings.verdict_word([False, False]) == "not supported"
    with pytest.raises(FindingError):
        findings.verdict_word([])


# --- declarations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("rule: low > 1", "rule: low > limit", "may not contain 'limit'"),
        ("      unit: ratio\n", "", r"A1\.rise: unit missing"),
        ("unit: ratio", "unit: ratio\n      units: ratio", "unknown field 'units'"),
        ("chapter: puzzle", "note: none", "names no chapter"),
        ("unit: ratio", "unit: ratio\n      null_rate: 5", "null_rate must be a number above 0 and below 1"),
        (
            "unit: ratio",
            "unit: ratio\n      placebo: [{way: shuffle, table: votes, columns: [vote]}]",
            "a placebo needs null_data",
        ),
        ("A1.rise:", "B1.rise:", r"an indicator of A1 must be named A1\.something"),
        ("tolerance: 0.01", "tolerance: 0", "tolerance must be a number above 0"),
        (
            "unit: ratio",
            "unit: ratio\n      amended: [{date: now}]",
            "amended needs date, old, new and reason",
        ),
        ("A1:\n", "A1: [\n", "is not valid YAML"),
    ],
)
def test_a_wrong_declaration_is_one_sentence_that_names_the_place(tmp_path, old, new, sentence):
    file = tmp_path / "claims.yml"
    assert old in CLAIMS
    file.write_text(CLAIMS.replace(old, new, 1))
    with pytest.raises(FindingError, match=sentence) as error:
        findings.claims(file)
    assert "claims.yml" in str(error.value) or "A1.rise" in str(error.value)


def test_the_claims_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(FindingError, match=r"none\.yml: cannot be read"):
        findings.claims(tmp_path / "none.yml")


def test_every_claim_of_the_article_is_in_the_book():
    ids = {"A1", "T1", "L1", "R1"} | {f"{letter}{n}" for letter in "SO" for n in range(1, 5)}
    ids |= {"P1", "P2", "P3", "M1", "M2", "M3", "M4"}
    assert set(findings.claims()) == ids


def test_a_tested_claim_has_at_least_two_indicators_and_they_do_not_share_all_tables():
    for claim in findings.claims().values():
        if claim.indicators:
            assert len({frozenset(one.tables) for one in claim.indicators.values()}) >= 2, claim.id


# --- recording ------------------------------------------------------------------------------------


@pytest.fixture
def chapter(monkeypatch):
    """A clean kernel, as it were, and what it would hand to the page."""
    glued: dict[str, str] = {}
    monkeypatch.setattr(findings, "_recorded", {})
    monkeypatch.setattr(findings, "hand_over", lambda name, text: glued.__setitem__(name, str(text)))
    monkeypatch.delenv(findings.CHAPTER_VARIABLE, raising=False)
    return glued


def test_record_glues_numbers_words_and_the_finding(chapter):
    done = findings.record("A1.split", -0.25, interval=(-0.5, -0.125), p=0.0002)
    assert done.supports
    assert chapter["A1.split"] == "−0.250"
    assert chapter["A1.split.interval"] == "[−0.500, −0.125]"
    assert chapter["A1.split.p"] == "< 0.001"
    assert chapter["A1.split.supports"] == "supports the claim"
    assert json.loads(chapter["A1.split.finding"])["low"] == -0.5


def test_the_verdict_waits_for_every_indicator(chapter):
    findings.record("A1.split", -0.25, interval=(-0.5, -0.125), p=0.0002)
    with pytest.raises(FindingError, match=r"A1\.tracks, A1\.need is not recorded"):
        findings.verdict("A1")
    findings.record("A1.tracks", 1.1, interval=(0.9, 1.3), p=0.3)
    with pytest.raises(FindingError, match=r"A1\.need is not recorded"):
        findings.verdict("A1")
    findings.record("A1.need", 0.9, interval=(0.8, 1.0))
    assert "Verdict on A1: partly supported" in findings.verdict("A1").data
    assert chapter["A1.verdict"] == "partly supported"


@pytest.mark.parametrize(
    ("name", "numbers", "sentence"),
    [
        ("A1.nothing", {"value": 0.0, "interval": (0, 1)}, "is declared neither"),
        ("A1.split", {"value": float("nan"), "interval": (0, 1), "p": 0.1}, "must be finite"),
        ("A1.split", {"value": 0.0, "interval": (0, float("inf")), "p": 0.1}, "must be finite"),
        ("A1.split", {"value": 0.0, "interval": (1, 0), "p": 0.1}, "lower end above its upper end"),
        ("A1.split", {"value": 0.0, "interval": (0, 1), "p": 1.5}, "p must lie between 0 and 1"),
        ("A1.split", {"value": 0.0, "interval": (0, 1)}, "needs p"),
    ],
)
def test_a_finding_that_cannot_be_is_refused(chapter, name, numbers, sentence):
    with pytest.raises(FindingError, match=sentence):
        findings.record(name, **numbers)
    assert chapter == {}


def test_a_finding_is_recorded_once_and_in_its_own_chapter(chapter, monkeypatch):
    monkeypatch.setenv(findings.CHAPTER_VARIABLE, "manifestations/legitimacy")
    with pytest.raises(FindingError, match="belongs to the chapter puzzle"):
        findings.record("A1.split", -0.2, interval=(-0.3, -0.1), p=0.01)
    monkeypatch.setenv(findings.CHAPTER_VARIABLE, "puzzle")
    findings.record("A1.split", -0.2, interval=(-0.3, -0.1), p=0.01)
    with pytest.raises(FindingError, match="recorded before"):
        findings.record("A1.split", -0.2, interval=(-0.3, -0.1), p=0.01)


@pytest.mark.parametrize("name", ["A1.split", "A1.verdict", "M4.anything"])
def test_a_chapter_cannot_glue_over_a_finding(name):
    with pytest.raises(FindingError, match="belongs to the findings of"):
        findings.glue(name, "0.5")


def test_by_hand_a_cell_may_be_run_again(chapter):
    for value in (-0.2, -0.3):
        findings.record("A1.split", value, interval=(-0.4, -0.1), p=0.01)
    assert chapter["A1.split"] == "−0.300"


@pytest.mark.parametrize("claim", [name for name, one in findings.claims().items() if one.indicators])
def test_how_a_claim_is_tested_stands_in_one_row_an_indicator_with_every_change_beneath(claim):
    one = findings.claims()[claim]
    table, _, note = findings.tests_table(claim).data.partition(":::\n\n")
    assert f":name: tests-{claim.lower()}" in table
    assert [line.split("**")[1] for line in table.splitlines() if line.startswith("| **")] == list(
        one.indicators
    )
    for name, declared in one.indicators.items():
        assert " ".join(declared.measure.split()) in table
        assert f"`{declared.rule}`" in table
        for change in declared.amended:
            assert f"- {name}, {change['date']}: {change['old']} → {change['new']}. Reason: " in note
    assert ("Changed after" in note) == any(declared.amended for declared in one.indicators.values())


def test_a_finding_shown_under_its_cell_is_one_short_line():
    fall = Finding("A1.fall", -0.212345, -0.3, -0.1, 0.0123, True)
    assert repr(fall) == "A1.fall: -0.2123 [-0.3, -0.1], p = 0.012; supports"
    assert repr(Finding("A1.rise", 1.2, 0.9, 1.5, None, False)) == "A1.rise: 1.2 [0.9, 1.5]; does not support"


def test_findings_are_read_back_from_an_executed_notebook():
    finding = Finding("A1.fall", -0.2, -0.3, -0.1, None, True)
    output = nbformat.v4.new_output(
        "display_data",
        {"application/papermill.record/text/plain": repr(json.dumps(finding.__dict__))},
        metadata={"scrapbook": {"name": "A1.fall.finding", "mime_prefix": "application/papermill.record/"}},
    )
    other = nbformat.v4.new_output("stream", text="hello")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[other, output])])
    assert findings.read_back(notebook) == {"A1.fall": finding}


# --- the check ------------------------------------------------------------------------------------


def test_what_was_accepted_holds(found, declared, ledger):
    assert findings.differences(found, declared, ledger) == []
    assert {row["verdict"] for row in ledger.values()} == {"partly supported"}


def test_a_move_within_the_tolerance_holds(found, declared, ledger):
    found["A1.fall"] = replace(found["A1.fall"], value=-0.2099)
    assert findings.differences(found, declared, ledger) == []


@pytest.mark.parametrize("column", ["value", "low", "high", "p"])
def test_a_tampered_number_is_caught(found, declared, ledger, column):
    ledger["A1.fall"][column] = str(float(ledger["A1.fall"][column]) + 0.02)
    (one,) = findings.differences(found, declared, ledger)
    assert (one.indicator, one.what) == ("A1.fall", f"{column} moved")
    assert one.ledger != one.now


def test_a_p_that_comes_or_goes_is_caught(found, declared, ledger):
    ledger["A1.rise"]["p"] = "0.5"
    assert [d.what for d in findings.differences(found, declared, ledger)] == ["p moved"]


@pytest.mark.parametrize("column", ["supports", "verdict"])
def test_a_flipped_word_is_caught(found, declared, ledger, column):
    ledger["A1.fall"][column] = "no" if column == "supports" else "supported"
    assert [d.what for d in findings.differences(found, declared, ledger)] == [f"{column} flipped"]


def test_a_finding_that_flips_by_its_rule_is_caught_even_when_it_moves_little(found, declared, ledger):
    found["A1.rise"] = replace(found["A1.rise"], supports=True)
    whats = [(d.indicator, d.what) for d in findings.differences(found, declared, ledger)]
    assert ("A1.rise", "supports flipped") in whats
    assert ("A1.fall", "verdict flipped") in whats


def test_a_finding_deleted_from_the_ledger_is_caught(found, declared, ledger):
    del ledger["A1.rise"]
    (one,) = findings.differences(found, declared, ledger)
    assert one.indicator == "A1.rise"
    assert one.what.startswith("extra")


def test_a_finding_that_no_chapter_recorded_is_caught(found, declared, ledger):
    del found["A1.rise"]
    whats = {d.indicator: d.what for d in findings.differences(found, declared, ledger)}
    assert whats["A1.rise"].startswith("missing")


@pytest.mark.parametrize("where", ["ledger", "chapter"])
def test_an_undeclared_finding_is_caught(found, declared, ledger, where):
    if where == "ledger":
        ledger["A1.other"] = {**ledger["A1.fall"], "indicator": "A1.other"}
    else:
        found["A1.other"] = replace(found["A1.fall"], indicator="A1.other")
    (one,) = findings.differences(found, declared, ledger)
    assert one.indicator == "A1.other"
    assert "not declared" in one.what
    assert where in one.what


def test_the_table_of_differences_shows_old_and_new(found, declared, ledger):
    ledger["A1.fall"]["value"] = "-0.4"
    text = findings.differences_table(findings.differences(found, declared, ledger))
    assert "-0.4" in text
    assert "-0.2" in text
    assert "ledger" in text


# --- the file -------------------------------------------------------------------------------------


@pytest.fixture
def ledger_file(tmp_path, monkeypatch):
    file = tmp_path / "findings.csv"
    monkeypatch.setattr(findings, "ledger_file", lambda: file)
    return file


def test_accept_and_read_agree(found, declared, ledger, ledger_file):
    findings.accept(found, declared)
    assert findings.read_ledger(ledger_file) == ledger
    assert ledger_file.read_text().splitlines()[0] == "indicator,value,low,high,p,supports,verdict"


def test_accept_writes_nothing_when_a_finding_is_missing(found, declared, ledger_file):
    ledger_file.write_text("as it was")
    del found["A1.rise"]
    with pytest.raises(FindingError, match=r"Nothing accepted: A1\.rise"):
        findings.accept(found, declared)
    assert ledger_file.read_text() == "as it was"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("indicator,value\nA1.fall,1\n", "expected the columns"),
        (
            "indicator,value,low,high,p,supports,verdict\nA1.fall,nan,0,1,,yes,supported\n",
            "row 2, column value",
        ),
        ("indicator,value,low,high,p,supports,verdict\nA1.fall,1,0,1,inf,yes,supported\n", "row 2, column p"),
        (
            "indicator,value,low,high,p,supports,verdict\nA1.fall,1,0,1,,maybe,supported\n",
            "expected yes or no",
        ),
        (
            "indicator,value,low,high,p,supports,verdict\nA1.fall,x,0,1,,yes,supported\n",
            "row 2, column value",
        ),
        ("indicator,value,low,high,p,supports,verdict\nA1.fall,,0,1,,yes,supported\n", "row 2, column value"),
        ("indicator,value,low,high,p,supports,verdict\nA1.fall,1,0\n", "expected 7 cells"),
        ("indicator,value,low,high,p,supports,verdict\n" + "A1.fall,1,0,1,,yes,supported\n" * 2, "twice"),
    ],
)
def test_a_broken_ledger_is_one_sentence(tmp_path, text, sentence):
    file = tmp_path / "findings.csv"
    file.write_text(text)
    with pytest.raises(FindingError, match=sentence):
        findings.read_ledger(file)


def test_a_ledger_that_is_no_text_is_one_sentence(tmp_path):
    file = tmp_path / "findings.csv"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(FindingError, match=r"findings\.csv: cannot be read as UTF-8 text"):
        findings.read_ledger(file)


def test_no_ledger_yet_is_an_empty_one(tmp_path):
    assert findings.read_ledger(tmp_path / "findings.csv") == {}


# --- what the theory expects of the cases -----------------------------------------------------------


def test_every_case_asks_the_same_four_questions():
    expected = findings.predictions()
    assert [one.chapter for one in expected.values()] == [f"cases/{case}" for case in cases.CASES]
    for name, one in expected.items():
        assert one.expected
        assert list(one.indicators) == [f"{name}.{asked}" for asked in ledger_page.QUESTIONS]
        assert all(len(test.choices) >= 1 for test in one.indicators.values())


def test_gate_and_interest_have_one_rule_in_all_cases():
    tests = findings.indicators(findings.predictions())
    for asked in ("gate", "interest"):
        mine = [one for name, one in tests.items() if name.endswith(f".{asked}")]
        assert len({(one.rule, one.unit, one.tolerance, one.null_model) for one in mine}) == 1


def test_an_expectation_has_words_of_its_own(chapter):
    findings.record("C1.gate", 0.7, interval=(0.6, 0.8), p=0.01)
    findings.record("C1.interest", 0.7, interval=(0.6, 0.8))
    assert chapter["C1.gate.supports"] == "is as expected"
    assert chapter["C1.interest.supports"] == "is not as expected"
    box = findings.claim_box("C1").data
    assert "cai_zhang_2024" not in box
    assert "(claim-C1)=" in box
    assert "| Is as expected if |" in findings.tests_table("C1").data


def test_an_id_stands_in_one_file_only(tmp_path):
    (tmp_path / "data").mkdir()
    for file in ("claims.yml", "predictions.yml"):
        (tmp_path / "data" / file).write_text((ROOT / "data" / "claims.yml").read_text())
    with pytest.raises(FindingError, match="the id is a claim's"):
        findings.all_declared(tmp_path)


def test_a_book_without_cases_has_no_such_file(tmp_path):
    assert findings.predictions(tmp_path) == {}
