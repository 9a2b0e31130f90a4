"""Robustness: what is run, what is kept, what makes a row stale, and what the rows say."""

import ast
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from cybergov import data, findings, robustness, run
from cybergov.errors import RobustnessError

from .conftest import ROOT

CHOICES: dict[str, list] = {"a": [1, 2, 3], "b": ["x", "y"], "c": [True, False]}


def robust(book, *arguments):
    done = book.cybergov("robustness", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def table(book):
    return robustness.read_snapshot(book.root / "_build" / "robustness.csv")


# --- what is run ----------------------------------------------------------------------------------


def test_a_small_grid_is_run_whole_with_the_published_choices_first():
    found = robustness.specifications("A1.x", CHOICES)
    assert found[0] == {"a": 1, "b": "x", "c": True}
    assert len(found) == robustness.grid(CHOICES) == 12
    assert len({robustness.words(one.items()) for one in found}) == 12


def test_of_a_large_grid_a_seeded_sample_is_run_with_every_single_change():
    large = {name: list(range(9)) for name in "abcdef"}
    found = robustness.specifications("A1.x", large, 200)
    assert found == robustness.specifications("A1.x", large, 200)
    assert found != robustness.specifications("A1.y", large, 200)
    assert len({robustness.words(one.items()) for one in found}) == 200
    base = dict.fromkeys(large, 0)
    assert found[0] == base
    for name in large:
        for value in large[name]:
            assert base | {name: value} in found


def test_indicators_of_a_chapter_share_the_runs_that_are_the_same_for_them(small_book):
    cases = robustness.planned(["A1.first", "A1.second"])
    assert [case.indicators for case in cases] == [("A1.first", "A1.second")] * 4
    assert cases[0].choices == ()
    assert sum(len(case.choices) for case in cases) == 4


def test_the_first_choice_must_be_the_published_one(small_book):
    small_book.edit("data/claims.yml", "start: [1, 2]", "start: [2, 1]")
    with pytest.raises(RobustnessError, match=r"A1.first: the first of its choices of start must be .* 1\."):
        robustness.planned(["A1.first"])


def test_an_unknown_indicator_is_one_sentence_with_the_nearest(small_book):
    done = small_book.cybergov("robustness", "A1.frist")
    assert done.returncode == 2
    assert "There is no indicator and no claim 'A1.frist'. Did you mean A1.first?" in done.stderr
    assert robustness.find(["A1"], findings.all_declared()) == ["A1.first", "A1.second"]


def test_every_state_that_the_tables_of_an_indicator_name_is_left_out_once():
    one = findings.indicators(findings.all_declared())["A1.tracks"]
    split = findings.indicators(findings.all_declared())["A1.split"]
    assert robustness.states_in(one) == []
    states = robustness.states_in(split)
    assert len(states) == len(set(states)) > 180
    assert set(states) <= set(data.load("votes")["iso3"])


# --- rows are kept, and made anew only when what they rest on changed -----------------------------


def test_rows_say_what_each_choice_would_have_said(small_book):
    small_book.edit("data/claims.yml", "rule: low > 0", "rule: low > 1")
    out = robust(small_book)
    assert "4 runs, of which 4 are due." in out
    rows = table(small_book)
    assert list(rows.columns) == robustness.COLUMNS
    mine = rows[rows["indicator"] == "A1.first"].set_index("choices")
    assert mine["value"].to_dict() == {
        "start=1; how=plain": 2.0,
        "start=1; how=fancy": 2.0,
        "start=2; how=plain": 4.0,
        "start=2; how=fancy": 4.0,
    }
    assert mine.loc["start=2; how=plain", "low"] == 2.0
    assert mine["supports"].tolist() == ["no", "no", "yes", "yes"]
    assert "0.50 of 4" in out
    assert "start=2" in out  # turns it


def test_what_stops_one_indicator_does_not_stop_the_others_of_its_run(small_book):
    small_book.edit("chapters/one.md", '"A1.second", 2.0', '"A1.second", {1: 2.0}[start]')
    robust(small_book)
    rows = table(small_book).set_index(["indicator", "choices"])
    assert rows.loc["A1.first", "supports"].eq("yes").all()
    assert rows.loc[("A1.first", "start=2; how=plain"), "value"] == 4.0
    assert rows.loc["A1.second", "error"].to_dict() == {
        "start=1; how=plain": "",
        "start=1; how=fancy": "",
        "start=2; how=plain": "KeyError: 2",
        "start=2; how=fancy": "KeyError: 2",
    }
    assert "4 runs, of which 0 are due." in robust(small_book)


def test_a_second_run_runs_nothing_and_a_change_only_what_rests_on_it(small_book):
    robust(small_book)
    assert "4 runs, of which 0 are due." in robust(small_book)
    small_book.edit("chapters/two.md", "'two'", "'three'")
    assert "4 runs, of which 0 are due." in robust(small_book)
    small_book.edit("chapters/one.md", '"A1.second", 2.0', '"A1.second", 2.5')
    assert "of which 4 are due." in robust(small_book)
    rows = table(small_book)
    assert set(rows.loc[rows["indicator"] == "A1.second", "value"]) == {2.5}
    small_book.edit("data/claims.yml", "rule: low > 0", "rule: low > 1")
    assert "of which 4 are due." in robust(small_book)
    small_book.write("requirements.txt", "pytest==9.0 \\\n    --hash=sha256:0\n")
    assert "4 runs, of which 0 are due." in robust(small_book), "a tool of the tests computes nothing"
    small_book.write("requirements.txt", "numpy==2.0 ; python_version < '3.12' \\\n")
    assert "of which 4 are due." in robust(small_book)


def test_every_package_that_computes_counts():
    shows = {"altair", "IPython", "cybergov"}
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "lib/cybergov/measures").glob("*.py")]
    sources += [
        cell.source
        for chapter in run.chapters(ROOT)
        for cell in chapter.notebook.cells
        if cell.cell_type == "code"
    ]
    used = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                used |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                used.add(node.module.split(".")[0])
    assert used - set(sys.stdlib_module_names) - shows <= set(robustness.COMPUTING)
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert all(f"\n{name}==" in lock for name in robustness.COMPUTING)


