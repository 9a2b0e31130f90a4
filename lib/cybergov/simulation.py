"""The simulated negotiation: its texts, and a balanced cast of states.

The texts stand in ``data/simulation.yml``. A cast is drawn by lot and then balanced: over regional groups
exactly, over camps and income groups by exchange. What the room votes is counted in `tally`.
"""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml

from cybergov import data, states, tables
from cybergov.errors import BookError
from cybergov.measures import intervals, representation, voting

#: Sizes of a cast: fewer are no assembly, more fit neither a room nor an hour.
FEWEST, MOST = 4, 60
#: From this size on, every regional group has a delegation.
EVERY_GROUP_FROM = 5
#: From this size on there are observers: one for so many delegations.
OBSERVERS_FROM, DELEGATIONS_PER_OBSERVER = 16, 8
#: Year of the income groups, as in the chapters that compare states by them.
FIGURES_OF = 2023
#: How often the balancing starts anew from a cast by lot.
STARTS = 8
#: Camps by the two votes of a year, as in the chapter on the two tracks.
CAMPS = ("yes on both", "Developments only", "Behaviour only", "neither")
MARGINS = ("Regional group", "Camp", "Income group")
NOT_KNOWN = "not known"
INCOMES = ("high", "upper middle", "lower middle", "low", NOT_KNOWN)
WHOLE = "WHOLE"

#: The measures of voting have a word of their own for absence.
ABSENT = "not voting"
# Words of the titles by which the two series of resolutions are told apart, and the first session of both.
_DEVELOPMENTS, _BEHAVIOUR, _BOTH_FROM = "Developments in the field", "esponsible State behavio", 73


# --- the texts ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    """A named text of the exercise: a rule, or a role."""

    name: str
    text: str
    key: str = ""


@dataclass(frozen=True)
class Round:
    """A round: what happens in it, and its minutes in one session of 90 and in two."""

    name: str
    what: str
    short: int
    long: int


@dataclass(frozen=True)
class Question:
    """What is put to the vote: a paragraph or the whole, and the recorded resolution it is compared with."""

    id: str
    title: str
    nearness: str
    reason: str
    comparable: str | None = None
    verb: str = ""
    text: str = ""
    good: str = ""
    chapter: str = ""


@dataclass(frozen=True)
class Texts:
    """All texts of the exercise, as ``data/simulation.yml`` has them."""

    title: str
    status: str
    rounds: tuple[Round, ...]
    rules: tuple[Passage, ...]
    roles: tuple[Passage, ...]
    observers: tuple[Passage, ...]
    agenda: tuple[str, ...]
    preamble: tuple[tuple[str, str], ...]
    questions: tuple[Question, ...]

    @property
    def paragraphs(self) -> tuple[Question, ...]:
        """The operative paragraphs, without the vote on the whole."""
        return self.questions[:-1]

    @property
    def comparable(self) -> dict[str, str]:
        """The recorded resolution of each question that has one."""
        return {one.id: one.comparable for one in self.questions if one.comparable}


