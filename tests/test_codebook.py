"""The codebook: what is missing is counted right, pictures draw what is there, pages hold every variable."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from cybergov import codebook, data


@pytest.fixture(autouse=True)
def _no_substitutes(monkeypatch):
    monkeypatch.delenv(data.TABLES_VARIABLE, raising=False)


# --- what is missing ------------------------------------------------------------------------------


def test_every_member_state_has_one_income_group():
    groups = codebook.income_groups()
    assert set(groups.index) == set(data.load("states")["iso3"])
    assert set(groups) == set(codebook.INCOME_GROUPS)
    assert groups["AFG"] == "low"
    assert groups["CHE"] == "high"


def test_missing_shares_are_those_counted_by_hand():
    """For the regime table, counted with other means: states by years that have a cell."""
    frame, groups = data.load("regime"), codebook.income_groups()
    shares = codebook.missing_by_income("regime")
    assert list(shares.columns) == list(codebook.INCOME_GROUPS)
    years = frame["year"].nunique()
    for group in codebook.INCOME_GROUPS:
        states = groups.index[groups == group]
        there = frame[frame["iso3"].isin(states)]["liberal_democracy"].notna().sum()
        assert shares.loc["liberal_democracy", group] == pytest.approx(1 - there / (len(states) * years))


def test_a_state_without_a_row_is_missing_only_where_the_table_says_so():
    assert data.descriptor("regime")["absent"] == "missing"
    assert codebook.filled("regime").loc["NRU", "polyarchy"] == 0
    assert data.descriptor("root_instances")["absent"] == "zero"
    instances = codebook.filled("root_instances")
    without = set(data.load("states")["iso3"]) - set(data.load("root_instances")["iso3"])
    assert without
    assert instances.loc[sorted(without)].isna().all(axis=None)
    assert (instances.drop(sorted(without)) == 1).all(axis=None)


def test_missing_shares_of_an_own_table_with_gaps(tmp_path, monkeypatch):
    """Two years, three states: one whole, one with an empty cell, one with a single row."""
    path = tmp_path / "regime.csv"
    path.write_text(
        "iso3,year,polyarchy,liberal_democracy,source\n"
        "CHE,2000,0.9,0.8,vdem_15\nCHE,2001,0.9,0.8,vdem_15\n"
        "SWE,2000,0.9,,vdem_15\nSWE,2001,0.9,0.8,vdem_15\n"
        "AFG,2001,0.1,0.1,vdem_15\n",
        encoding="utf-8",
    )
    monkeypatch.setenv(data.TABLES_VARIABLE, f'{{"regime": "{path}"}}')
    shares = codebook.filled("regime")
    assert shares.loc["CHE"].to_dict() == {"polyarchy": 1.0, "liberal_democracy": 1.0}
    assert shares.loc["SWE"].to_dict() == {"polyarchy": 1.0, "liberal_democracy": 0.5}
    assert shares.loc["AFG"].to_dict() == {"polyarchy": 0.5, "liberal_democracy": 0.5}
    assert shares.loc["USA"].to_dict() == {"polyarchy": 0.0, "liberal_democracy": 0.0}


def test_coverage_is_the_mean_over_tables():
    covered = codebook.coverage().set_index("iso3")
    assert len(covered) == 193
    parts = [str(name) for name in covered if str(name).startswith("table_")]
    assert {f"table_{name}" for name in codebook.series()} == set(parts)
    np.testing.assert_allclose(covered["covered"], covered[parts].mean(axis=1))
    assert covered[parts].to_numpy().min() >= 0
    assert covered[parts].to_numpy().max() <= 1
    assert covered.loc["PRK", "table_gdp"] == 0


# --- pictures -------------------------------------------------------------------------------------


def test_bars_of_numbers_count_every_number_once():
    heights, said = codebook.bars(pd.Series([1.0, 2.0, 2.5, 4.0, np.nan]))
    assert sum(heights) == 4
    assert len(heights) == codebook.BARS
    assert heights[0] == heights[-1] == 1
    assert said == "from 1 to 4, median 2.25"


def test_bars_of_very_uneven_numbers_are_logarithmic_and_leave_zero_out():
    heights, said = codebook.bars(pd.Series([0, 1, 10, 100, 1_000, 100_000]))
    assert sum(heights) == 5
    assert said == "from 0 to 100,000, median 55; logarithmic scale"


def test_bars_of_a_closed_list_keep_its_order_and_its_unused_words():
    heights, said = codebook.bars(pd.Series(["yes", "no", "yes"]), ["no", "abstain", "yes"])
    assert heights == [1, 0, 2]
    assert said == "3 values; most often yes 2"


def test_bars_of_dates_are_those_of_their_years():
    heights, said = codebook.bars(pd.Series(pd.to_datetime(["1998-01-01", "2025-12-31"])))
    assert sum(heights) == 2
    assert said == "from 1998 to 2025, median 2012"


@pytest.mark.parametrize(
    "values", [pd.Series([], dtype="float64"), pd.Series([np.nan]), pd.Series(["a", "b"])]
)
def test_nothing_to_draw_draws_nothing(values):
    assert codebook.bars(values) == ([], "")
    assert codebook.picture([], "") == ""


def test_a_constant_is_one_bar():
    assert codebook.bars(pd.Series([7, 7, 7]))[0] == [3]


def test_picture_is_well_formed_said_in_words_and_as_tall_as_its_largest_bar():
    drawn = codebook.picture([0, 1, 100], 'up to <100> & "more"')
    element = ET.fromstring(drawn)
    assert element.get("role") == "img"
    assert element.get("aria-label") == 'Distribution: up to <100> & "more"'
    (title, path) = element
    assert title.text == 'up to <100> & "more"'
    heights = [int(height) for height in re.findall(r"v-(\d+)h", path.get("d", ""))]
    assert heights == [3, codebook.HEIGHT]  # no bar for none; a tenth of the height for a hundredth
    assert "\n" not in drawn
    assert "|" not in drawn


# --- pages ----------------------------------------------------------------------------------------


def test_the_codebook_holds_every_table_and_every_variable():
    written = codebook.tables_markdown(level=3)
    for name in data.descriptors():
        start = written.index(f"(table-{codebook.anchor(name)})=")
        section = written[start : written.find("\n(table-", start + 1)]
        described = data.describe(name)
        assert described.attrs["description"] in section
        for row in described.to_dict("records"):
            assert f"| `{row['column']}` **{row['title']}.** {row['description']}" in section, (
                name,
                row["column"],
            )
            assert not row["unit"] or row["type"] == "year" or f"Unit: {row['unit']}." in section
        assert data.descriptor(name)["licenses"][0]["title"] in section
        assert f"{{download}}`CSV </data/{data.descriptor(name)['path']}>`" in section


def test_tables_of_states_show_what_is_missing_by_income_group():
    written = codebook.tables_markdown(level=3)
    (line,) = [line for line in written.splitlines() if line.startswith("| `polyarchy`")]
    shares = list(codebook.missing_by_income("regime").loc["polyarchy"])
    assert [cell.strip() for cell in line.split("|")[-5:-1]] == [f"{100 * share:.0f} %" for share in shares]
    assert "<svg" in line


def test_the_overview_links_every_table():
    written = codebook.overview_markdown()
    for name in data.descriptors():
        assert f" <table-{codebook.anchor(name)}>` `{name}` |" in written


def test_the_list_of_sources_holds_every_source_with_what_it_serves():
    written = codebook.sources_markdown()
    for row in data.load("sources").to_dict("records"):
        start = written.index(f"(source-{codebook.anchor(row['id'])})=")
        entry = written[start : written.find("\n(source-", start + 1)]
        assert row["publisher"] in entry
        assert row["title"] in entry
        assert re.search(r"Used in \{ref\}", entry), row["id"]


def test_every_disagreement_is_listed_with_both_sides():
    written = codebook.disagreements_markdown()
    for row in data.load("disagreements").to_dict("records"):
        assert f"`{row['source_a']} <source-" in written
        assert row["value_b"] in written
        assert row["reason"] in written


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.004, "< 1 %"), (0.126, "13 %"), (1, "100 %"), (np.nan, "–")]
)
def test_shares_in_words(share, text):
    assert codebook._percent(share) == text


def test_spans_of_years():
    assert codebook.years(1998, 2024) == "1998–2024"
    assert codebook.years(2026, 2026) == "2026"
    assert codebook.years(pd.NA, pd.NA) == "–"