def test_only_the_rows_of_the_statement_that_changed_are_made_anew(small_book):
    robust(small_book)
    small_book.edit("chapters/one.md", '"A1.second", 2.0', '"A1.second", 2.5')
    cases = robustness.planned(["A1.first", "A1.second"])
    fresh = set(robustness.Rows(small_book.root).fresh(robustness.Foundations(small_book.root)))
    assert [case.indicators for case in robustness.due(cases, fresh)] == [("A1.second",)] * 4


def test_a_row_rests_on_the_tables_and_the_modules_that_its_statements_use():
    foundations = robustness.Foundations(ROOT)
    ordinary = foundations.of("A1.split", robustness.CHOICES)
    assert ordinary != foundations.of("A1.tracks", robustness.CHOICES)
    behind = {
        path.stem
        for path in robustness.modules_behind(
            "from cybergov.measures import voting\nimport cybergov.states as s", ROOT / "lib/cybergov"
        )
    }
    assert {"voting", "states", "data", "altered", "errors", "files"} <= behind
    assert not behind & {"cli", "run", "clubs", "robustness"}
    assert foundations.of_tables(["votes"]) != foundations.of_tables(["votes", "states"])


def test_a_run_that_was_stopped_goes_on_where_it_was(small_book):
    small_book.edit("data/claims.yml", "start: [1, 2]", f"start: {list(range(1, 40))}")
    command = [sys.executable, "-m", "cybergov", "robustness", "A1.second", "--workers", "1"]
    with subprocess.Popen(
        command,
        cwd=small_book.root,
        env=small_book.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as going:
        rows, kept = robustness.Rows(small_book.root), 0
        deadline = time.monotonic() + 60
        while kept < 3 and time.monotonic() < deadline:
            kept = len(rows.seconds()) and int(rows.seconds()["rows"].sum())
            time.sleep(0.1)
        going.send_signal(signal.SIGKILL)
    kept = int(rows.seconds()["rows"].sum())
    assert 3 <= kept < 78
    assert f"78 runs, of which {78 - kept} are due." in robust(small_book, "A1.second")
    assert len(table(small_book)) == 78


def test_where_the_question_cannot_be_put_a_row_tells_why(small_book):
    small_book.edit("chapters/one.md", "start * scale", "start * scale / ((start, how) != (2, 'fancy'))")
    out = robust(small_book, "A1.first")
    rows = table(small_book).set_index("choices")
    assert rows.loc["start=2; how=fancy", "error"] == "ZeroDivisionError: float division by zero"
    assert rows.loc["start=2; how=fancy", "supports"] == ""
    assert rows["error"].ne("").sum() == 1
    assert "1.00 of 3" in out


def test_a_run_that_was_killed_is_told_and_due_again(small_book):
    killed = "start * scale if start == 1 else __import__('os').kill(__import__('os').getpid(), 9)"
    small_book.edit("chapters/one.md", "start * scale", killed)
    done = small_book.cybergov("robustness", "A1.first")
    assert done.returncode == 1
    assert "2 runs came to no end and are due again" in done.stderr
    assert len(table(small_book)) == 2


def test_a_file_that_holds_no_rows_is_one_sentence(small_book):
    small_book.write("_build/robustness.sqlite", "not a database, but long enough to be read as one" * 30)
    done = small_book.cybergov("robustness")
    assert done.returncode == 2
    assert "is no file of robustness rows; delete it" in done.stderr


# --- placebo worlds and worlds without a state, on the real tables --------------------------------


def test_a_placebo_world_is_the_same_in_every_process_and_shuffles_what_it_declares():
    name = "A1.tracks"
    foundations = robustness.Foundations(ROOT)
    cases = robustness.planned([name], kinds=[robustness.PLACEBO], worlds=2)
    assert [case.world for case in cases] == [1, 2]
    assert dict(cases[0].choices)["draws"] == robustness.FEW_DRAWS[robustness.PLACEBO]
    found = []
    for _ in range(2):
        tasks = [robustness._task(case, foundations) for case in cases]
        for number, outcome in run.run_tasks(tasks, workers=2):
            assert outcome.notebook is not None, outcome.error
            found.append((number, repr(findings.read_back(outcome.notebook)[name])))
    assert len(set(found)) == 2


def test_without_a_state_a_finding_is_another():
    foundations = robustness.Foundations(ROOT)
    cases = [
        case
        for case in robustness.planned(["M4.permanent"], kinds=[robustness.WITHOUT])
        if case.without in ("FRA", "AND")
    ]
    values = {}
    for number, outcome in run.run_tasks([robustness._task(case, foundations) for case in cases]):
        assert outcome.notebook is not None, outcome.error
        (row,) = robustness._rows(cases[number], outcome, foundations)
        assert "expert_group_members" in row["tables"]
        values[cases[number].without] = row["value"], row["low"]
    assert len(set(values.values())) == 2


# --- the snapshot ---------------------------------------------------------------------------------


@pytest.fixture
def accepted(small_book):
    small_book.edit("data/claims.yml", "rule: low > 0", "rule: low > 1")
    out = robust(small_book, "--accept")
    assert "Accepted 8 rows into data/robustness.csv: 8 new, 0 gone, 0 decided otherwise" in out
    return small_book


def test_what_was_accepted_is_read_as_it_was(accepted):
    assert robustness.read_snapshot().equals(table(accepted))
    cases = robustness.planned(["A1.first", "A1.second"])
    assert robustness.missing(robustness.read_snapshot(), cases) == []


def test_a_snapshot_holds_until_a_row_moved_or_flipped(accepted):
    foundations = robustness.Foundations(accepted.root)
    assert robustness.recheck(robustness.read_snapshot(), 8, foundations) == []
    path = robustness.snapshot_file()
    text = path.read_text()
    path.write_text(text.replace("start=2; how=plain,,,4,2,3", "start=2; how=plain,,,4.5,2,3"))
    assert robustness.recheck(robustness.read_snapshot(), 8, foundations) == [
        "A1.first (start=2; how=plain): value was 4.5, is 4."
    ]
    path.write_text(text.replace("how=fancy,,,4,2,3,,yes", "how=fancy,,,4,2,3,,no"))
    assert robustness.recheck(robustness.read_snapshot(), 8, foundations) == [
        "A1.first (start=2; how=fancy): no in the snapshot, yes now."
    ]


def test_rows_that_are_missing_or_too_many_are_named(accepted):
    snapshot = robustness.read_snapshot()
    accepted.edit("data/claims.yml", "how: [plain, fancy]", "how: [plain, grand]")
    wrong = robustness.missing(snapshot, robustness.planned(["A1.first", "A1.second"]))
    assert "A1.first (start=1; how=fancy) is in the snapshot, and not declared." in wrong
    assert "A1.second (start=2; how=grand) is declared, and not in the snapshot." in wrong
    assert len(wrong) == 8


def test_only_a_whole_run_is_accepted(small_book):
    for part in (["A1.first"], ["--kind", "choices"], ["--worlds", "3"], ["--at-most", "2"]):
        done = small_book.cybergov("robustness", "--accept", *part)
        assert done.returncode == 2
        assert "Only the rows of all indicators, of all kinds" in done.stderr
    assert not robustness.snapshot_file().exists()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("indicator,kind", "indicator,sort", "expected the columns indicator, kind"),
        (
            ",choices,",
            ",chances,",
            "robustness.csv, row 2, column kind: expected one of choices, without, placebo",
        ),
        (",yes,", ",maybe,", "column supports: expected one of yes, no, found 'maybe'"),
        (",4,2,3", ",four,2,3", "expected numbers"),
    ],
)
def test_a_snapshot_that_cannot_be_read_is_one_sentence(accepted, old, new, sentence):
    path = robustness.snapshot_file()
    head, rest = path.read_text().split("\n", 1)
    path.write_text(
        f"{head.replace(old, new, 1)}\n{rest}"
        if old.startswith("ind")
        else f"{head}\n{rest.replace(old, new, 1)}"
    )
    with pytest.raises(RobustnessError) as error:
        robustness.read_snapshot()
    assert sentence in str(error.value)


