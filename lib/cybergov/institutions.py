"""Which institutions and which memberships count: the choices that several chapters make in the same words.

The tables hold more than any one question needs: unverified rows, second readings of a code, states that
only signed. A chapter names its choice, and these functions give what it asks for.
"""

from collections.abc import Sequence

import pandas as pd

from cybergov import data
from cybergov.errors import BookError
from cybergov.measures import inequality, intervals

#: What a status is worth: bound parties, members and endorsers of a text stand in full.
_FULL = ("party", "member", "endorser")
STANDINGS: dict[str, tuple[str, ...]] = {
    "full": _FULL,
    "with associates": (*_FULL, "associate", "suspended", "endorser via organisation"),
    "with signatures": (*_FULL, "signatory"),
}
# Those who have left, or were suspended, had been members until then.
_PAST = ("former", "suspended")


def _rows(frame: pd.DataFrame, rows: str) -> pd.DataFrame:
    if rows not in ("verified", "all"):
        raise BookError(f"Rows are 'verified' or 'all', not {rows!r}.")
    return frame if rows == "all" else frame[frame["verified"].eq("yes")]


def codes(attribute: str, *, rows: str = "verified", reading: str = "first coder") -> pd.Series:
    """Give one code of every institution that has it.

    Parameters
    ----------
    attribute : str
        Such as ``"concept"``; the attributes of the table ``institution_codes``.
    rows : {"verified", "all"}
        Whether codes whose source was not seen are left out.
    reading : {"first coder", "second coder"}
        Whether the code that another coder could give under the same rules replaces the first one,
        where the table ``institution_code_alternatives`` names one.

    Returns
    -------
    Series of str
        By institution, in the order of the alphabet. An institution without a code has no entry.

    Raises
    ------
    BookError
        If the attribute, the rows or the reading are unknown.
    """
    coded = data.load("institution_codes")
    known = sorted(coded["attribute"].unique())
    if attribute not in known:
        raise BookError(f"Institutions have no code {attribute!r}; known are {', '.join(known)}.")
    found: pd.Series = _rows(coded[coded["attribute"].eq(attribute)], rows).set_index("institution")["value"]
    if reading == "second coder":
        alternatives = data.load("institution_code_alternatives").query("attribute == @attribute")
        others = alternatives.set_index("institution")["value"]
        found = found.mask(found.index.isin(others.index), others.reindex(found.index))
    elif reading != "first coder":
        raise BookError(f"A reading is 'first coder' or 'second coder', not {reading!r}.")
    return found.sort_index().rename(attribute)


def largest_share(coded: pd.Series, *, draws: int, seed: int) -> intervals.Interval:
    """Interval of the share of the most frequent code, with institutions drawn anew.

    Which code is the most frequent is asked anew in every draw, so that the interval leans upwards: it is
    the share of some code, not of the one that is the most frequent now.

    Parameters
    ----------
    coded : Series of str, length n
        The code of each institution, from `codes`.
    draws : int
        Draws of the bootstrap.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Interval
        95 % percentile interval, 0 to 1.

    Raises
    ------
    MeasureError
        If there is no institution, or `draws` or `seed` cannot be used.
    """
    return intervals.bootstrap(
        lambda times, marks: inequality.concentration_ratio(times @ marks, 1),
        pd.get_dummies(coded).astype(float),
        draws=draws,
        seed=seed,
        takes="multiplicities",
    )


def listed(kinds: Sequence[str] = (), *, scope: str = "all", in_part: bool = False) -> list[str]:
    """Name the institutions whose members are known.

    Parameters
    ----------
    kinds : sequence of str
        Kinds of institution, such as ``["treaty"]``; none given is all of them.
    scope : {"all", "cyber"}
        Whether general-purpose institutions that took up cyber matters are left out.
    in_part : bool
        Whether institutions are in of whose members only some are known.

    Returns
    -------
    list of str
        Codes of the institutions, in the order of the alphabet.

    Raises
    ------
    BookError
        If a kind or the scope is unknown.
    """
    frame = data.load("institutions")
    unknown = sorted(set(kinds) - set(frame["kind"]))
    if unknown:
        known = ", ".join(sorted(set(frame["kind"])))
        raise BookError(f"No institution is of the kind {unknown[0]!r}; known are {known}.")
    if scope not in ("all", "cyber"):
        raise BookError(f"A scope is 'all' or 'cyber', not {scope!r}.")
    chosen = frame["members_listed"].isin(["yes", "in part"] if in_part else ["yes"])
    if kinds:
        chosen &= frame["kind"].isin(kinds)
    names = frame.loc[chosen, "institution"]
    if scope == "cyber":
        # What an institution is for is seen from its own text, whether or not a source was kept for the code.
        scopes = codes("scope", rows="all")
        names = names[names.map(scopes).eq("cyber")]
    return sorted(names)


def network(
    institutions: Sequence[str],
    *,
    rows: str = "verified",
    standing: str = "full",
    year: int | None = None,
) -> pd.DataFrame:
    """Make the table of member states by institutions.

    Parameters
    ----------
    institutions : sequence of str
        Codes of institutions.
    rows : {"verified", "all"}
        Whether memberships whose source was not seen are left out.
    standing : {"full", "with associates", "with signatures"}
        Which statuses count: parties, members and endorsers; or also associates, suspended members and
        those who stand behind a text through an organisation; or also signatories of a treaty.
    year : int, optional
        The end of this year instead of the date of the lists. Memberships whose beginning is not known
        are then left out, and former members are in for the years before they left. With signatures
        counted, a party is in from its signature where that is dated.

    Returns
    -------
    DataFrame of bool
        One row a member state of the United Nations (193, by code), one column an institution, in the
        order given; other members are left out. An institution without such members keeps its column.

    Raises
    ------
    BookError
        If an institution, the rows or the standing are unknown.
    """
    if standing not in STANDINGS:
        raise BookError(f"A standing is one of {', '.join(map(repr, STANDINGS))}, not {standing!r}.")
    unknown = sorted(set(institutions) - set(data.load("institutions")["institution"]))
    if unknown:
        raise BookError(f"There is no institution {unknown[0]!r} in the table institutions.")
    states = data.load("states")["iso3"]
    ties = _rows(data.load("memberships"), rows)
    ties = ties[ties["institution"].isin(institutions) & ties["iso3"].isin(states)]
    counted = ties["status"].isin(STANDINGS[standing])
    if year is not None:
        counted |= ties["status"].isin(_PAST)
        begun = ties["in_force"].fillna(ties["ratified"]).fillna(ties["since"])
        if standing == "with signatures":
            begun = ties["signed"].fillna(begun)
        counted &= begun.str[:4].astype("Float64").le(year).fillna(False)
        counted &= ~ties["until"].str[:4].astype("Float64").le(year).fillna(False)
    ties = ties[counted]
    met = pd.crosstab(ties["iso3"], ties["institution"]).gt(0)
    return met.reindex(index=list(states), columns=list(institutions), fill_value=False).rename_axis(
        index="iso3", columns="institution"
    )
