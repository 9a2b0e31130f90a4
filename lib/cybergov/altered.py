"""Tables other than they are: a world without one state, or a world in which a claim is not so.

A robustness run asks what a chapter would have found if a state had not been there, or if its data
came from the null that an indicator is meant to be told apart from (its placebo). Both are the
chapter as it stands over altered tables: `data.load` asks `apply` for each table of such a run.

An indicator declares its placebo as a list of steps. A step names what is done (its ``way``), the
table and the columns, and may be kept within groups (``within``), to some rows (``where``, an
expression over the columns as in ``DataFrame.query``) and to a part of these that is drawn by lot
(``chance``, the probability that a row, or of a ``relabel`` a name, is concerned; it thins what is meant
to be found until only so much is left as the rule lets pass):

``shuffle``
    the values of the columns, together, change places among the rows
``relabel``
    the distinct values of the column change names among each other, the same in all ``tables``; with
    ``among`` (a table and its column) the names that change places are those that stand there
``deal``
    each row's values of the columns, together, are drawn anew from all rows, with replacement
``swap``
    two columns are a link, such as state and institution: links exchange ends, so that everyone
    keeps the number of links and no link is there twice (Strona et al. 2014 for the idea)
``toss``
    each row exchanges the values of its two columns, or not, by the toss of a coin
``draw``
    each cell is drawn from ``values``, with equal chances or with ``chances``
``redate``
    the first column, a year or date, is drawn evenly between the earliest and the latest there, or
    those of ``between``, which a window needs whose first year nothing need fall into; the others move
    by the same time
``mirror``
    the column's distance from proportion to another figure (``to``, a table, its column and, if not
    all its rows are meant, an expression as in ``where``, and the columns ``on`` which the tables
    meet) changes its sign, or not, by the toss of a coin, on the scale of logarithms; the sum stays
``recount``
    counted cases are drawn anew: of two columns, the first becomes how many of the cases counted in
    the second turn up, each with the chance ``rate``; a column alone becomes a Poisson number around
    ``rate`` times what it was
``line``
    of two columns, an answer and who gave it: in each group the answers there are handed out from one
    end of a line to the other, in the order of ``values`` or the opposite one, by the toss of a coin.
    Everyone has a place on the line, drawn evenly and the same in all groups, and errs in each group
    by a normal error (``error``, its standard deviation in lengths of the line); other answers stay

A world is told by its number: the same number gives the same tables, in every process.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cybergov.errors import TableError

ALTERED_VARIABLE = "CYBERGOV_ALTERED"
"""Environment variable that alters the tables of a whole run: JSON of an `Alteration`."""

#: The fields that each way needs besides ``way``; those of `_OPTIONAL` may be there too.
_FIELDS = {
    "shuffle": {"table", "columns"},
    "relabel": {"tables", "columns"},
    "deal": {"table", "columns"},
    "swap": {"table", "columns"},
    "toss": {"table", "columns"},
    "draw": {"table", "columns", "values"},
    "redate": {"table", "columns"},
    "mirror": {"table", "columns", "to", "on"},
    "recount": {"table", "columns", "rate"},
    "line": {"table", "columns", "values", "error"},
}
_OPTIONAL = {"within", "where", "chance", "chances", "among", "between"}
_COLUMNS_NEEDED = {
    "swap": (2,),
    "toss": (2,),
    "relabel": (1,),
    "mirror": (1,),
    "recount": (1, 2),
    "line": (2,),
}

Step = Mapping[str, Any]


@dataclass(frozen=True)
class Alteration:
    """What is other in a run: a state that is left out, or the steps of a placebo and a world's number."""

    without: str = ""
    placebo: list[dict[str, Any]] = field(default_factory=list)
    world: int = 0

    def to_json(self) -> str:
        """Write it for `ALTERED_VARIABLE`."""
        return json.dumps(asdict(self), sort_keys=True)


