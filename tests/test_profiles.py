"""What the tables say of one state, and the questions that follow from it."""

import re

import pandas as pd
import pytest

from cybergov import consumption, data, profiles, questions, sheets
from cybergov.errors import BookError


@pytest.fixture(scope="module")
def world():
    return profiles.World()


@pytest.fixture(scope="module")
def facts(world):
    return questions.facts(world)


def members():
    return list(data.load("states")["iso3"])


# --- profiles --------------------------------------------------------------------------------------


def test_votes_are_those_of_the_record_and_stand_beside_the_assembly(world):
    frame = profiles.votes(world, "KEN")
    assert frame.index.is_unique
    assert frame["date"].is_monotonic_increasing
    # The totals that the record itself gives
    told = {"A/RES/73/27": "119–46–14", "A/RES/73/266": "138–12–16", "A/RES/74/247": "79–60–33"}
    assert frame.loc[list(told), "assembly"].to_dict() == told
    record = data.load("votes").query("iso3 == 'KEN'").set_index("resolution")["vote"]
    assert frame["vote"].equals(record.reindex(frame.index).rename("vote"))
    assert frame.loc["A/RES/73/27", "mandate"] == "Open group 2019–21"
    assert frame.index[frame["verified"].eq("no")].tolist() == ["UNDL 4095649"]
    # The record has the United States alone against most of its group in the first resolutions.
    of_usa = profiles.votes(world, "USA")
    assert of_usa.loc["A/RES/60/45", "apart"]
    assert of_usa.loc["A/RES/60/45", "group_vote"] == "yes"
    assert not of_usa.loc["A/RES/73/27", "apart"]


def test_the_usual_vote_of_a_group_is_missing_where_two_are_as_frequent(world):
    for group, tally in world.tallies.items():
        for resolution in tally:
            counts = tally[resolution].sort_values(ascending=False)
            usual = world.usual.loc[group, resolution]
            if counts.iloc[0] == counts.iloc[1]:
                assert pd.isna(usual)
            else:
                assert usual == counts.index[0]


def test_neighbours_come_from_both_ends_and_have_enough_votes_in_common(world):
    frame = profiles.neighbours(world, "SSD", 3)
    assert frame["side"].tolist() == ["nearest"] * 3 + ["farthest"] * 3
    assert frame["agreement"].iloc[:3].is_monotonic_decreasing
    assert frame["agreement"].iloc[3:].is_monotonic_increasing
    assert frame["common"].min() >= profiles.LEAST_COMMON
    pairs = data.load("pair_agreement").query("iso3_a == 'SSD' or iso3_b == 'SSD'")
    pairs = pairs[pairs["common"] >= profiles.LEAST_COMMON]
    assert frame["agreement"].iloc[0] == pairs["agreement"].max()
    assert frame["agreement"].iloc[3] == pairs["agreement"].min()
    # One vote in common by hand: both voted on 73/27, yes against no.
    usa = profiles.neighbours(world, "PRK").loc["USA"]
    assert usa["side"] == "farthest"
    assert 0 <= usa["cyber"] <= 1
    with pytest.raises(BookError, match="1 or more, not 0"):
        profiles.neighbours(world, "KEN", 0)


def test_memberships_tell_what_was_seen_from_what_was_not(world):
    poland = profiles.memberships(world, "POL").set_index("institution")
    assert poland.loc["budapest", "verified"] == "no"
    assert poland.loc["nato", "verified"] == "yes"
    kenya = profiles.memberships(world, "KEN").set_index("institution")
    assert not kenya.loc["telecommunication_regulations_2012", "full"]
    assert kenya.loc["au", "full"]
    assert kenya["kind"].map(profiles.KINDS.index).is_monotonic_increasing


def test_a_seat_is_denied_only_where_the_whole_list_was_seen(world):
    frame = profiles.seats(world, "TUV")
    assert frame.loc[frame["list"].eq("whole"), "seat"].eq("no").all()
    assert frame.loc[frame["list"].eq("in part"), "seat"].eq("not listed").all()
    kenya = profiles.seats(world, "KEN")["seat"]
    assert kenya["2019"] == "yes"
    assert kenya["2014"] == "reported"