def texts(root: Path | None = None) -> Texts:
    """Read the texts of the exercise.

    Parameters
    ----------
    root : Path, optional
        Another book in place of this one.

    Returns
    -------
    Texts

    Raises
    ------
    BookError
        If the file is missing or not of its form, two questions have one id, or a resolution to compare with
        has no recorded vote in the tables.
    """
    path = (root or data.root()) / "data" / "simulation.yml"
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        draft = raw["resolution"]
        found = Texts(
            title=raw["title"],
            status=raw["status"],
            rounds=tuple(Round(**one) for one in raw["rounds"]),
            rules=tuple(Passage(**one) for one in raw["rules"]),
            roles=tuple(Passage(**one) for one in raw["roles"]),
            observers=tuple(Passage(**one) for one in raw["observers"]),
            agenda=tuple(raw["agenda"]),
            preamble=tuple((verb, text) for verb, text in draft["preamble"]),
            questions=tuple(Question(**one) for one in [*draft["paragraphs"], draft["whole"]]),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise BookError(
            f"data/simulation.yml cannot be read as the texts of a simulation: {error}."
        ) from None
    ids = [one.id for one in found.questions]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice or ids[-1] != WHOLE:
        wrong = f"{twice[0]} stands there twice" if twice else f"the last one is {ids[-1]}"
        raise BookError(
            f"data/simulation.yml: questions need ids of their own, {WHOLE} the last, but {wrong}."
        )
    votes = {str(resolution) for resolution in recorded()}
    for question, resolution in found.comparable.items():
        if resolution not in votes:
            raise BookError(
                f"data/simulation.yml, {question}: {resolution} has no recorded vote in the tables"
                f"{meant(resolution, votes)}"
            )
    return found


# --- states and their camps -----------------------------------------------------------------------


def recorded() -> pd.DataFrame:
    """Arrange the recorded votes of the tables as states by resolutions.

    Returns
    -------
    DataFrame of str, shape (member states, resolutions)
        "yes", "no", "abstain" or "not voting"; every member state has a row, in the order of ``states``.
    """
    return voting.vote_matrix(data.load("votes")).reindex(data.load("states")["iso3"], fill_value=ABSENT)


def camp_years() -> dict[int, tuple[str, str]]:
    """Find the years in which both series of resolutions were put to a recorded vote.

    Returns
    -------
    dict of int to tuple of str
        By year the resolution of the series *Developments* and that of the series *Behaviour*.
    """
    listed = data.load("resolutions")
    listed = listed[listed["adoption"].eq("recorded vote") & listed["session"].ge(_BOTH_FROM)]
    listed = listed.assign(year=pd.to_datetime(listed["date"]).dt.year)
    first = listed[listed["title"].str.startswith(_DEVELOPMENTS)].set_index("year")["resolution"]
    second = listed[listed["title"].str.contains(_BEHAVIOUR)].set_index("year")["resolution"]
    return {int(year): (first[year], second[year]) for year in first.index if year in second.index}


def membership(camp_year: int = 2018) -> pd.DataFrame:
    """Give every member state's place in the three margins over which a cast is balanced.

    Parameters
    ----------
    camp_year : int
        The year whose two votes tell the camps, one of `camp_years`.

    Returns
    -------
    DataFrame
        By ISO 3166-1 alpha-3 code: ``State``, ``Regional group`` (of the United Nations), ``Camp`` (one of
        `CAMPS`: for which of the two texts of the year the state voted yes) and ``Income group`` (World Bank,
        "not known" where there is none).

    Raises
    ------
    BookError
        If both series were not put to a vote in that year.
    """
    years = camp_years()
    if camp_year not in years:
        raise BookError(
            f"Camps are told by two recorded votes of one year, and {camp_year!r} has not both: "
            f"expected {tables.listed(map(str, years))}."
        )
    figures = states.figures(FIGURES_OF)
    votes = recorded().reindex(figures.index)
    one, other = (votes[resolution].eq("yes") for resolution in years[camp_year])
    return pd.DataFrame(
        {
            "State": figures["State"],
            "Regional group": figures["regional_group"].fillna(NOT_KNOWN),
            "Camp": np.select([one & other, one, other], CAMPS[:3], CAMPS[3]),
            "Income group": figures["income_group"].fillna(NOT_KNOWN),
        },
        index=figures.index,
    )


# --- the cast -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cast:
    """The delegations of one game, and how it was drawn.

    ``delegations`` has a row for each state, in the order of the seats, by ISO 3166-1 alpha-3 code:
    ``Seat``, ``State``, the three margins and ``Role``. ``members`` has the margins of all member states.
    ``imbalance`` is the Loosemore-Hanby index of the cast against the membership, margin by margin.
    """

    delegations: pd.DataFrame
    members: pd.DataFrame
    observers: int
    seed: int
    camp_year: int
    imbalance: "pd.Series[float]"

    @property
    def codes(self) -> list[str]:
        """Codes of the states, in the order of the seats."""
        return list(self.delegations.index)


def cast(
    number: int = 12,
    seed: int = 1,
    *,
    fixed: Sequence[str] = (),
    without: Sequence[str] = (),
    camp_year: int = 2018,
    observers: int | None = None,
) -> Cast:
    """Draw a balanced cast of states, the same for the same arguments.

    Regional groups get delegations in proportion to their members, one after the other to the group that
    lacks most, and each at least one from five states on. Within them states are drawn by lot; then a state
    of the cast is exchanged for one outside it of the same group as long as that lowers the sum of two
    Loosemore-Hanby indices, of camps and of income groups against the membership. Of eight such starts the
    best is kept. Seats follow the English alphabet from a state drawn by lot, as in the General Assembly.

    The chair is drawn from the states that voted for both texts of the camp year, or if there is none from
    those that voted for neither; the rapporteur likewise, from another regional group if that is possible;
    the two sponsors from those that voted for one text only, one from each side. Where a side has no state
    left, all that have no role take part in the draw.

    Parameters
    ----------
    number : int
        How many states, from 4 to 60.
    seed : int
        Of the random numbers, 0 or more.
    fixed, without : sequence of str
        Codes of states that must, and that must not, be in the cast.
    camp_year : int
        As in `membership`.
    observers : int, optional
        Roles without a vote; by default none below 16 states, and from there one for every eight, up to as
        many as the texts describe.

    Returns
    -------
    Cast

    Raises
    ------
    BookError
        If a number or the seed cannot be used, a code is no member state's, a state is both fixed and left
        out, or fewer states are left than wanted or more fixed.

    References
    ----------
    Loosemore, J. and Hanby, V. (1971). The Theoretical Limits of Maximum Distortion: Some Analytic
    Expressions for Electoral Systems. British Journal of Political Science 1(4), 467-477.
    """
    _whole_number(number, "The number of states in a cast", FEWEST, MOST)
    _whole_number(seed, "The seed", 0)
    observers = _observers(number, observers)
    members = membership(camp_year)
    chosen, barred = _codes(fixed, members.index), _codes(without, members.index)
    if both := sorted(set(chosen) & set(barred)):
        raise BookError(f"{both[0]} cannot be both in the cast and left out of it.")
    if len(chosen) > number:
        raise BookError(f"A cast of {number} states cannot hold the {len(chosen)} that must be in it.")
    if len(members) - len(barred) < number:
        raise BookError(f"A cast of {number} states needs more than the {len(members) - len(barred)} left.")
    rng = np.random.default_rng(seed)
    open_to_all = ~members.index.isin(barred)
    held = members.index.isin(chosen)
    quotas = _quotas(members, number, held, open_to_all)
    starts = [_balanced(members, quotas, held, open_to_all, rng) for _ in range(STARTS)]
    _, drawn = min(starts, key=lambda one: round(one[0], 12))
    delegations = _seated(members[drawn], rng)
    delegations["Role"] = _roles(delegations, rng)
    return Cast(delegations, members, observers, seed, camp_year, imbalance(delegations, members))


def imbalance(some: pd.DataFrame, members: pd.DataFrame) -> "pd.Series[float]":
    """Measure how far a cast is from the membership, margin by margin.

    Parameters
    ----------
    some, members : DataFrame
        States of the cast and all member states, with the columns of `membership`.

    Returns
    -------
    Series of float
        The Loosemore-Hanby index by margin, 0 (the same shares) to 1: the share of the delegations that
        would have to be of another group.
    """
    found = {}
    for margin in MARGINS:
        of_all = members[margin].value_counts()
        of_some = some[margin].value_counts().reindex(of_all.index, fill_value=0)
        found[margin] = float(representation.loosemore_hanby(of_some, of_all))
    return pd.Series(found, name="imbalance")


def imbalance_by_lot(number: int, draws: int, seed: int, camp_year: int = 2018) -> pd.DataFrame:
    """Measure the imbalance of casts that are drawn by lot from all member states, for comparison.

    Parameters
    ----------
    number : int
        How many states a cast has.
    draws : int
        How many casts.
    seed : int
        Of the random numbers.
    camp_year : int
        As in `membership`.

    Returns
    -------
    DataFrame of float, shape (draws, 3)
        As `imbalance` gives it, a row for each cast.

    Raises
    ------
    BookError
        If the number of states cannot be used.
    """
    _whole_number(number, "The number of states in a cast", FEWEST, MOST)
    members, rng = membership(camp_year), intervals.generator(draws, seed)
    lots = np.array([rng.choice(len(members), number, replace=False) for _ in range(draws)])
    found = {}
    for margin in MARGINS:
        belongs = pd.get_dummies(members[margin]).to_numpy(dtype=float)
        found[margin] = representation.loosemore_hanby(belongs[lots].sum(axis=1), belongs.sum(axis=0))
    return pd.DataFrame(found)


def balance(game: Cast) -> pd.DataFrame:
    """Set the groups of a cast beside those of the membership.

    Returns
    -------
    DataFrame
        One row a group: ``Margin``, ``Group``, ``Delegations`` and ``Member states`` (numbers), ``Share of
        cast`` and ``Share of members`` (0 to 1).
    """
    rows = []
    for margin in MARGINS:
        of_all = game.members[margin].value_counts()
        known = {"Camp": CAMPS, "Income group": INCOMES}.get(margin, tuple(map(str, of_all.index)))
        order = [group for group in known if group in of_all]
        of_cast = game.delegations[margin].value_counts()
        for group in order:
            here, there = int(of_cast.get(group, 0)), int(of_all.get(group, 0))
            rows.append((margin, group, here, there, here / len(game.delegations), there / len(game.members)))
    names = ["Margin", "Group", "Delegations", "Member states", "Share of cast", "Share of members"]
    return pd.DataFrame(rows, columns=names)


def _observers(number: int, wanted: int | None) -> int:
    if wanted is None and number < OBSERVERS_FROM:
        return 0
    described = len(texts().observers)
    if wanted is None:
        return min(number // DELEGATIONS_PER_OBSERVER, described)
    _whole_number(wanted, "The number of observers", 0, described)
    return wanted


def _quotas(
    members: pd.DataFrame, number: int, held: npt.NDArray[np.bool_], allowed: npt.NDArray[np.bool_]
) -> dict[str, int]:
    """Give each regional group its delegations: one after the other to the group that lacks most."""
    groups = members["Regional group"]
    due = number * groups.value_counts(normalize=True).sort_index()
    least = groups[held].value_counts().reindex(due.index, fill_value=0)
    most = groups[allowed].value_counts().reindex(due.index, fill_value=0)
    given = least.copy()
    if number >= EVERY_GROUP_FROM:
        # Groups of few members first, in case that fixed states leave too little for all.
        for group in due.sort_values(kind="stable").index:
            if given[group] == 0 < most[group] and given.sum() < number:
                given[group] = 1
    while given.sum() < number:
        lacking = (due - given)[given < most]
        given[str(lacking.idxmax())] += 1
    return {str(group): int(seats) for group, seats in given.items()}


def _balanced(
    members: pd.DataFrame,
    quotas: Mapping[str, int],
    held: npt.NDArray[np.bool_],
    allowed: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[float, npt.NDArray[np.bool_]]:
    """Draw a cast by lot within the quotas and exchange states as long as that brings it nearer."""
    groups = members["Regional group"].to_numpy()
    drawn = held.copy()
    for group, seats in quotas.items():
        pool = np.flatnonzero((groups == group) & allowed & ~held)
        drawn[rng.permutation(pool)[: seats - np.count_nonzero(held & (groups == group))]] = True
    margins = [pd.get_dummies(members[margin]).to_numpy(dtype=float) for margin in MARGINS[1:]]
    exchangeable = (groups[:, np.newaxis] == groups) & ~held[:, np.newaxis] & allowed
    whole = [margin.sum(axis=0) for margin in margins]
    while True:
        counts = [margin[drawn].sum(axis=0) for margin in margins]
        now = sum(float(representation.loosemore_hanby(a, b)) for a, b in zip(counts, whole, strict=True))
        goes, comes = np.nonzero(exchangeable & drawn[:, np.newaxis] & ~drawn)
        if not len(goes):
            return now, drawn
        then = np.zeros(len(goes))
        for margin, count, of_all in zip(margins, counts, whole, strict=True):
            then += representation.loosemore_hanby(count - margin[goes] + margin[comes], of_all)
        if then.min() > now - 1e-9:
            return now, drawn
        best = rng.choice(np.flatnonzero(then < then.min() + 1e-9))
        drawn[goes[best]], drawn[comes[best]] = False, True


def _seated(some: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Seat the states by the alphabet of their names, beginning with one drawn by lot."""
    plain = some["State"].map(lambda name: unicodedata.normalize("NFKD", name).casefold())
    order = plain.sort_values(kind="stable").index
    found = some.loc[np.roll(order.to_numpy(), -int(rng.integers(len(order))))].copy()
    found.insert(0, "Seat", range(1, len(found) + 1))
    return found


def _roles(delegations: pd.DataFrame, rng: np.random.Generator) -> "pd.Series[str]":
    roles = pd.Series("delegation", delegations.index)

    def draw(role: str, camps: Sequence[str], but_group: str | None = None) -> str:
        free = delegations[roles.eq("delegation")]
        other = free[free["Regional group"].ne(but_group)] if but_group else free
        pools = [some[some["Camp"].eq(camp)] for camp in camps for some in (other, free)]
        pool = next(some for some in (*pools, free) if len(some))
        state = str(rng.choice(pool.index.to_numpy()))
        roles[state] = role
        return state

    sponsors = (CAMPS[1], CAMPS[2])
    for camp in sponsors:
        draw("sponsor", [camp])
    chair = draw("chair", [CAMPS[0], CAMPS[3]])
    draw("rapporteur", [CAMPS[0], CAMPS[3]], str(delegations.loc[chair, "Regional group"]))
    return roles


def _whole_number(value: Any, what: str, least: int, most: int | None = None) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        limits = f"of {least} or more" if most is None else f"from {least} to {most}"
        raise BookError(f"{what} must be a whole number {limits}, not {value!r}.")


def _codes(given: Iterable[str], known: "pd.Index[Any]") -> list[str]:
    found = list(dict.fromkeys(code.strip().upper() for code in given))
    for code in found:
        if code not in known:
            names = states.names()
            raise BookError(
                f"{code!r} is no code of a member state; expected three letters such as BRA"
                f"{meant(code, [*known, *names], dict(zip(names.str.upper(), names.index, strict=True)))}"
            )
    return found


def meant(word: str, known: Iterable[str], codes: Mapping[str, str] | None = None) -> str:
    """End a sentence with the known word that is spelt most alike, or the code of a name that is."""
    if codes:
        close = difflib.get_close_matches(word, codes, 1)
        if close:
            return f"; is {codes[close[0]]!r} meant?"
    near = difflib.get_close_matches(word, sorted(known))
    best = max(near, key=lambda one: one[:2] == word[:2], default="")
    return f"; is {best!r} meant?" if best else "."


# --- the texts as they are printed ----------------------------------------------------------------


def write_agenda(found: Texts) -> str:
    """Write the agenda as a numbered list in Markdown."""
    return "\n".join(f"{number}. {item}." for number, item in enumerate(found.agenda, start=1)) + "\n"


def write_passages(passages: Iterable[Passage]) -> str:
    """Write rules or roles as paragraphs in Markdown, each with its name before it."""
    return "\n\n".join(f"**{one.name}.** {one.text.strip()}" for one in passages) + "\n"


def write_draft(found: Texts) -> str:
    """Write the draft resolution in Markdown: preamble, then the numbered operative paragraphs.

    Parameters
    ----------
    found : Texts
        From `texts`.

    Returns
    -------
    str
        Verbs in italics, as resolutions have them; square brackets hold what is still open.
    """
    preamble = [f"*{verb}* {text.strip()}," for verb, text in found.preamble]
    last = found.paragraphs[-1]
    operative = [
        f"{number}. *{one.verb}* {one.text.strip().rstrip(';')}{'.' if one is last else ';'}"
        for number, one in enumerate(found.paragraphs, start=1)
    ]
    return "\n\n".join(["*The open-ended working group,*", *preamble, "\n".join(operative)]) + "\n"


def rounds(found: Texts) -> pd.DataFrame:
    """Give the rounds as a table.

    Returns
    -------
    DataFrame
        ``Round``, ``What happens``, and the minutes ``In one session`` of 90 minutes and ``In two``.
    """
    rows = [(one.name, one.what.strip(), one.short, one.long) for one in found.rounds]
    return pd.DataFrame(rows, columns=["Round", "What happens", "In one session", "In two"])
