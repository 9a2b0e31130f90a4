"""What states receive of the good and what they pay for it: the two series of Part III.

The resources are proxies, each counted where it stands or is registered and not where it is used.
Chapters say what that does to their findings; these functions only see to it that all of them mean
the same by a word.
"""

import pandas as pd

from cybergov import data, states
from cybergov.errors import BookError

#: What is received, in the order of the chapters: series, what it counts.
SERIES = {
    "secure servers": "secure Internet servers, 2024",
    "numbering authorities": "CVE Numbering Authorities, October 2024",
    "IPv4 addresses": "IPv4 addresses, 2026",
    "root instances": "instances of the DNS root servers, July 2025",
    "exchange points": "Internet exchange points, 2026",
    "cables": "submarine cables that land, late 2022",
    "response teams": "people times the score of the response teams, 2024",
}
#: Member states in which far more is hosted and registered than their own people can use.
HAVENS = ("BLZ", "CYP", "SYC")
#: Year whose scale of assessments is taken as the price, unless a chapter names another.
SCALE_YEAR = 2025


def received(*, year: int = 2023, havens: str = "kept", addresses: str = "delegation") -> pd.DataFrame:
    """Give what each member state has of every series.

    Parameters
    ----------
    year : int
        Year of the population by which secure servers and scores of response teams are multiplied.
    havens : {"kept", "left out"}
        Whether the hosting havens among the member states (`HAVENS`) stand in the frame.
    addresses : {"delegation", "announcing network"}
        Whether an IPv4 address belongs to the state to which a registry delegated it, or to that of
        the network that announces it.

    Returns
    -------
    DataFrame
        By ISO 3166-1 alpha-3 code, one column for each of `SERIES`: amounts, at least 0. A state
        without a row has none where the table says that it has none, and NaN where its figure is
        missing. A response-team score (mean of national and sectoral, 0 to 1) counts as the people
        it serves: score times population.

    Raises
    ------
    BookError
        If a choice is unknown.
    """
    if havens not in ("kept", "left out"):
        raise BookError(f"Havens are 'kept' or 'left out', not {havens!r}.")
    counts = data.load("addresses")
    if addresses not in set(counts["basis"]):
        raise BookError(
            f"Addresses are counted by {' or '.join(sorted(set(counts['basis'])))}, not {addresses!r}."
        )
    members = pd.Index(data.load("states")["iso3"])
    population = states.latest("population", "population", year)

    def of(frame: pd.DataFrame, column: str, absent: float) -> pd.Series:
        found: pd.Series = frame.groupby("iso3")[column].sum().reindex(members)
        return found.fillna(absent).astype(float)

    def newest(table: str, when: str) -> pd.DataFrame:
        rows = data.load(table)
        return rows[rows[when].eq(rows[when].max())]

    scores = newest("response_teams", "year").set_index("iso3")[["national", "sectoral"]].mean(axis=1)
    per_million = of(newest("secure_servers", "year"), "per_million", float("nan"))
    authorities = newest("numbering_authorities_by_state", "date")
    frame = pd.DataFrame(
        {
            "secure servers": per_million * population / 1e6,
            "numbering authorities": of(authorities, "authorities", 0),
            "IPv4 addresses": of(counts[counts["basis"].eq(addresses)], "ipv4", 0),
            "root instances": of(data.load("root_instances"), "instances", 0),
            "exchange points": of(data.load("exchange_points"), "exchange_points", 0),
            "cables": of(data.load("cables"), "cables", 0),
            "response teams": scores.reindex(members) * population,
        }
    )
    return frame if havens == "kept" else frame.drop(index=list(HAVENS))


def paid(year: int = SCALE_YEAR) -> pd.Series:
    """Give each state's share of the regular budget of the United Nations.

    It is a price of a common good that is set for every state, by a published rule, and known for
    every year; it is not the price of cybersecurity.

    Parameters
    ----------
    year : int
        A year of the scale.

    Returns
    -------
    Series
        By ISO 3166-1 alpha-3 code: shares from 0 to 1, which sum to 1 over the states assessed; NaN
        for a member state that was not.

    Raises
    ------
    BookError
        If no scale covers the year.
    """
    scale = data.load("un_scale")
    scale = scale[scale["first_year"].le(year) & scale["last_year"].ge(year)]
    if scale.empty:
        raise BookError(f"The table un_scale has no scale for {year}.")
    rate: pd.Series = scale.set_index("iso3")["rate"].reindex(pd.Index(data.load("states")["iso3"]))
    return rate / rate.sum()
