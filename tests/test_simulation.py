"""The simulated negotiation: a cast that mirrors the membership, vote files, and a tally that can be done by hand."""

import html
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from pypdf import PdfReader

from cybergov import briefs, data, paper, simulation, simulation_sheets, states, tally
from cybergov.errors import BookError, MeasureError

from .conftest import ROOT, copy_of

TEXTS = simulation.texts()
QUESTIONS = [one.id for one in TEXTS.questions]


@pytest.fixture(scope="module")
def game():
    return simulation.cast(12, 1)


@pytest.fixture
def quickly(monkeypatch):
    """Many casts in a row: the membership is read once."""
    members = {year: simulation.membership(year) for year in (2018,)}
    monkeypatch.setattr(simulation, "membership", members.__getitem__)


# --- texts ----------------------------------------------------------------------------------------


def test_rounds_fill_one_session_or_two():
    assert sum(one.short for one in TEXTS.rounds) == 90
    assert sum(one.long for one in TEXTS.rounds) == 180
    assert len(TEXTS.rounds) == 5  # four rounds and a debriefing


def test_paragraphs_name_goods_chapters_and_recorded_votes_that_exist():
    goods = set(data.load("goods")["good"])
    recorded = data.load("resolutions").set_index("resolution")
    assert 6 <= len(TEXTS.paragraphs) <= 8
    assert [one.id for one in TEXTS.paragraphs] == [f"OP{n}" for n in range(1, len(TEXTS.paragraphs) + 1)]
    for one in TEXTS.paragraphs:
        assert one.good in goods
        assert (ROOT / "chapters" / f"{one.chapter}.md").exists()
    for one in TEXTS.questions:
        assert (one.comparable is None) == (one.nearness == "none")
        if one.comparable:
            assert list(recorded.loc[one.comparable, ["adoption", "verified"]]) == ["recorded vote", "yes"]


def test_the_draft_is_one_sentence_with_numbered_paragraphs():
    draft = simulation.write_draft(TEXTS)
    assert draft.count(";\n") == len(TEXTS.paragraphs) - 1
    assert draft.endswith(".\n")
    assert len(re.findall(r"^\d+\. \*\w", draft, re.MULTILINE)) == len(TEXTS.paragraphs)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda raw: raw.pop("rules"), "cannot be read as the texts of a simulation"),
        (lambda raw: raw["resolution"]["paragraphs"][0].update(id="OP2"), "OP2 stands there twice"),
        (lambda raw: raw["resolution"]["whole"].update(id="ALL"), "the last one is ALL"),
        (
            lambda raw: raw["resolution"]["paragraphs"][0].update(comparable="A/RES/75/24"),
            "is 'A/RES/75/240' meant",
        ),
        (lambda raw: raw["rounds"][0].update(minutes=3), "cannot be read as the texts"),
    ],
)
def test_texts_that_cannot_be_used_are_told(tmp_path, change, told):
    raw = yaml.safe_load((ROOT / "data/simulation.yml").read_text())
    change(raw)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/simulation.yml").write_text(yaml.safe_dump(raw))
    with pytest.raises(BookError, match=told):
        simulation.texts(tmp_path)


# --- camps ----------------------------------------------------------------------------------------


def test_camps_are_the_two_votes_of_the_year():
    votes = data.load("votes")
    assert simulation.camp_years()[2018] == ("A/RES/73/27", "A/RES/73/266")
    assert simulation.camp_years()[2023] == ("A/RES/78/237", "A/RES/78/16")
    for year, pair in simulation.camp_years().items():
        one, other = (set(votes[votes["resolution"].eq(r) & votes["vote"].eq("yes")]["iso3"]) for r in pair)
        camps = simulation.membership(year)["Camp"]
        for camp, expected in zip(simulation.CAMPS, (one & other, one - other, other - one), strict=False):
            assert set(camps[camps.eq(camp)].index) == expected, year
    assert len(camps) == 193


def test_a_year_without_both_votes_is_refused():
    with pytest.raises(BookError, match=r"2021 has not both: expected 2018, .* and 2023"):
        simulation.membership(2021)