def current() -> Alteration | None:
    """Read what this process's tables are altered by; None in an ordinary run.

    Raises
    ------
    TableError
        If the environment variable holds something else.
    """
    text = os.environ.get(ALTERED_VARIABLE, "")
    if not text:
        return None
    try:
        found = Alteration(**json.loads(text))
    except (TypeError, ValueError):
        raise TableError(f'{ALTERED_VARIABLE} is not as expected: JSON like {{"without": "NZL"}}.') from None
    check(found.placebo, ALTERED_VARIABLE)
    return found


def check(placebo: Any, where: str) -> None:
    """Refuse steps that are not written as the module's text has it.

    Parameters
    ----------
    placebo : list of mapping
        The steps.
    where : str
        Named in the error.

    Raises
    ------
    TableError
        If a step is no mapping, its way is unknown, or it lacks a field or has an unknown one.
    """
    if not isinstance(placebo, list):
        raise TableError(f"{where}: placebo must be a list of steps.")
    for number, step in enumerate(placebo, 1):
        place = f"{where}: step {number} of the placebo"
        if not isinstance(step, dict) or step.get("way") not in _FIELDS:
            raise TableError(f"{place} must name its way, one of {', '.join(_FIELDS)}.")
        needed, given = _FIELDS[step["way"]], set(step) - {"way"}
        if needed - given or given - needed - _OPTIONAL:
            wrong = sorted(needed - given) or sorted(given - needed - _OPTIONAL)
            state = "lacks" if needed - given else "does not take"
            raise TableError(f"{place} ({step['way']}) {state} {', '.join(wrong)}.")
        columns = step["columns"]
        expected = _COLUMNS_NEEDED.get(step["way"])
        if not isinstance(columns, list) or not columns or (expected and len(columns) not in expected):
            many = f"{' or '.join(map(str, expected))} columns" if expected else "a list of columns"
            raise TableError(f"{place} ({step['way']}) needs {many}.")
        if "among" in step and step["way"] != "relabel":
            raise TableError(f"{place} ({step['way']}) needs no names: among is for relabel.")
        if "among" in step and not (isinstance(step["among"], list) and len(step["among"]) == 2):
            raise TableError(f"{place} (relabel) needs a table and its column after among.")
        chance = step.get("chance", 1)
        if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
            raise TableError(f"{place} ({step['way']}) needs a chance from 0 to 1, not {chance!r}.")


def tables_of(step: Step) -> list[str]:
    """Name the tables that a step alters."""
    return list(step["tables"]) if "tables" in step else [step["table"]]


def tables_behind(step: Step) -> list[str]:
    """Name the tables that a step alters or looks something up in."""
    return [*tables_of(step), *(step[field][0] for field in ("to", "among") if field in step)]


def apply(
    table: str,
    frame: pd.DataFrame,
    alteration: Alteration,
    state_columns: Sequence[str],
    read: Callable[[str], pd.DataFrame],
) -> pd.DataFrame:
    """Alter one table.

    Parameters
    ----------
    table : str
        Its name.
    frame : DataFrame
        The table as it is.
    alteration : Alteration
        From `current`.
    state_columns : sequence of str
        The table's columns that hold codes of states; a row that names the state left out is left out.
    read : callable
        Gives another table as it is, by name.

    Returns
    -------
    DataFrame
        Of the same columns and types; rows are in their order, numbered from 0.

    Raises
    ------
    TableError
        If a step names a column that the table does not have, or leaves no row to alter.
    """
    if alteration.without:
        gone = frame[list(state_columns)].isin([alteration.without]).any(axis=1)
        frame = frame.loc[~gone].reset_index(drop=True)
    for number, step in enumerate(alteration.placebo):
        if table in tables_of(step):
            frame = _step(table, frame, step, np.random.default_rng([alteration.world, number]), read)
    return frame