# --- the book's own snapshot -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def of_book():
    return robustness.read_snapshot(robustness.snapshot_file(ROOT))


def test_the_snapshot_holds_what_is_declared_and_nothing_else(of_book):
    known = findings.all_declared(ROOT)
    cases = robustness.planned(robustness.find([], known), root=ROOT)
    assert robustness.missing(of_book, cases, ROOT) == []


def test_the_published_specification_of_the_snapshot_is_the_accepted_finding(of_book):
    accepted = findings.read_ledger(ROOT / "data" / "findings.csv")
    for name, one in findings.indicators(findings.all_declared(ROOT)).items():
        base = robustness.words((key, values[0]) for key, values in one.choices.items())
        mine = of_book[of_book["indicator"].eq(name) & of_book["kind"].eq(robustness.CHOICES)]
        (row,) = mine[mine["choices"].eq(base)].itertuples()
        found = accepted[name]
        assert row.supports == found["supports"], name
        for column in ("value", "low", "high", "p"):
            expected = float(found[column] or "nan")
            assert getattr(row, column) == pytest.approx(
                expected, rel=1e-5, abs=one.tolerance, nan_ok=True
            ), name


def test_a_row_of_the_snapshot_has_a_finding_or_a_sentence(of_book):
    nothing = of_book["supports"].eq("")
    assert of_book.loc[nothing, "error"].str.len().gt(20).all()
    assert of_book.loc[~nothing, "error"].eq("").all()
    assert of_book.loc[~nothing, ["value", "low", "high"]].notna().all().all()
    # What a programmer reads: the name of a class, then a bare key.
    assert not of_book["error"].str.match(r"(KeyError|IndexError|AttributeError|TypeError)\b").any()


@pytest.mark.parametrize("kind", robustness.KINDS)
def test_a_seeded_sample_of_the_snapshot_is_found_again(of_book, kind):
    """Eight rows of each kind, drawn by lot; all of them would take an hour."""
    foundations = robustness.Foundations(ROOT)
    assert robustness.recheck(of_book[of_book["kind"].eq(kind)], 8, foundations) == []


# --- what the rows say ----------------------------------------------------------------------------


def test_a_verdict_under_each_single_change(small_book):
    decisions = {
        ("A1.first", "start=1; how=plain"): "yes",
        ("A1.first", "start=1; how=fancy"): "",
        ("A1.first", "start=2; how=plain"): "yes",
        ("A1.second", "start=1; how=plain"): "yes",
        ("A1.second", "start=1; how=fancy"): "yes",
        ("A1.second", "start=2; how=plain"): "no",
    }
    rows = pd.DataFrame(
        [
            [*case[:1], "choices", case[1], "", 0, 1.0, 0.0, 2.0, None, yes, ""]
            for case, yes in decisions.items()
        ],
        columns=robustness.COLUMNS,
    )
    claim = findings.all_declared()["A1"]
    # What gave no finding says nothing of the verdict: how=fancy is left out.
    assert robustness.verdicts(rows, claim).to_dict() == {"": "supported", "start=2": "partly supported"}
    alone = robustness.verdicts(rows[rows["indicator"].eq("A1.first")], claim)
    assert alone.to_dict() == {"": "supported", "start=2": "supported"}


def test_a_summary_counts_shares_turning_choices_states_and_placebo_worlds(small_book):
    def row(kind, choices="", without="", world=0, supports="yes", error=""):
        return ["A1.first", kind, choices, without, world, 1.0, 0.0, 2.0, None, supports, error]

    frame = pd.DataFrame(
        [
            row("choices", "start=1; how=plain"),
            row("choices", "start=1; how=fancy", supports="no"),
            row("choices", "start=2; how=plain", supports="", error="KeyError: 'x'"),
            row("choices", "start=2; how=fancy", supports="no"),
            row("without", without="FRA"),
            row("without", without="NZL", supports="no"),
            *(row("placebo", world=n, supports="yes" if n == 1 else "no") for n in range(1, 11)),
        ],
        columns=robustness.COLUMNS,
    )
    (one,) = robustness.summary(frame, findings.all_declared()).to_dict("records")
    assert (one["published"], one["specifications"], one["of"], one["errors"]) == ("yes", 3, 4, 1)
    assert one["share"] == pytest.approx(1 / 3)
    assert one["turned_by"] == ["how=fancy"]
    assert one["turned_without"] == ["NZL"]
    assert (one["worlds"], one["worlds_support"]) == (10, 1)
    # Clopper and Pearson for 1 of 10
    assert (one["rate_low"], one["rate_high"]) == pytest.approx((0.0025, 0.4450), abs=5e-5)