# --- the cast -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quickly")
def test_a_cast_is_nearer_than_casts_by_lot():
    for number in (6, 12, 40):
        lots = simulation.imbalance_by_lot(number, 200, seed=5).sum(axis=1)
        for seed in (1, 2):
            assert simulation.cast(number, seed).imbalance.sum() < min(lots.min(), lots.median() / 2)


def test_imbalance_by_hand():
    members = pd.DataFrame(
        {"Regional group": list("aabb"), "Camp": list("xxxy"), "Income group": list("llll")}, list("ABCD")
    )
    found = simulation.imbalance(members.iloc[:2], members)
    assert found.tolist() == [0.5, 0.25, 0.0]


def test_regional_groups_get_seats_in_proportion(game):
    # 54, 54, 33, 29 and 23 of 193 members: of twelve seats 3.36, 3.36, 2.05, 1.80 and 1.43 are due.
    groups = game.delegations["Regional group"].value_counts().to_dict()
    assert groups == {
        "African States": 3,
        "Asia-Pacific States": 3,
        "Latin American and Caribbean States": 2,
        "Western European and other States": 2,
        "Eastern European States": 2,
    }


@pytest.mark.usefixtures("quickly")
def test_every_size_has_its_number_all_groups_and_all_roles(monkeypatch):
    monkeypatch.setattr(simulation, "STARTS", 2)
    for number in range(simulation.FEWEST, simulation.MOST + 1):
        found = simulation.cast(number, number).delegations
        assert len(found) == found.index.nunique() == number
        assert found["Seat"].tolist() == list(range(1, number + 1))
        assert found["Role"].value_counts().drop("delegation", errors="ignore").to_dict() == {
            "sponsor": 2,
            "chair": 1,
            "rapporteur": 1,
        }
        if number >= simulation.EVERY_GROUP_FROM:
            assert found["Regional group"].nunique() == 5
        else:
            assert found["Regional group"].nunique() == number


@pytest.mark.usefixtures("quickly")
def test_the_same_seed_gives_the_same_cast_and_another_one_another(game):
    again = simulation.cast(12, 1)
    pd.testing.assert_frame_equal(again.delegations, game.delegations)
    assert len({tuple(sorted(simulation.cast(12, seed).codes)) for seed in range(1, 9)}) == 8


@pytest.mark.usefixtures("quickly")
def test_roles_come_from_the_camps_that_the_rule_names():
    for seed in range(1, 16):
        found = simulation.cast(12, seed).delegations.set_index("Role")
        assert found.loc["chair", "Camp"] == "yes on both"
        assert set(found.loc[["sponsor"], "Camp"]) == {"Developments only", "Behaviour only"}
        assert found.loc[["chair", "rapporteur"], "Regional group"].nunique() == 2


@pytest.mark.usefixtures("quickly")
def test_seats_follow_the_alphabet_from_a_state_by_lot():
    firsts = set()
    for seed in range(1, 9):
        seated = simulation.cast(12, seed).delegations["State"].tolist()
        start = seated.index(min(seated))
        assert seated[start:] + seated[:start] == sorted(seated)
        firsts.add(start)
    assert len(firsts) > 1


def test_fixed_states_sit_and_barred_ones_do_not(game):
    fixed = ["CHN", "RUS", "USA", "FRA", "GBR"]
    found = simulation.cast(6, 3, fixed=fixed, without=["BRA"])
    assert set(fixed) < set(found.codes)
    # Four of the five are of two groups: too few seats are left for each group to have one.
    assert simulation.cast(5, 1, fixed=fixed).codes.count("USA") == 1
    barred = simulation.cast(12, 1, without=game.codes)
    assert not set(barred.codes) & set(game.codes)
    assert barred.imbalance.sum() < 0.5
    groups = simulation.membership()["Regional group"]
    european = groups[groups.eq("Eastern European States")].index
    without = simulation.cast(12, 1, without=list(european))
    assert without.delegations["Regional group"].nunique() == 4


