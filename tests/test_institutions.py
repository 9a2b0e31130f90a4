"""Choices of institutions and memberships: what is counted is what the tables say under that choice."""

import numpy as np
import pandas as pd
import pytest

from cybergov import data, institutions
from cybergov.errors import BookError


@pytest.fixture(autouse=True)
def _no_substitutes(monkeypatch):
    monkeypatch.delenv(data.TABLES_VARIABLE, raising=False)


def test_unverified_codes_are_left_out_unless_asked_for():
    seen, every = (institutions.codes("decision_rule", rows=rows) for rows in ("verified", "all"))
    coded = data.load("institution_codes").query("attribute == 'decision_rule'")
    assert len(every) == len(coded)
    assert set(seen.index) == set(coded.loc[coded["verified"].eq("yes"), "institution"])
    assert 0 < len(seen) < len(every)


def test_a_second_coder_changes_the_named_codes_and_no_other():
    first, second = (institutions.codes("concept", reading=r) for r in ("first coder", "second coder"))
    others = (
        data.load("institution_code_alternatives").query("attribute == 'concept'").set_index("institution")
    )
    changed = first.index[first.ne(second)]
    assert set(changed) == set(others.index) & set(first.index)
    assert second["code_of_conduct"] == "development"
    assert first["code_of_conduct"] == "sovereignty"


def test_the_largest_share_is_drawn_anew_with_the_code_it_falls_on():
    coded = pd.Series(["a"] * 6 + ["b"] * 5 + ["c"] * 1)
    found = institutions.largest_share(coded, draws=4000, seed=1)
    rng = np.random.default_rng(2)
    drawn = coded.to_numpy()[rng.integers(12, size=(4000, 12))]
    largest = np.max([(drawn == one).mean(axis=1) for one in "abc"], axis=0)
    assert tuple(found) == pytest.approx(tuple(np.quantile(largest, [0.025, 0.975])), abs=0.09)
    # A code that is the same for all leaves nothing to draw.
    assert institutions.largest_share(pd.Series(["a"] * 4), draws=50, seed=1) == (1, 1)


def test_only_institutions_with_a_list_of_members_are_named():
    frame = data.load("institutions").set_index("institution")
    assert (frame.loc[institutions.listed(), "members_listed"] == "yes").all()
    assert "cis_2018" in institutions.listed(["treaty"], in_part=True)
    assert "cis_2018" not in institutions.listed(["treaty"])
    assert "itu" in institutions.listed()
    assert "itu" not in institutions.listed(scope="cyber")


def test_a_network_holds_the_members_of_the_lists():
    network = institutions.network(["budapest", "itu"])
    assert network.shape == (193, 2)
    assert set(network.index[~network["itu"]]) == {"PLW"}  # the only member state that is in no list of it
    parties = data.load("memberships").query(
        "institution == 'budapest' and status == 'party' and verified == 'yes'"
    )
    assert set(network.index[network["budapest"]]) == set(parties["iso3"])


def test_signatories_count_only_where_signatures_do():
    full, signed = (institutions.network(["un_convention"], standing=s) for s in ("full", "with signatures"))
    assert not full.to_numpy().any()
    states = set(data.load("states")["iso3"])
    signatories = set(data.load("memberships").query("institution == 'un_convention'")["iso3"]) & states
    assert int(signed["un_convention"].sum()) == len(signatories)


def test_a_year_shows_the_network_as_it_was():
    early, late = (institutions.network(["budapest", "nato"], year=year) for year in (2003, 2024))
    assert not early.loc["FIN", "nato"]
    assert late.loc["FIN", "nato"]
    assert not early["budapest"].any()  # in force from July 2004
    growth = [
        int(institutions.network(["budapest"], year=year)["budapest"].sum()) for year in range(2004, 2026)
    ]
    assert growth == sorted(growth)


def test_those_who_left_were_members_before():
    network = institutions.network(["au"], standing="full", year=2019)
    assert network.loc["MLI", "au"]  # suspended in 2021


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: institutions.codes("colour"), "no code 'colour'"),
        (lambda: institutions.codes("concept", rows="some"), "not 'some'"),
        (lambda: institutions.codes("concept", reading="third coder"), "not 'third coder'"),
        (lambda: institutions.listed(["club"]), "kind 'club'"),
        (lambda: institutions.listed(scope="space"), "not 'space'"),
        (lambda: institutions.network(["league"]), "no institution 'league'"),
        (lambda: institutions.network(["itu"], standing="half"), "not 'half'"),
    ],
)
def test_an_unknown_choice_is_one_clear_sentence(call, words):
    with pytest.raises(BookError, match=words):
        call()


def test_tables_are_not_changed_by_what_is_asked():
    before = data.load("memberships")
    institutions.network(institutions.listed(), year=2010)
    pd.testing.assert_frame_equal(before, data.load("memberships"))
