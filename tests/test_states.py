import pandas as pd
import pytest

from cybergov import data, states
from cybergov.errors import BookError


def test_names_are_short_and_tell_every_state_apart():
    names = states.names()
    assert len(names) == len(data.load("states"))
    assert names.is_unique
    assert names["GBR"] == "United Kingdom"
    assert not names.str.contains(r"\(|,$").any()


def test_the_latest_figure_stands_in_for_a_missing_one_and_no_older_one_does():
    table = data.load("gdp").pivot(index="iso3", columns="year", values="gdp")
    found = states.latest("gdp", "gdp", 2023, back=3)
    assert list(found.index) == list(data.load("states")["iso3"])
    assert found["KEN"] == table.loc["KEN", 2023]
    older = table[table[2023].isna() & table[[2020, 2021, 2022]].notna().any(axis=1)].index
    assert len(older)
    for iso3 in older:
        row = table.loc[iso3, [2020, 2021, 2022]].dropna()
        assert found[iso3] == row.iloc[-1]
    assert pd.isna(states.latest("gdp", "gdp", 2023, back=0)[older]).all()
    with pytest.raises(BookError, match="The table gdp has no gdp from 1900 to 1903"):
        states.latest("gdp", "gdp", 1903)


def test_figures_hold_together():
    figures = states.figures(2023)
    assert list(figures.index) == list(data.load("states")["iso3"])
    assert figures["population"].notna().all()
    assert set(figures["ldc"]) == {"yes", "no"}
    assert set(figures["income_group"].dropna()) == {"low", "lower middle", "upper middle", "high"}
    assert figures["income"].notna().equals(figures["gdp"].notna())
    for share in ("users", "polyarchy"):
        assert figures[share].dropna().between(0, 1).all()
    # A poor group is poor by these very figures.
    by_group = figures.groupby("income_group")["income"].median()
    assert by_group["low"] < by_group["lower middle"] < by_group["upper middle"] < by_group["high"]


def test_income_divides_product_and_people_of_one_year():
    both = (
        data.load("gdp")
        .merge(data.load("population"), on=["iso3", "year"])
        .dropna(subset=["gdp", "population"])
    )
    last = both["year"].max()
    assert last < data.load("population")["year"].max()  # Otherwise this test shows nothing.
    both = both.assign(income=both["gdp"] / both["population"]).sort_values("year")
    expected = both[both["year"].ge(last - 1)].groupby("iso3")["income"].last()
    found = states.figures(last + 2)
    assert found["income"].dropna().to_dict() == pytest.approx(expected.to_dict())
    apart = found["gdp"] / found["population"] / found["income"] - 1
    assert apart.abs().max() > 0.01
    # The year itself, where it has a figure.
    kenya = both[both["iso3"].eq("KEN")].set_index("year")["income"]
    assert states.figures(2010).loc["KEN", "income"] == pytest.approx(kenya[2010])