def test_a_state_without_income_group_is_not_known(monkeypatch):
    figures = states.figures(simulation.FIGURES_OF)
    figures.loc[figures["regional_group"].eq("African States"), "income_group"] = np.nan
    monkeypatch.setattr(states, "figures", lambda year: figures)
    found = simulation.cast(12, 1)
    assert simulation.NOT_KNOWN in set(found.delegations["Income group"])
    balance = simulation.balance(found).set_index("Group")
    assert balance.loc[simulation.NOT_KNOWN, "Member states"] == 54
    assert balance.groupby("Margin")["Delegations"].sum().eq(12).all()
    assert balance.groupby("Margin")["Member states"].sum().eq(193).all()


@pytest.mark.usefixtures("quickly")
def test_observers_come_with_larger_groups():
    assert [simulation.cast(n, 1).observers for n in (4, 15, 16, 24, 40, 60)] == [0, 0, 2, 3, 5, 5]
    assert simulation.cast(4, 1, observers=3).observers == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"number": 3}, "from 4 to 60, not 3"),
        ({"number": 61}, "from 4 to 60, not 61"),
        ({"number": 12.5}, "whole number"),
        ({"number": True}, "whole number"),
        ({"seed": -1}, "The seed must be a whole number of 0 or more, not -1"),
        ({"observers": 9}, "from 0 to 5, not 9"),
        ({"fixed": ["BRZ"]}, "'BRZ' is no code of a member state; .* is 'BR.' meant"),
        ({"fixed": ["Brazil"]}, "is 'BRA' meant"),
        ({"fixed": ["bra"], "without": ["BRA"]}, "BRA cannot be both"),
        ({"number": 4, "fixed": ["BRA", "CHN", "USA", "RUS", "FRA"]}, "cannot hold the 5"),
        ({"number": 60, "without": list(states.names().index[:140])}, "needs more than the 53 left"),
        ({"camp_year": 1998}, "1998 has not both"),
    ],
)
def test_a_cast_that_cannot_be_drawn_is_told(arguments, told):
    with pytest.raises(BookError, match=told):
        simulation.cast(**{"number": 12, "seed": 1, **arguments})


# --- vote files -----------------------------------------------------------------------------------


def filled(game, questions=QUESTIONS, vote="yes"):
    return "iso3,question,vote\n" + "".join(f"{code},{q},{vote}\n" for q in questions for code in game.codes)


def read(tmp_path, game, text):
    path = tmp_path / "votes.csv"
    path.write_text(text, encoding="utf-8")
    return tally.read_votes(path, game, QUESTIONS)


def test_a_blank_file_has_a_row_for_each_vote_and_is_told_to_be_blank(tmp_path, game):
    text = tally.blank(game, QUESTIONS)
    assert text.count("\n") == 1 + 12 * len(QUESTIONS)
    assert tally.is_blank(text)
    assert not tally.is_blank(text.replace("OP1,\n", "OP1,no\n", 1))
    assert not tally.is_blank("something else\nentirely,\n")
    with pytest.raises(BookError, match=r"votes\.csv has no vote in it yet"):
        read(tmp_path, game, text)


def test_a_filled_blank_reads_back_however_the_spreadsheet_wrote_it(tmp_path, game):
    rows = filled(game).splitlines()
    for text in (
        "\n".join(rows),
        "\ufeff" + "\r\n".join(rows),
        "\n".join(rows).replace(",", ";"),
        "\n".join([rows[0].upper(), *rows[1:]]).replace("yes", " Yes ") + "\n,,\n",
        "\n".join([rows[0], *reversed(rows[1:])]),
    ):
        found = read(tmp_path, game, text)
        assert found.index.tolist() == game.codes
        assert found.columns.tolist() == QUESTIONS
        assert found.eq("yes").all(axis=None)