def test_what_is_received_stands_beside_what_is_paid(world):
    frame = profiles.received(world, "KEN")
    paid = consumption.paid()["KEN"]
    have = consumption.received()
    cables = float(frame["share"]["cables"])
    assert cables == pytest.approx(have["cables"]["KEN"] / have["cables"].sum())
    assert frame["ratio"]["cables"] == pytest.approx(cables / paid)
    assert frame["share"].iloc[:-1].mean() == pytest.approx(frame["share"].iloc[-1])
    assert profiles.received(world, "USA").loc["numbering authorities", "rank"] == 1


def test_fees_follow_the_class_and_the_income(world):
    rich, poor = profiles.fees(world, "CHE"), profiles.fees(world, "RWA")
    itu = data.load("fees").query("item == 'Contributory unit of a Member State'")["amount"].iloc[0]
    assert rich["amount"].iloc[0] == itu / 4
    assert poor["amount"].iloc[0] == itu / 16  # a least developed country
    assert rich["amount"].iloc[1] == poor["amount"].iloc[1]
    assert rich["years_of_income"].iloc[1] < poor["years_of_income"].iloc[1]
    assert profiles.fees(world, "PRK")["years_of_income"].isna().all()


def test_incidents_are_never_added_over_data_sets(world):
    frame = profiles.incidents(world, "KEN")
    rows = data.load("incidents_by_state").query("iso3 == 'KEN' and source == 'eurepoc'")
    assert frame.loc["eurepoc", "received"] == rows["received"].sum()
    assert list(frame.index) == ["eurepoc", "vcdb", "dcid_2", "misp_galaxy"]
    nauru = profiles.incidents(world, "NRU")
    assert nauru.loc[nauru["received"].eq(0), "rank"].isna().all()


def test_gaps_say_what_the_absence_of_a_row_means(world):
    frame = profiles.gaps(world, "PRK").set_index("table")
    assert frame.loc["gdp", "kind"] == "missing"
    assert "too old" in str(frame.loc["internet_users", "says"])
    assert frame.loc["cables", "kind"] == "zero"
    tuvalu = profiles.gaps(world, "TUV").set_index("table")
    assert tuvalu.loc["regime", "kind"] == "missing"
    assert tuvalu.loc["incidents_by_state", "kind"] == "unrecorded"
    assert profiles.gaps(world, "USA").empty


@pytest.mark.parametrize(
    "part",
    [
        profiles.identity,
        profiles.votes,
        profiles.neighbours,
        profiles.positions,
        profiles.memberships,
        profiles.seats,
        profiles.fees,
        profiles.received,
        profiles.incidents,
        profiles.gaps,
    ],
)
def test_an_unknown_code_is_refused(world, part):
    with pytest.raises(BookError, match="'KEX' is no code of a member state"):
        part(world, "KEX")


def test_a_year_without_a_scale_is_refused():
    with pytest.raises(BookError, match="no scale for 1950"):
        _ = profiles.World(scale_year=1950).contributions


# --- questions -------------------------------------------------------------------------------------


def test_every_state_is_put_five_different_questions_that_name_it(facts):
    for iso3 in members():
        put = questions.ask(iso3, facts)
        assert len(put) == put["question"].nunique() == 5, iso3
        assert put["subject"].nunique() >= 4, iso3
        assert put["states"].is_monotonic_increasing
        for text in put["question"]:
            assert facts.loc[iso3, "state"].removeprefix("the ") in text
            assert not re.search(r"\bnan\b|None|\{|\}|  |\(\)", text), text
            assert text.count("ould a delegation rather") + text.count("would rather") >= 1
            assert text.endswith("?")


def test_every_question_is_put_to_some_and_none_to_all(facts):
    rules = questions.rules(facts)
    assert rules.index.is_unique
    assert rules["states"].between(1, len(facts) - 1).all(), rules[["rule", "states"]]


def test_of_one_subject_questions_exclude_each_other_where_they_answer_one_matter(facts):
    held = questions.holding(facts)
    for subject in ("tracks", "seats", "camps"):
        names = [one.name for one in questions.TEMPLATES if one.subject == subject]
        assert held[names].sum(axis=1).max() <= 1, subject