def _step(
    table: str,
    frame: pd.DataFrame,
    step: Step,
    rng: np.random.Generator,
    read: Callable[[str], pd.DataFrame],
) -> pd.DataFrame:
    within = list(step.get("within", []))
    missing = sorted({*step["columns"], *within} - set(frame.columns))
    if missing:
        raise TableError(f"A placebo names {missing[0]}, which the table {table} does not have.")
    chosen = frame.query(step["where"], engine="python") if "where" in step else frame
    if chosen.empty:
        raise TableError(f"A placebo keeps to rows where {step['where']}, and the table {table} has none.")
    frame = frame.copy()
    if step["way"] == "relabel":
        names = _renamed(step, rng, read)
        column = step["columns"][0]
        frame.loc[chosen.index, column] = chosen[column].map(lambda value: names.get(value, value)).array
        return frame
    if "chance" in step:
        chosen = chosen[rng.random(len(chosen)) < step["chance"]]
        if chosen.empty:
            return frame
    groups = [chosen]
    if within and step["way"] != "line":  # whose places hold in all groups
        groups = [group for _, group in chosen.groupby(within, sort=True, dropna=False)]
    for group in groups:
        altered = _WAYS[step["way"]](group, step, rng, read)
        for column in altered:
            values = altered[column].astype(frame[column].dtype)
            frame.loc[group.index, column] = values.array
    return frame


def _renamed(step: Step, rng: np.random.Generator, read: Callable[[str], pd.DataFrame]) -> dict[Any, Any]:
    column = step["columns"][0]
    known: set[Any] = set()
    if "among" in step:
        table, names_of = step["among"]
        known = set(read(table)[names_of].dropna())
    else:
        for name in tables_of(step):
            rows = read(name)
            # The rows that are concerned in each table decide which names are dealt out, once for all.
            rows = rows.query(step["where"], engine="python") if "where" in step else rows
            known |= set(rows[column].dropna())
    names = sorted(known)
    if "chance" in step:
        names = [
            name for name, lot in zip(names, rng.random(len(names)), strict=True) if lot < step["chance"]
        ]
    return dict(zip(names, rng.permutation(np.array(names, dtype=object)), strict=True))


def _shuffle(group: pd.DataFrame, step: Step, rng: np.random.Generator, read: Any) -> pd.DataFrame:
    return group[step["columns"]].iloc[rng.permutation(len(group))].set_axis(group.index)


def _deal(group: pd.DataFrame, step: Step, rng: np.random.Generator, read: Any) -> pd.DataFrame:
    return group[step["columns"]].iloc[rng.integers(len(group), size=len(group))].set_axis(group.index)


def _swap(group: pd.DataFrame, step: Step, rng: np.random.Generator, read: Any) -> pd.DataFrame:
    one, other = step["columns"]
    ends = list(zip(group[one].tolist(), group[other].tolist(), strict=True))
    there = set(ends)
    # Ten trials a link: more than the few that curves of mixing ask for.
    for i, j in rng.integers(len(ends), size=(10 * len(ends), 2)).tolist():
        (a, x), (b, y) = ends[i], ends[j]
        if (a, y) not in there and (b, x) not in there:
            there -= {(a, x), (b, y)}
            there |= {(a, y), (b, x)}
            ends[i], ends[j] = (a, y), (b, x)
    return pd.DataFrame({other: [end for _, end in ends]}, index=group.index)


def _toss(group: pd.DataFrame, step: Step, rng: np.random.Generator, read: Any) -> pd.DataFrame:
    one, other = step["columns"]
    heads = pd.Series(rng.random(len(group)) < 0.5, index=group.index)
    return pd.DataFrame(
        {one: group[one].where(~heads, group[other]), other: group[other].where(~heads, group[one])}
    )


def _draw(group: pd.DataFrame, step: Step, rng: np.random.Generator, read: Any) -> pd.DataFrame:
    values, chances = list(step["values"]), step.get("chances")
    drawn = {
        column: [values[i] for i in rng.choice(len(values), size=len(group), p=chances)]
        for column in step["columns"]
    }
    return pd.DataFrame(drawn, index=group.index)