def refusal(tmp_path, game, text):
    with pytest.raises(BookError) as raised:
        read(tmp_path, game, text)
    return re.sub(r"[ -]+", " ", str(raised.value))


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (
            "{0},OP1,yse\n",
            "votes.csv, row 2: the vote 'yse' of {0} on OP1; expected one of yes, no, abstain, absent; is 'yes' meant?",
        ),
        ("{0},OP1,\n", "votes.csv, row 2: no vote of {0} on OP1; expected one of yes, no, abstain, absent."),
        ("", "votes.csv: no row of {0} on OP1; expected one of yes, no, abstain, absent."),
        (
            "{0},OP1,yes\n{0},op1,no\n",
            "votes.csv, row 3: a second vote of {0} on OP1; expected one; the first is in row 2.",
        ),
        ("{0},OP1,yes\nXXX,OP1,no\n", "votes.csv, row 3: no state 'XXX'; expected a code of the cast."),
        ("{0},OP1,yes\n{2},OP1,no\n", "votes.csv, row 3: {2} is not in this cast; expected one of {1}."),
        (
            "{0},OP1,yes\n{0},OP11,no\n",
            "votes.csv, row 3: no question 'OP11'; expected one of {3}; is 'OP1' meant?",
        ),
    ],
)
def test_one_problem_is_told_in_one_sentence_with_its_row(tmp_path, game, new, told):
    first = game.codes[0]
    outsider = next(code for code in states.names().index if code not in game.codes)
    words = first, ", ".join(sorted(game.codes)), outsider, ", ".join(QUESTIONS)
    text = filled(game).replace(f"{first},OP1,yes\n", new.format(*words), 1)
    assert refusal(tmp_path, game, text) == told.format(*words)


def test_all_problems_are_told_in_one_table(tmp_path, game):
    first, second = game.codes[:2]
    text = filled(game).replace(f"{first},OP1,yes", f"{first},OP1,maybe")
    lines = refusal(tmp_path, game, text.replace(f"{second},OP1,yes", "QQQ,OP1,yes")).splitlines()
    assert lines[0] == "votes.csv cannot be tallied for 3 reasons:"
    assert lines[3:6] == [
        f"2 the vote 'maybe' of {first} on OP1 one of yes, no, abstain, absent",
        "3 no state 'QQQ' a code of the cast",
        f"– no row of {second} on OP1 one of yes, no, abstain, absent",
    ]
    assert lines[-1] == "A cast is drawn anew for every number, seed and choice: give those of the packet."


def test_the_votes_of_another_cast_say_so_without_a_flood(tmp_path, game):
    other = simulation.cast(12, 2)
    with pytest.raises(BookError, match="give those of the packet") as raised:
        read(tmp_path, game, filled(other))
    assert str(raised.value).count("\n") < 50


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no column 'iso3'"),
        (b"iso3,vote\nBRA,yes\n", "no column 'question'"),
        (b"iso3,question,vote\n\xff\xfe,OP1,yes\n", "cannot be read as CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_vote_file_is_told(tmp_path, game, content, told):
    path = tmp_path / "votes.csv"
    path.write_bytes(content)
    with pytest.raises(BookError, match=told):
        tally.read_votes(path, game, QUESTIONS)
    with pytest.raises(BookError, match="cannot be read"):
        tally.read_votes(tmp_path / "nowhere.csv", game, QUESTIONS)


# --- the tally ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yes", "no", "simple", "two_thirds"),
    [
        (2, 1, True, True),
        (3, 2, True, False),
        (1, 1, False, False),
        (0, 0, False, False),
        (1, 0, True, True),
        (0, 3, False, False),
    ],
)
def test_who_is_present_and_voting_decides(yes, no, simple, two_thirds):
    assert tally.adopted(yes, no) is simple
    assert tally.adopted(yes, no, "two thirds") is two_thirds


def test_an_unknown_majority_is_refused():
    with pytest.raises(BookError, match="simple, two thirds, not 'most'"):
        tally.adopted(1, 0, "most")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def small():
    """Four states whose votes on 73/27 were no, yes, abstain and no, and on 73/266 yes, no, yes and yes."""
    found = simulation.cast(4, 1, fixed=["FRA", "CHN", "BRA", "USA"])
    order = ["FRA", "CHN", "BRA", "USA"]
    return replace(found, delegations=found.delegations.loc[order].assign(Seat=range(1, 5)))


COMPARED = {"A": "A/RES/73/27", "B": "A/RES/73/266"}


def room(small, **votes):
    return pd.DataFrame(votes, index=pd.Index(small.codes, name="iso3"))