def test_rules_say_what_the_tables_say(facts, world):
    """By hand, for states whose record is plain."""
    held = questions.holding(facts)
    assert held.loc["CHN", "permanent-member"]
    assert not held.loc["IND", "permanent-member"]
    assert held.loc["PRK", "open-track-only"]
    assert not held.loc["POL", "no-convention"], "it is commonly reported as a party of one"
    assert not held.loc["POL", "un-convention-only"]
    assert held.loc["CHE", "no-cable"]
    assert facts.loc["USA", "seats"] == 6
    assert facts.loc["TUV", "missed"] == sum(
        profiles.votes(world, "TUV").query("verified == 'yes'")["vote"].isin(["not voting"])
    )


def test_a_missing_figure_puts_no_question(facts):
    held = questions.holding(facts)
    missing = facts.index[facts["gdp"].isna()]
    assert len(missing) > 0
    assert not held.loc[missing, ["pays-above-gdp", "pays-below-gdp", "flat-fees"]].any(axis=None)


def test_more_questions_than_follow_are_refused(facts):
    with pytest.raises(BookError, match="questions follow from the figures of KEN, not 99"):
        questions.ask("KEN", facts, 99)
    with pytest.raises(BookError, match="no code"):
        questions.ask("ken", facts)


@pytest.mark.parametrize(
    ("x", "words"),
    [(0, "0"), (0.000034, "0.000034"), (0.0456, "0.046"), (1.25, "1.2"), (41.2, "41"), (1234.0, "1234")],
)
def test_numbers_have_two_significant_digits(x, words):
    assert questions.significant(x) == words


# --- parts as HTML ---------------------------------------------------------------------------------


@pytest.mark.parametrize("iso3", ["USA", "TUV", "PRK", "SSD", "NRU", "MCO", "GBR", "BIH", "LAO", "VEN"])
def test_parts_are_well_formed_and_say_what_is_missing(world, iso3):
    from xml.etree import ElementTree

    parts = [
        part(world, iso3)
        for part in (
            sheets.head,
            sheets.votes,
            sheets.neighbours,
            sheets.positions,
            sheets.memberships,
            sheets.seats,
            sheets.price,
            sheets.received,
            sheets.incidents,
            sheets.ask,
            sheets.gaps,
        )
    ]
    for part in (*parts, sheets.sources()):
        ElementTree.fromstring(part.data)  # an electronic reader takes nothing else
        assert not re.search(r"\bnan\b|<NA>|>None<|Int64", part.data)
        assert "http" not in part.data.replace("http://www.w3.org/2000/svg", "")
    whole = "".join(part.data for part in parts)
    assert world.states.loc[iso3, "name"].split(" (")[0].split("'")[0] in whole
    if iso3 == "PRK":
        assert "GDP: no figure" in whole
        assert "Figures missing" in whole


def test_the_year_of_the_swing_is_told_beside_an_earlier_one(world):
    assert "in 2025; " in sheets.positions(world, "KEN").data
    assert profiles.positions(world, "VEN").index.max() < sheets.SWING
    assert "2025" not in sheets.positions(world, "VEN").data.partition("</p>")[0]


def test_publishers_are_those_of_the_table_of_sources():
    known = " ".join(data.load("sources")["publisher"])
    for part in ("Votes", "Ideal points", "Scale"):
        assert sheets.SOURCES[part] in known
    for name in (
        "Netcraft",
        "CVE Program",
        "PeeringDB",
        "TeleGeography",
        "VERIS Community Database",
        "MISP Project",
    ):
        assert name in known
        assert any(name in words for words in sheets.SOURCES.values())


def test_terms_name_every_table_that_is_not_free(world):
    shown = sheets.sources().data
    for name in sheets.TABLES:
        licence = data.descriptor(name)["licenses"][0]["name"]
        assert licence in shown, name
        if "nc" in licence.lower():
            assert data.descriptor(name)["title"].lower() in shown


def test_every_table_that_a_brief_shows_is_named(world, monkeypatch):
    """What the parts load beyond the list would carry no licence into the brief."""
    asked = set()
    load = data.load

    def noted(table, file=None):
        asked.add(table)
        return load(table, file)

    monkeypatch.setattr(data, "load", noted)
    fresh = profiles.World()
    for part in (sheets.head, sheets.votes, sheets.neighbours, sheets.positions, sheets.memberships):
        part(fresh, "KEN")
    for part in (sheets.seats, sheets.price, sheets.received, sheets.incidents, sheets.ask):
        part(fresh, "KEN")
    # States' index of electoral democracy is read with the other figures, and not shown.
    assert asked - {"regime"} == set(sheets.TABLES)
