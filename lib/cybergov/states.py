"""The member states and their figures for one year: what chapters weigh, group and compare by."""

import pandas as pd

from cybergov import data
from cybergov.errors import BookError

#: Where a figure is missing for a year, the latest of so many years before stands in for it.
YEARS_BACK = 3


def names() -> pd.Series:
    """Give the names of the member states, as short as they stay unmistakable.

    Returns
    -------
    Series of str
        By ISO 3166-1 alpha-3 code: the United Nations' form without what follows in brackets, or
        after "of Great Britain".
    """
    full: pd.Series = data.load("states").set_index("iso3")["name"]
    return full.str.replace(r" (of Great Britain|\().*", "", regex=True)


def latest(table: str, column: str, year: int, back: int = YEARS_BACK) -> pd.Series:
    """Give each state's latest figure not after a year.

    Parameters
    ----------
    table : str
        Name of a table with the columns ``iso3`` and ``year``.
    column : str
        The figure, in the unit of the table.
    year : int
        The year wanted.
    back : int
        How many years older a figure may be.

    Returns
    -------
    Series
        By ISO 3166-1 alpha-3 code of every member state, in the order of the table ``states``; NaN
        where no figure lies within the years allowed.

    Raises
    ------
    BookError
        If no state has a figure within those years.
    """
    rows = data.load(table)[["iso3", "year", column]].dropna()
    if not rows["year"].between(year - back, year).any():
        raise BookError(f"The table {table} has no {column} from {year - back} to {year}.")
    return _latest(rows, column, year, back)


def _latest(rows: pd.DataFrame, column: str, year: int, back: int) -> pd.Series:
    rows = rows[rows["year"].between(year - back, year)].sort_values("year", kind="stable")
    found: pd.Series = rows.groupby("iso3")[column].last()
    return found.reindex(pd.Index(data.load("states")["iso3"]))


def _income() -> pd.DataFrame:
    # Each year's product over the same year's people: the tables end in different years.
    both = data.load("gdp").merge(data.load("population"), on=["iso3", "year"], validate="1:1")
    return both.assign(income=both["gdp"] / both["population"])[["iso3", "year", "income"]].dropna()


def figures(year: int, back: int = YEARS_BACK) -> pd.DataFrame:
    """Give the figures by which the book weighs, groups and compares states, for one year.

    Parameters
    ----------
    year : int
        The year wanted; where a state has no figure for it, the latest one before stands in.
    back : int
        How many years older a figure may be.

    Returns
    -------
    DataFrame
        By ISO 3166-1 alpha-3 code, all member states: ``State`` (short name), ``regional_group``,
        ``income_group`` (World Bank; low, lower middle, upper middle, high), ``ldc`` (yes or no),
        ``population`` (persons), ``gdp`` (current US dollars), ``income`` (GDP per head, current US
        dollars: the latest year that has both, so that where ``gdp`` is older than ``population`` it
        is not their quotient), ``users`` (persons using the Internet, share from 0 to 1) and
        ``polyarchy`` (0 to 1).
        NaN where there is no figure.

    Raises
    ------
    BookError
        If a table has no figure within the years allowed.
    """
    listed = data.load("states").set_index("iso3")
    ldc = data.load("areas").set_index("iso3")["ldc"]
    found = pd.DataFrame(
        {
            "State": names(),
            "regional_group": listed["regional_group"],
            "income_group": latest("income_groups", "income_group", year, back),
            "ldc": ldc.reindex(listed.index),
            "population": latest("population", "population", year, back),
            "gdp": latest("gdp", "gdp", year, back),
            "users": latest("internet_users", "internet_users", year, back) / 100,
            "polyarchy": latest("regime", "polyarchy", year, back),
        }
    )
    found.insert(6, "income", _latest(_income(), "income", year, back))
    return found