def test_a_tally_by_hand(small):
    record = tally.record(small, COMPARED)
    assert record["A"].tolist() == ["no", "yes", "abstain", "no"]
    assert record["B"].tolist() == ["yes", "no", "yes", "yes"]
    votes = room(
        small,
        A=["yes", "yes", "no", "abstain"],  # France and Brazil and the United States depart
        B=["yes", "no", "absent", "absent"],
        C=["absent"] * 4,
    )
    counted = tally.tally(votes, small, COMPARED)
    a, b, c = (counted.questions.loc[question] for question in "ABC")
    assert list(a[["Yes", "No", "Abstain", "Absent", "Adopted"]]) == [2, 1, 1, 0, "yes"]
    assert a["Agreement"] == pytest.approx((2 - 0.5 * 2) / 4)
    assert a["Rice"] == pytest.approx(1 / 3)
    assert (a["Compared"], a["Alike"]) == (4, 0.25)
    assert a["Record, same states"] == pytest.approx((2 - 0.5 * 2) / 4)
    assert a["Record, Assembly"] == pytest.approx((119 - 0.5 * 60) / 179)
    assert list(b[["Yes", "No", "Absent", "Adopted", "Agreement"]]) == [1, 1, 2, "no", 0.25]
    assert (b["Compared"], b["Alike"]) == (2, 1.0)
    assert (c["Absent"], c["Adopted"]) == (4, "no")
    assert pd.isna(c["Agreement"])
    assert pd.isna(c["Rice"])
    assert pd.isna(c["Resolution"])
    away = counted.delegations
    assert away.index.tolist()[0] == "FRA"
    assert away.loc["FRA", "Steps apart"] == 1.0
    assert away.loc["FRA", "Departures"] == ["A: yes (state: no)"]
    assert away.loc["BRA", ["Compared", "Alike", "Steps apart"]].tolist() == [1, 0, 0.5]
    assert away.loc["CHN", ["Compared", "Alike", "Steps apart"]].tolist() == [2, 2, 0.0]
    overall = counted.overall.set_index("Measure")
    assert overall.loc["Votes as the own state's", "Value"] == pytest.approx(3 / 6)
    assert overall.loc["Votes as the own state's", "Rests on"] == "6 votes"


def test_the_share_with_any_state_and_its_p_by_hand(small):
    """Sheets of one vote each: with three kinds of vote among four states, the matches can be counted."""
    record = tally.record(small, {"A": COMPARED["A"]})["A"]
    counted = tally.tally(room(small, A=record.tolist()), small, {"A": COMPARED["A"]})
    overall = counted.overall.set_index("Measure")
    # no, yes, abstain, no: each no meets two of its kind, the others one: 6 of 16 comparisons.
    assert overall.loc["The same with any state of the cast", "Value"] == pytest.approx(6 / 16)
    # Of the 24 orders, those that leave all at their kind exchange the two that voted no, or do nothing.
    assert overall.loc["Votes as the own state's", "p"] == pytest.approx(2 / 24)


def test_groups_by_hand(small):
    votes = room(small, A=["yes", "no", "no", "yes"], B=["yes", "yes", "no", "abstain"])
    groups = tally.tally(votes, small, {}).groups.set_index("Group")
    western = groups.loc["Western European and other States"]
    assert (western["Delegations"], western["Within"]) == (2, 0.75)  # yes and abstain agree by half
    # France with China ½, with Brazil 0; the United States with China ¼, with Brazil ¼.
    assert western["With others"] == pytest.approx((0.5 + 0 + 0.25 + 0.25) / 4)
    assert groups["Within"].isna()["Asia-Pacific States"]


@pytest.mark.parametrize("number", [4, 12, 35])
def test_the_record_against_itself_agrees_wholly(number):
    game = simulation.cast(number, 4)
    counted = tally.tally(tally.record(game, TEXTS.comparable), game, TEXTS.comparable, draws=99)
    known = counted.questions[counted.questions["Compared"].gt(0)]
    assert known["Alike"].eq(1).all()
    assert known["Agreement"].equals(known["Record, same states"].rename("Agreement"))
    assert counted.overall.loc[0, "Value"] == 1
    assert tally.departures(counted).empty
    lines = tally.against_record(counted, TEXTS)["Voted as their state"]
    assert all(re.fullmatch(r"(\d+) of \1|–", line) for line in lines)


