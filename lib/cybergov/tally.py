"""What the room voted: the vote file, its tally, and how it stands beside the record of the General Assembly.

The votes are counted with the book's own measures, and held against how the same states voted on the
recorded resolutions that ``data/simulation.yml`` names.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd
import tabulate

from cybergov import charts, data, simulation, tables
from cybergov.errors import BookError
from cybergov.measures import intervals, voting

#: Votes as they stand in a vote file, in the order in which they are counted.
VOTES = ("yes", "no", "abstain", "absent")
COLUMNS = ("iso3", "question", "vote")

Majority = Literal["simple", "two thirds"]


# --- the votes of the room ------------------------------------------------------------------------


def blank(game: simulation.Cast, questions: Iterable[str]) -> str:
    """Write the blank vote file of a cast: a row for each question and delegation, the vote left empty.

    Parameters
    ----------
    game : Cast
        Its delegations are called in the order of their seats.
    questions : iterable of str
        Ids, in the order in which they are put to the vote.

    Returns
    -------
    str
        CSV with the columns ``iso3``, ``question`` and ``vote``.
    """
    rows = [f"{code},{question},\n" for question in questions for code in game.codes]
    return ",".join(COLUMNS) + "\n" + "".join(rows)


def is_blank(text: str) -> bool:
    """Tell whether a text is a vote file without a vote in it; of what is no vote file, one cannot know."""
    rows = _rows(text)
    return (
        bool(rows) and set(COLUMNS) <= set(rows[0]) and not any((row["vote"] or "").strip() for row in rows)
    )


def _rows(text: str) -> list[dict[str, str]]:
    text = text.removeprefix("\ufeff")
    # Spreadsheets of some languages part columns by semicolons.
    part = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=part)
    reader.fieldnames = [name.strip().casefold() for name in reader.fieldnames or ()]
    return list(reader)


def read_votes(path: Path, game: simulation.Cast, questions: Sequence[str]) -> pd.DataFrame:
    """Read a vote file and check it against the cast.

    Parameters
    ----------
    path : Path
        CSV with the columns ``iso3``, ``question`` and ``vote``; a vote is yes, no, abstain or absent.
    game : Cast
        The delegations.
    questions : sequence of str
        Ids of the questions.

    Returns
    -------
    DataFrame of str, shape (delegations, questions)
        Delegations in the order of their seats, votes as in `VOTES`.

    Raises
    ------
    BookError
        If the file cannot be read or has not these columns; or with a table of all rows that cannot be
        used, each with what was expected: a state that is unknown or not in the cast, an unknown question or
        vote, a second vote, a vote that is missing.
    """
    try:
        rows = _rows(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BookError(f"{path.name} cannot be read as CSV in UTF-8: {error}.") from None
    missing = [column for column in COLUMNS if not rows or column not in rows[0]]
    if missing:
        raise BookError(f"{path.name} has no column {missing[0]!r}: expected {', '.join(COLUMNS)}, and rows.")
    if not any((row["vote"] or "").strip() for row in rows):
        raise BookError(
            f"{path.name} has no vote in it yet: expected one of {', '.join(VOTES)} in every row."
        )
    known, of_cast = set(game.members.index), set(game.codes)
    upper = {question.casefold(): question for question in questions}
    found: dict[tuple[str, str], tuple[int, str]] = {}
    problems: list[tuple[str, str, str]] = []
    for number, row in enumerate(rows, start=2):
        code, asked, vote = ((row.get(column) or "").strip() for column in COLUMNS)
        code, question, vote = code.upper(), upper.get(asked.casefold()), vote.casefold()
        place = str(number)
        if not (code or asked or vote):
            continue
        if code not in known:
            problems.append(
                (place, f"no state {code!r}", f"a code of the cast{simulation.meant(code, of_cast)}")
            )
        elif code not in of_cast:
            problems.append((place, f"{code} is not in this cast", f"one of {', '.join(sorted(of_cast))}"))
        elif question is None:
            expected = f"one of {', '.join(questions)}{simulation.meant(asked.upper(), questions)}"
            problems.append((place, f"no question {asked!r}", expected))
        elif (code, question) in found:
            earlier = found[code, question][0]
            problems.append(
                (place, f"a second vote of {code} on {question}", f"one; the first is in row {earlier}")
            )
        else:
            found[code, question] = number, vote
            if not vote:
                problems.append((place, f"no vote of {code} on {question}", f"one of {', '.join(VOTES)}"))
            elif vote not in VOTES:
                expected = f"one of {', '.join(VOTES)}{simulation.meant(vote, VOTES)}"
                problems.append((place, f"the vote {vote!r} of {code} on {question}", expected))
    lost = [
        (code, question) for question in questions for code in game.codes if (code, question) not in found
    ]
    problems += [
        ("–", f"no row of {code} on {question}", f"one of {', '.join(VOTES)}") for code, question in lost
    ]
    if problems:
        raise BookError(_told(path.name, problems, bool({code for code, _ in lost})))
    votes = {question: [found[code, question][1] for code in game.codes] for question in questions}
    return pd.DataFrame(votes, index=pd.Index(game.codes, name="iso3"))


_TOLD_AT_MOST = 40


def _told(name: str, problems: Sequence[tuple[str, str, str]], rows_lost: bool) -> str:
    if len(problems) == 1:
        place, found, expected = problems[0]
        where = f"{name}, row {place}" if place != "–" else name
        return f"{where}: {found}; expected {expected.rstrip('.')}{'' if expected.endswith('?') else '.'}"
    count = len(problems)
    table = tabulate.tabulate(
        [[place, found, expected.rstrip(".")] for place, found, expected in problems[:_TOLD_AT_MOST]],
        headers=["row", "found", "expected"],
        disable_numparse=True,
    )
    more = f"\nand {count - _TOLD_AT_MOST} more." if count > _TOLD_AT_MOST else ""
    hint = (
        "\nA cast is drawn anew for every number, seed and choice: give those of the packet."
        if rows_lost
        else ""
    )
    return f"{name} cannot be tallied for {count} reasons:\n{table}{more}{hint}"


def record(game: simulation.Cast, compared: Mapping[str, str]) -> pd.DataFrame:
    """Give the votes that the states of a cast cast in the General Assembly.

    Parameters
    ----------
    game : Cast
        The states.
    compared : mapping of str to str
        The recorded resolution of each question, as `simulation.Texts.comparable` has it.

    Returns
    -------
    DataFrame of str, shape (delegations, questions)
        As `read_votes` gives it; "absent" where a state did not vote.
    """
    votes = (
        simulation.recorded().replace(simulation.ABSENT, "absent").loc[game.codes, list(compared.values())]
    )
    return votes.set_axis(list(compared), axis=1).rename_axis("iso3")


# --- the tally ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """What the votes of a room come to.

    ``votes`` and ``record`` are as `read_votes` and `record` give them. ``questions``: one row a question,
    with counts, outcome, indices, and where there is a recorded vote the comparison. ``groups``: agreement
    within regional groups and camps. ``overall``: the room against the record in numbers. ``delegations``:
    each against its own state's record, those that departed most first.
    """

    votes: pd.DataFrame
    record: pd.DataFrame
    questions: pd.DataFrame
    groups: pd.DataFrame
    overall: pd.DataFrame
    delegations: pd.DataFrame
    majority: Majority


def adopted(yes: int, no: int, majority: Majority = "simple") -> bool:
    """Decide a vote by those present and voting, which abstentions are not.

    Parameters
    ----------
    yes, no : int
        Numbers of delegations.
    majority : {"simple", "two thirds"}
        More yes than no, or yes from two thirds of both together. A tie, and a vote without yes, rejects.

    Raises
    ------
    BookError
        If the majority is none of the two.
    """
    if majority not in get_args(Majority):
        raise BookError(f"A majority is one of {', '.join(get_args(Majority))}, not {majority!r}.")
    if majority == "simple":
        return yes > no
    return yes > 0 and 3 * yes >= 2 * (yes + no)


def tally(
    votes: pd.DataFrame,
    game: simulation.Cast,
    compared: Mapping[str, str],
    *,
    majority: Majority = "simple",
    draws: int = 4999,
    seed: int = 2024,
) -> Tally:
    """Count the votes of a room and hold them against the record.

    Parameters
    ----------
    votes : DataFrame of str, shape (delegations, questions)
        As `read_votes` gives it; some of the questions will do.
    game : Cast
        The delegations.
    compared : mapping of str to str
        The recorded resolution of each question, as `simulation.Texts.comparable` has it.
    majority : {"simple", "two thirds"}
        What a question needs, as in `adopted`.
    draws, seed : int
        Of the permutation tests; up to eight delegations all orders are gone through.

    Returns
    -------
    Tally
        ``questions`` has, by id: ``Yes``, ``No``, ``Abstain``, ``Absent``, ``Adopted`` (yes or no),
        ``Agreement`` (index of Hix, Noury and Roland for three options, 0 to 1), ``Rice`` (0 to 1),
        ``Compared`` (delegations that took part on both sides), ``Alike`` (share of them that voted as their
        state did, 0 to 1), ``Record, same states`` and ``Record, Assembly`` (the agreement index there). NaN
        where nobody voted or there is no recorded vote.
        ``groups`` has ``By``, ``Group``, ``Delegations``, ``Within`` and ``With others``: mean agreement of
        pairs, an abstention beside a yes or a no counting half.
        ``overall`` has ``Measure``, ``Value``, ``p`` and ``Rests on``. Two kinds of measure are tested: the
        share of votes that are those of the own state, with whole sheets of votes dealt out anew among
        delegations; and the correlation over pairs of delegations of their agreement in the room with the
        agreement of their states in the record (Mantel's test, delegations relabelled).
        ``delegations`` has ``State``, ``Camp``, ``Compared``, ``Alike``, ``Steps apart`` (1 for a yes against
        a no, ½ where one abstained) and ``Departures``, a list of words.

    Raises
    ------
    BookError
        If votes or delegations do not fit, or the majority is unknown.
    """
    if list(votes.index) != game.codes or not votes.isin(VOTES).all(axis=None):
        raise BookError("A tally needs a vote of each delegation of the cast, in the order of the seats.")
    asked = {question: resolution for question, resolution in compared.items() if question in votes}
    of_states = record(game, asked)
    room = votes.replace("absent", simulation.ABSENT)
    alike, both = _alike(votes, of_states)
    questions = _questions(votes, of_states, asked, alike, both, majority)
    return Tally(
        votes=votes,
        record=of_states,
        questions=questions,
        groups=_groups(room, game),
        overall=_overall(room, votes, of_states, draws, seed),
        delegations=_departures(votes, of_states, game, alike, both),
        majority=majority,
    )


def _alike(votes: pd.DataFrame, of_states: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Where a delegation voted as its state did, and where both took part at all."""
    some = votes[of_states.columns]
    both = ~some.isin(["absent"]) & ~of_states.isin(["absent"])
    return some.eq(of_states) & both, both


def _counted(votes: pd.DataFrame) -> pd.DataFrame:
    if votes.shape[1] == 0:
        return pd.DataFrame(columns=list(VOTES), dtype=int)
    counts = votes.apply(lambda column: column.value_counts()).reindex(list(VOTES)).fillna(0).astype(int)
    return counts.T


def _index(counts: pd.DataFrame, abstentions: voting.Abstentions = "third option") -> "pd.Series[float]":
    """Agreement index by question, empty where nobody voted."""
    left = ["yes", "no"] if abstentions == "left out" else ["yes", "no", "abstain"]
    some = counts[counts[left].sum(axis=1).gt(0)]
    found = voting.agreement_index(some["yes"], some["no"], some["abstain"], abstentions=abstentions)
    return found.reindex(counts.index)


def _questions(
    votes: pd.DataFrame,
    of_states: pd.DataFrame,
    asked: Mapping[str, str],
    alike: pd.DataFrame,
    both: pd.DataFrame,
    majority: Majority,
) -> pd.DataFrame:
    counts = _counted(votes)
    whole = (
        simulation.recorded()[list(asked.values())]
        .replace(simulation.ABSENT, "absent")
        .set_axis(list(asked), axis=1)
    )
    passed = [adopted(yes, no, majority) for yes, no in zip(counts["yes"], counts["no"], strict=True)]
    found = counts.rename(columns=str.capitalize)
    found["Adopted"] = ["yes" if one else "no" for one in passed]
    found["Agreement"] = _index(counts)
    found["Rice"] = _index(counts, "left out")
    found["Resolution"] = pd.Series(asked, dtype=object)
    found["Compared"] = both.sum()
    found["Alike"] = (alike.sum() / both.sum().where(both.sum().gt(0))).astype(float)
    found["Record, same states"] = _index(_counted(of_states))
    found["Record, Assembly"] = _index(_counted(whole))
    return found.rename_axis(index="Question", columns=None)


def _groups(room: pd.DataFrame, game: simulation.Cast) -> pd.DataFrame:
    """Mean agreement of pairs within groups and with all others, for groups of two and more."""
    pairs = voting.pairwise_agreement(room, too_few="masked")
    rows = []
    for margin in ("Regional group", "Camp"):
        blocs = game.delegations[margin]
        for group in sorted(blocs.unique()):
            inside = blocs.eq(group).to_numpy()
            n = int(inside.sum())
            matrix = pairs.agreement.to_numpy()
            within = matrix[np.ix_(inside, inside)][np.triu_indices(n, 1)]
            others = matrix[np.ix_(inside, ~inside)].ravel()
            rows.append((margin, group, n, _mean(within), _mean(others)))
    return pd.DataFrame(rows, columns=["By", "Group", "Delegations", "Within", "With others"])


def _mean(values: npt.NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan


def _overall(
    room: pd.DataFrame, votes: pd.DataFrame, of_states: pd.DataFrame, draws: int, seed: int
) -> pd.DataFrame:
    rows: list[tuple[str, float, float, str]] = []
    if of_states.shape[1]:
        rows += _own_votes(votes[of_states.columns], of_states, draws, seed)
    all_pairs = voting.agreement_from_pairs(data.load("pair_agreement")).agreement
    listed = data.load("resolutions")
    core = listed[
        listed["set"].eq("core") & listed["adoption"].eq("recorded vote") & listed["verified"].eq("yes")
    ]
    cyber = voting.pairwise_agreement(
        simulation.recorded().loc[room.index, core["resolution"]], too_few="masked"
    ).agreement
    here = voting.pairwise_agreement(room, too_few="masked").agreement
    for name, there in (
        ("all recorded votes", all_pairs.reindex(index=room.index, columns=room.index)),
        ("recorded cyber votes", cyber),
    ):
        value, p, pairs = matrix_correlation(here, there, draws=draws, seed=seed)
        rows.append((f"Correlation of pairs with {name}", value, p, f"{pairs} pairs"))
    return pd.DataFrame(rows, columns=["Measure", "Value", "p", "Rests on"])


def _own_votes(
    some: pd.DataFrame, of_states: pd.DataFrame, draws: int, seed: int
) -> list[tuple[str, float, float, str]]:
    """Share of votes that are those of the own state, and what it is when sheets are dealt out by lot."""
    here, there = some.to_numpy()[:, None, :], of_states.to_numpy()[None, :, :]
    both = (here != "absent") & (there != "absent")
    alike = ((here == there) & both).sum(axis=2).astype(float)
    common = both.sum(axis=2).astype(float)
    rests = f"{int(np.trace(common))} votes"
    if not np.trace(common):
        return [("Votes as the own state's", math.nan, math.nan, rests)]

    def share(dealt: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        places = np.arange(len(alike))
        of_votes = common[places, dealt].sum(axis=1)
        return np.divide(
            alike[places, dealt].sum(axis=1), of_votes, out=np.zeros(len(dealt)), where=of_votes > 0
        )

    test = intervals.permutation_test(
        share, np.arange(len(alike)), draws=draws, seed=seed, alternative="greater"
    )
    by_lot = float(alike.sum() / common.sum())
    return [
        ("Votes as the own state's", test.statistic, test.p, rests),
        ("The same with any state of the cast", by_lot, math.nan, f"{int(common.sum())} comparisons"),
    ]


def matrix_correlation(
    first: pd.DataFrame, second: pd.DataFrame, *, draws: int, seed: int
) -> tuple[float, float, int]:
    """Correlate two matrices over pairs of states, and test it by relabelling the states of one.

    Parameters
    ----------
    first, second : DataFrame of float, shape (n, n)
        Symmetric, the same states in the same order; pairs that are empty in one are left out.
    draws, seed : int
        Of the permutation test; up to eight states all orders are gone through.

    Returns
    -------
    tuple
        Pearson's correlation over the pairs, -1 to 1; the share of relabellings with one at least as large;
        the number of pairs. The first two are NaN where a matrix does not vary or there are under 3 pairs.

    Raises
    ------
    MeasureError
        If the states differ.

    References
    ----------
    Mantel, N. (1967). The Detection of Disease Clustering and a Generalized Regression Approach. Cancer
    Research 27(2), 209-220.
    """
    intervals.same_labels(first.index, second.index)
    one, other = first.to_numpy(dtype=float), second.loc[first.index, first.index].to_numpy(dtype=float)
    rows, columns = np.triu_indices(len(one), 1)

    def correlations(dealt: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        x, y = (
            one[dealt[:, rows], dealt[:, columns]],
            np.broadcast_to(other[rows, columns], (len(dealt), len(rows))),
        )
        there = np.isfinite(x) & np.isfinite(y)
        x, y = np.where(there, x, 0), np.where(there, y, 0)
        n = there.sum(axis=1).clip(1)
        x = np.where(there, x - (x.sum(axis=1) / n)[:, None], 0)
        y = np.where(there, y - (y.sum(axis=1) / n)[:, None], 0)
        scale = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
        return np.divide((x * y).sum(axis=1), scale, out=np.zeros(len(dealt)), where=scale > 1e-12)

    there = np.isfinite(one[rows, columns]) & np.isfinite(other[rows, columns])
    pairs = int(there.sum())
    if pairs < 3 or any(np.ptp(matrix[rows, columns][there]) < 1e-12 for matrix in (one, other)):
        return math.nan, math.nan, pairs
    test = intervals.permutation_test(
        correlations, np.arange(len(one)), draws=draws, seed=seed, alternative="greater"
    )
    return test.statistic, test.p, pairs


def _departures(
    votes: pd.DataFrame,
    of_states: pd.DataFrame,
    game: simulation.Cast,
    alike: pd.DataFrame,
    both: pd.DataFrame,
) -> pd.DataFrame:
    """Each delegation against its state; an abstention beside a yes or a no is half a step."""
    steps = {"yes": 1.0, "abstain": 0.5, "no": 0.0}
    here = votes[of_states.columns].apply(lambda column: column.map(steps))
    there = of_states.apply(lambda column: column.map(steps))
    apart = (here - there).abs().where(both)
    told = [
        [
            f"{question}: {votes.loc[code, question]!s} (state: {of_states.loc[code, question]!s})"
            for question in map(str, of_states.columns)
            if both.loc[code, question] and not alike.loc[code, question]
        ]
        for code in game.codes
    ]
    found = game.delegations[["State", "Camp"]].copy()
    found["Compared"] = both.sum(axis=1).astype(int)
    found["Alike"] = alike.sum(axis=1).astype(int)
    found["Steps apart"] = apart.sum(axis=1)
    found["Departures"] = pd.Series(told, found.index)
    return found.sort_values(["Steps apart", "Alike"], ascending=[False, True], kind="stable")


# --- what is shown ---------------------------------------------------------------------------------

#: How a tally is to be read: it stands under every one.
CAVEATS = (
    "It is an exercise: a dozen delegations are few, students play states and know what they were told, "
    "and no capital instructs them.",
    "The paragraphs are not the resolutions that they are compared with. Where the question is a "
    "neighbouring one, a departure may come from the text and not from the delegation.",
    "Real votes are on whole texts, and many real texts were adopted without a vote: the record shows the "
    "contested part.",
    "A p value says how often dealing out the sheets, or the names, by lot gives as much. It says nothing "
    "of why.",
)


def results(counted: Tally, found: simulation.Texts) -> pd.DataFrame:
    """Give what was adopted, question by question, as a table of at most seven columns."""
    some = counted.questions
    titles = {one.id: one.title for one in found.questions}
    return pd.DataFrame(
        {
            "Question": [f"{question}: {titles.get(question, '')}" for question in some.index],
            "Yes–no–abstain–absent": some[["Yes", "No", "Abstain", "Absent"]]
            .astype(str)
            .agg("–".join, axis=1),
            "Adopted": some["Adopted"],
            "Agreement": some["Agreement"],
            "Rice": some["Rice"],
        }
    ).reset_index(drop=True)


def against_record(counted: Tally, found: simulation.Texts) -> pd.DataFrame:
    """Give the room beside the record, for the questions that have a recorded vote."""
    some = counted.questions[counted.questions["Resolution"].notna()]
    near = {one.id: one.nearness for one in found.questions}
    return pd.DataFrame(
        {
            "Question": some.index,
            "Compared with": some["Resolution"],
            "Nearness": [near.get(question, "") for question in some.index],
            "Voted as their state": [
                f"{round(share * number)} of {number:.0f}" if number else tables.MISSING
                for share, number in zip(some["Alike"], some["Compared"], strict=True)
            ],
            "Agreement, room": some["Agreement"],
            "Same states": some["Record, same states"],
            "Assembly": some["Record, Assembly"],
        }
    ).reset_index(drop=True)


def departures(counted: Tally) -> pd.DataFrame:
    """Give the delegations that did not vote as their state did, those that departed most first."""
    some = counted.delegations[counted.delegations["Departures"].map(len).gt(0)]
    return pd.DataFrame(
        {
            "Delegation": some["State"],
            "Camp": some["Camp"],
            "As its state": some["Alike"].astype(str) + " of " + some["Compared"].astype(str),
            "Steps apart": some["Steps apart"],
            "Where": some["Departures"].map("; ".join),
        }
    ).reset_index(drop=True)


def overall(counted: Tally) -> pd.DataFrame:
    """Give the room against the record in numbers, p in words."""
    return counted.overall.assign(p=counted.overall["p"].map(tables.p_value))


# --- charts ---------------------------------------------------------------------------------------

#: A vote is told by colour and by its letter.
LETTERS = {"yes": "Y", "no": "N", "abstain": "A", "absent": "–"}
COLOURS = {"yes": charts.SKY, "no": charts.ORANGE, "abstain": charts.YELLOW, "absent": charts.GRID}


def votes_chart(
    votes: pd.DataFrame,
    game: simulation.Cast,
    *,
    title: str,
    description: str,
    name: str,
    against: pd.DataFrame | None = None,
) -> charts.Figure:
    """Show who voted how: a tile for each delegation and question, framed where it differs from the record.

    Parameters
    ----------
    votes : DataFrame of str, shape (delegations, questions)
        As `read_votes` gives it.
    game : Cast
        For the names.
    title, description, name : str
        As `charts.show` takes them.
    against : DataFrame of str, optional
        The record, as `record` gives it: tiles that differ from it get a frame.

    Returns
    -------
    Figure
    """
    shown = game.delegations["State"].rename("Delegation")
    long = votes.rename_axis("iso3").reset_index().melt("iso3", var_name="Question", value_name="Vote")
    long["Delegation"] = long["iso3"].map(shown)
    long["Letter"] = long["Vote"].map(LETTERS)
    long["Record"] = "no vote to compare"
    if against is not None:
        told = (
            against.rename_axis("iso3").reset_index().melt("iso3", var_name="Question", value_name="Record")
        )
        long = long.drop(columns="Record").merge(told, how="left", on=["iso3", "Question"])
        long["Record"] = long["Record"].fillna("no vote to compare")
    taking_part = ["yes", "no", "abstain"]
    long["Departs"] = (
        long["Vote"].ne(long["Record"]) & long["Vote"].isin(taking_part) & long["Record"].isin(taking_part)
    )
    order = list(votes.columns)
    base = alt.Chart(long).encode(
        x=alt.X("Question:N", sort=order, title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("Delegation:N", sort=list(shown), title=None, axis=alt.Axis(labelLimit=150)),
        tooltip=["Delegation", "Question", "Vote"] + (["Record"] if against is not None else []),
    )
    scale = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    tiles = base.mark_rect(stroke=charts.PAPER, strokeWidth=1).encode(
        color=alt.Color("Vote:N", scale=scale, title=None, legend=alt.Legend(symbolType="square"))
    )
    letters = base.mark_text(color="#111111", fontWeight="bold", tooltip=False).encode(text="Letter:N")
    layers = [tiles, letters]
    if against is not None:
        frames = base.transform_filter("datum.Departs").mark_rect(
            filled=False, stroke=charts.INK, strokeWidth=2.5, tooltip=False
        )
        layers.insert(1, frames)
    wide = votes.set_axis(list(shown[votes.index]), axis=0).rename_axis("Delegation").reset_index()
    return charts.show(
        alt.layer(*layers).properties(height={"step": 22}, title=title),
        description=description,
        table=wide,
        name=name,
    )