def _redate(group: pd.DataFrame, step: Step, rng: np.random.Generator, read: Any) -> pd.DataFrame:
    first, *others = step["columns"]
    if pd.api.types.is_numeric_dtype(group[first]):
        low, high = step.get("between", (int(group[first].min()), int(group[first].max())))
        drawn = pd.Series(rng.integers(low, high + 1, size=len(group)), index=group.index)
        moved = drawn - group[first]
        return pd.DataFrame({first: drawn, **{name: group[name] + moved for name in others}})
    dates = {
        name: pd.to_datetime(group[name], format="%Y-%m-%d", errors="coerce") for name in step["columns"]
    }
    start, end = map(pd.Timestamp, step.get("between", (dates[first].min(), dates[first].max())))
    days = (end - start).days
    new = start + pd.to_timedelta(rng.integers(0, days + 1, size=len(group)), unit="D")
    moved = pd.Series(new, index=group.index).where(dates[first].notna()) - dates[first]
    out = {name: values + moved for name, values in dates.items()}
    if not pd.api.types.is_datetime64_any_dtype(group[first]):
        # A text that is no whole date stays as it is.
        out = {
            name: values.dt.strftime("%Y-%m-%d").where(values.notna(), group[name])
            for name, values in out.items()
        }
    return pd.DataFrame(out)


def _mirror(
    group: pd.DataFrame, step: Step, rng: np.random.Generator, read: Callable[[str], pd.DataFrame]
) -> pd.DataFrame:
    column, on = step["columns"][0], list(step["on"])
    other, figure, *rows = step["to"]
    right = read(other)
    for expression in rows:
        right = right.query(expression, engine="python")
    right = right[[*on, figure]].drop_duplicates(on).rename(columns={figure: "_figure"})
    level = group[on].merge(right, on=on, how="left")["_figure"].set_axis(group.index)
    usable = (level > 0) & (group[column] > 0)
    distance = np.log(group[column].where(usable) / level)
    distance -= distance.mean()
    sign = rng.choice([-1, 1], size=len(group))
    new = level * np.exp(distance * sign)
    new *= group[column][usable].sum() / new[usable].sum()
    return pd.DataFrame({column: new.where(usable, group[column])})


def _recount(group: pd.DataFrame, step: Step, rng: np.random.Generator, read: Any) -> pd.DataFrame:
    column, *whole = step["columns"]
    if whole:
        drawn = rng.binomial(group[whole[0]].to_numpy(int), step["rate"])
    else:
        drawn = rng.poisson(step["rate"] * group[column].to_numpy(float))
    return pd.DataFrame({column: drawn}, index=group.index)


def _line(group: pd.DataFrame, step: Step, rng: np.random.Generator, read: Any) -> pd.DataFrame:
    answer, who = step["columns"]
    order = {value: number for number, value in enumerate(step["values"])}
    answers = group[answer].copy()
    answering = group[answers.isin(order)]
    names = sorted(answering[who].unique())
    place = answering[who].map(dict(zip(names, rng.random(len(names)), strict=True)))
    within = list(step.get("within", []))
    asked = [rows for _, rows in answering.groupby(within, sort=True)] if within else [answering]
    for rows in asked:
        stands = place[rows.index] + step["error"] * rng.standard_normal(len(rows))
        given = rows[answer].sort_values(key=lambda column: column.map(order), kind="stable")
        answers[stands.sort_values(ascending=rng.random() < 0.5).index] = given.array
    return pd.DataFrame({answer: answers})


_WAYS: dict[str, Callable[..., pd.DataFrame]] = {
    "shuffle": _shuffle,
    "deal": _deal,
    "swap": _swap,
    "toss": _toss,
    "draw": _draw,
    "redate": _redate,
    "mirror": _mirror,
    "recount": _recount,
    "line": _line,
}