def test_the_same_votes_give_the_same_tally(game):
    votes = tally.record(game, TEXTS.comparable)
    one, other = (tally.tally(votes, game, TEXTS.comparable, draws=199) for _ in range(2))
    pd.testing.assert_frame_equal(one.overall, other.overall)
    assert simulation_sheets.tally_page(one, game, TEXTS) == simulation_sheets.tally_page(other, game, TEXTS)


def test_votes_of_other_delegations_are_refused(game):
    votes = tally.record(game, TEXTS.comparable)
    for wrong in (votes.iloc[::-1], votes.iloc[1:], votes.replace("yes", "maybe")):
        with pytest.raises(BookError, match="a vote of each delegation"):
            tally.tally(wrong, game, TEXTS.comparable)


def matrix(*rows):
    names = list("ABCD")[: len(rows)]
    return pd.DataFrame(rows, names, names, dtype=float)


def test_matrices_are_correlated_over_pairs_and_tested_by_relabelling():
    one = matrix([1, 0.1, 0.2, 0.3], [0.1, 1, 0.4, 0.5], [0.2, 0.4, 1, 0.9], [0.3, 0.5, 0.9, 1])
    value, p, pairs = tally.matrix_correlation(one, one, draws=99, seed=1)
    assert (value, pairs) == (pytest.approx(1), 6)
    assert p == pytest.approx(1 / 24)  # all six values differ: only leaving the names as they are does it
    value, p, _ = tally.matrix_correlation(one, 1 - one, draws=99, seed=1)
    assert value == pytest.approx(-1)
    assert p == 1
    by_name, _, _ = tally.matrix_correlation(one, one.loc[list("DCBA"), list("DCBA")], draws=99, seed=1)
    assert by_name == pytest.approx(1)


def test_pairs_that_are_missing_are_left_out_and_what_does_not_vary_has_no_correlation():
    one = matrix([1, 0.1, 0.2, 0.3], [0.1, 1, 0.4, 0.5], [0.2, 0.4, 1, 0.9], [0.3, 0.5, 0.9, 1])
    gap = one.copy()
    gap.loc["A", "B"] = gap.loc["B", "A"] = np.nan
    value, _, pairs = tally.matrix_correlation(gap, one, draws=99, seed=1)
    expected = np.corrcoef([0.2, 0.3, 0.4, 0.5, 0.9], [0.2, 0.3, 0.4, 0.5, 0.9])[0, 1]
    assert (value, pairs) == (pytest.approx(expected), 5)
    value, p, _ = tally.matrix_correlation(one, one * 0 + 1, draws=99, seed=1)
    assert pd.isna(value)
    assert pd.isna(p)
    with pytest.raises(MeasureError):
        tally.matrix_correlation(one, one.rename(index={"A": "Z"}, columns={"A": "Z"}), draws=99, seed=1)


# --- sheets and files -----------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder for what is made, with briefs that take no run."""
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data/simulation.yml", tmp_path / "data")
    sheet = '<div style="break-before: page">sheet</div>'
    monkeypatch.setattr(
        briefs,
        "make",
        lambda codes, **_: [
            briefs.Brief(code, code, f'<article class="brief" id="brief-{code}">{code}{sheet}</article>')
            for code in codes
        ],
    )
    return tmp_path


def test_a_packet_has_everything_and_the_briefs_in_the_order_of_the_seats(root, game):
    files, free = simulation_sheets.write_packet(root, game, pdf=False)
    assert free
    assert [file.name for file in files] == ["packet.html", "votes.csv"]
    text = files[0].read_text()
    for word in (
        "Rules of procedure",
        "Agenda",
        "Draft resolution",
        "Voting sheet",
        "Rounds",
        "Positions",
        "seed 1",
    ):
        assert word in text
    assert re.findall(r'id="brief-(\w+)"', text) == game.codes
    assert TEXTS.status in text
    assert "Observers" not in re.findall(r"<h2>(\w+)", text)
    assert re.search(r"(src|href)=\"(https?:)?//", text) is None
    assert files[1].read_text() == tally.blank(game, QUESTIONS)
    larger = simulation_sheets.front(TEXTS, simulation.cast(16, 1))
    assert TEXTS.observers[1].name in larger
    assert TEXTS.observers[2].name not in larger


def test_filled_votes_are_never_overwritten_and_blank_ones_are(root, game):
    simulation_sheets.write_packet(root, game, pdf=False)
    other = simulation.cast(5, 1)
    files, free = simulation_sheets.write_packet(root, other, pdf=False)
    place = root / simulation_sheets.FOLDER / "votes.csv"
    assert free
    assert place.read_text() == tally.blank(other, QUESTIONS)
    for kept in ("iso3,question,vote\nBRA,OP1,yes\nCHN,OP1,\n", "notes of mine\n", "\x00"):
        place.write_text(kept)
        files, free = simulation_sheets.write_packet(root, game, pdf=False)
        assert not free
        assert place not in files
        assert place.read_text() == kept


@pytest.mark.browser
@pytest.mark.parametrize("number", [4, 60])
def test_a_printed_packet_has_the_sheets_of_all_and_two_for_each_state(root, number):
    try:
        paper.browser()
    except BookError as error:
        pytest.skip(f"NOT PRINTED: {error}")
    found = simulation.cast(number, 1)
    files, _ = simulation_sheets.write_packet(root, found)
    printed = [page.extract_text() for page in PdfReader(files[1]).pages]
    assert files[1].name == "packet.pdf"
    front = len(printed) - 2 * number
    # Cast, rounds and agenda, rules and roles, draft, voting sheet, positions; long lists go on overleaf.
    assert front == 6 if number == 4 else 6 < front <= 10
    for code, start in zip(found.codes, range(front, len(printed), 2), strict=True):
        assert printed[start].strip().startswith(code)
        assert "sheet" in printed[start + 1]


def test_without_a_browser_nothing_is_made(root, game, monkeypatch):
    monkeypatch.setattr(paper.shutil, "which", lambda name: None)
    with pytest.raises(BookError, match="on PATH"):
        simulation_sheets.write_packet(root, game)
    assert not (root / "_build").exists()


def test_a_tally_page_stands_alone_and_says_how_to_read_it(root, game):
    votes = tally.record(game, TEXTS.comparable).assign(OP3="yes", WHOLE="no")[QUESTIONS]
    votes.iloc[0, 0] = "abstain"
    counted = tally.tally(votes, game, TEXTS.comparable, majority="two thirds", draws=99)
    page, rows = simulation_sheets.write_tally(root, counted, game, TEXTS)
    text = page.read_text()
    assert all(words in text for words in ("two thirds of those present and voting", "It is an exercise"))
    assert re.search(r"(src|href)=\"(https?:)?//", text) is None
    back = pd.read_csv(rows, index_col="Question")
    assert back.index.tolist() == QUESTIONS
    assert back.loc["OP3", "Yes"] == 12
    assert html.escape(game.delegations["State"].iloc[0]) in text


@pytest.mark.book
def test_the_command_makes_a_packet_and_tallies_its_votes(tmp_path):
    book = copy_of(ROOT, tmp_path / "book")
    choice = ("simulation", "--states", "4", "--seed", "2", "--with", "Brazil")
    folder = book.root / "_build/simulation"
    filled_in = filled(simulation.cast(4, 2, fixed=["BRA"]))
    votes = book.write("_build/simulation/votes.csv", filled_in)
    made = book.cybergov(*choice, "--no-pdf", "--workers", "2")
    assert made.returncode == 0, made.stderr
    assert len(set(re.findall(r'id="brief-([A-Z]{3})"', (folder / "packet.html").read_text()))) == 4
    assert "has votes in it and is left as it is" in made.stderr
    assert votes.read_text() == filled_in
    counted = book.cybergov(*choice, "--votes", str(votes))
    assert counted.returncode == 0, counted.stderr
    assert "OP1: One standing body" in counted.stdout
    assert {"tally.html", "tally.csv"} <= {path.name for path in folder.iterdir()}
    for wrong in (
        (*choice, "--seed", "3", "--votes", str(votes)),
        ("simulation", "--states", "3"),
        ("simulation", "--with", "Brasil", "--no-pdf"),
    ):
        refused = book.cybergov(*wrong)
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr
