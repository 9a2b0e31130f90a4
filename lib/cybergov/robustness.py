"""What every indicator would have said: under other choices, without one state, and where it should not.

Three kinds of runs of a chapter, all of them the chapter's own statements, executed by papermill as
everything else is:

``choices``
    the declared choices of an indicator, all their combinations, or a seeded sample where there are many
``without``
    the tables without any row of one state, for each state that they name
``placebo``
    tables in which what the indicator asks for is not there (`cybergov.altered`), many times

A run gives a row for each indicator that it is about. Rows stand in ``_build/robustness.sqlite`` as soon
as they are there, each with a digest of what it rests on: its statements, the modules of the library that
they use, the tables they loaded, its rule and the packages that compute. So a run that was stopped goes
on where it was, and a change makes just those rows anew that rest on it. ``data/robustness.csv`` is the
accepted snapshot.
"""

import ast
import csv
import hashlib
import io
import json
import math
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint
from tqdm import tqdm

from cybergov import altered, data, findings, run, slices
from cybergov.errors import RobustnessError
from cybergov.files import write_atomically

CHOICES, WITHOUT, PLACEBO = KINDS = ("choices", "without", "placebo")
#: Combinations of choices up to which all are run; of more, a seeded sample of as many.
GRID = 256
#: Placebo worlds of an indicator.
WORLDS = 40
#: The most draws of a simulated distribution where a chapter runs hundreds of times: with 999 a p of 0.05
#: is known to 0.007, with 199 to 0.015.
FEW_DRAWS = {WITHOUT: 999, PLACEBO: 199}
#: Parameters that say how many draws there are.
DRAWS = {"draws", "lots", "null_draws", "null_networks", "resamples", "fewer_lots", "fewer_draws"}
#: Of the sample of a large grid, and of the order of runs.
SEED = 2024
#: Packages that compute what rows hold; another version of one of these makes all rows anew, a tool for
#: tests or pages none.
COMPUTING = (
    "bicm",
    "diptest",
    "igraph",
    "networkx",
    "numba",
    "numpy",
    "pandas",
    "patsy",
    "scipy",
    "simpleeval",  # decides by the rules
    "statsmodels",
)
_LOCKED = re.compile(rf"^(?:{'|'.join(COMPUTING)})==[^\s;]+", re.MULTILINE)
#: What was run, and what was found.
IDENTITY = ["indicator", "kind", "choices", "without", "world"]
COLUMNS = [*IDENTITY, "value", "low", "high", "p", "supports", "error"]
_NUMBERS = ("value", "low", "high", "p")


# --- what is to be run ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One run of a chapter, and the indicators that it gives a row for.

    ``choices`` are the parameters that differ from the published ones, numbers of draws included.
    """

    kind: str
    chapter: str
    indicators: tuple[str, ...]
    choices: tuple[tuple[str, Any], ...] = ()
    without: str = ""
    world: int = 0


def find(names: Sequence[str], declared: Mapping[str, findings.Claim]) -> list[str]:
    """Resolve ids of indicators or claims (none: all) into ids of indicators, in the book's order.

    Raises
    ------
    RobustnessError
        If a name is neither; the nearest is suggested.
    """
    known = findings.indicators(declared)
    for name in names:
        if name not in known and name not in declared:
            near = get_close_matches(name, [*known, *declared], 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise RobustnessError(f"There is no indicator and no claim {name!r}.{hint}")
    return [name for name, one in known.items() if not names or name in names or one.claim in names]


def grid(choices: Mapping[str, Sequence[Any]]) -> int:
    """Count the combinations of choices."""
    return math.prod(len(values) for values in choices.values())


def specifications(
    indicator: str, choices: Mapping[str, Sequence[Any]], at_most: int = GRID
) -> list[dict[str, Any]]:
    """List combinations of an indicator's choices: all, or a seeded sample.

    Parameters
    ----------
    indicator : str
        Its id, which seeds the sample.
    choices : mapping of str to sequence
        Values of each parameter, the published one first.
    at_most : int
        If there are more combinations: the published one, each that differs from it in one choice,
        and as many others, drawn evenly without replacement, as fill the number.

    Returns
    -------
    list of dict
        In the order of the grid, the published one first.
    """
    names, total = list(choices), grid(choices)
    sizes = [len(choices[name]) for name in names]
    strides = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
    if total <= at_most:
        numbers = list(range(total))
    else:
        single = {n * stride for size, stride in zip(sizes, strides, strict=True) for n in range(size)}
        rng = np.random.default_rng([SEED, *indicator.encode()])
        wanted = set(single)
        while len(wanted) < at_most:
            wanted |= set(rng.integers(total, size=at_most - len(wanted)).tolist())
        numbers = sorted(wanted)
    return [
        {
            name: choices[name][number // stride % size]
            for name, stride, size in zip(names, strides, sizes, strict=True)
        }
        for number in numbers
    ]


def planned(
    indicators: Sequence[str],
    *,
    kinds: Sequence[str] = KINDS,
    at_most: int = GRID,
    worlds: int = WORLDS,
    root: Path | None = None,
) -> list[Case]:
    """List the runs that indicators ask for.

    Indicators of one chapter share a run where it is the same for them.

    Parameters
    ----------
    indicators : sequence of str
        Their ids, from `find`.
    kinds : sequence of str
        Of `KINDS`.
    at_most : int
        Combinations of choices an indicator, as in `specifications`.
    worlds : int
        Placebo worlds an indicator.
    root : Path, optional
        The book's folder.

    Returns
    -------
    list of Case

    Raises
    ------
    RobustnessError
        If an indicator's first choice is not the chapter's published one.
    """
    root = root or data.root()
    chapters = {chapter.name: chapter for chapter in run.chapters(root)}
    known = findings.indicators(findings.all_declared(root))
    shared: dict[tuple[Any, ...], list[str]] = {}
    for name in indicators:
        one = known[name]
        if one.chapter not in chapters:
            raise RobustnessError(f"{name}: its chapter {one.chapter} is not in _toc.yml.")
        published = {key: p.default for key, p in chapters[one.chapter].parameters.items()}
        for choice, values in one.choices.items():
            if choice not in published or values[:1] != [published[choice]]:
                raise RobustnessError(
                    f"{name}: the first of its choices of {choice} must be the chapter's published one, "
                    f"{published.get(choice)!r}."
                )
        if CHOICES in kinds:
            for combination in specifications(name, one.choices, at_most):
                other = tuple((key, value) for key, value in combination.items() if value != published[key])
                shared.setdefault((CHOICES, one.chapter, other, "", 0), []).append(name)
        few = {
            kind: tuple((key, most) for key in published if key in DRAWS and published[key] > most)
            for kind, most in FEW_DRAWS.items()
        }
        if WITHOUT in kinds:
            for state in states_in(one):
                shared.setdefault((WITHOUT, one.chapter, few[WITHOUT], state, 0), []).append(name)
        if PLACEBO in kinds and one.placebo:
            for world in range(1, worlds + 1):
                shared[PLACEBO, one.chapter, few[PLACEBO], name, world] = [name]
    return [
        Case(kind, chapter, tuple(names), choices, "" if kind == PLACEBO else without, world)
        for (kind, chapter, choices, without, world), names in shared.items()
    ]


def states_in(indicator: findings.Indicator) -> list[str]:
    """List the states that the tables of an indicator name: their absence can change what it finds."""
    known = data.descriptors()
    if "states" not in known:
        return []
    named: set[str] = set()
    for table in indicator.tables:
        if table in known:
            frame = data.load(table)
            for column in data.state_columns(table):
                named |= set(frame[column].dropna())
    return [state for state in data.load("states")["iso3"] if state in named]


def words(choices: Iterable[tuple[str, Any]]) -> str:
    """Write choices as they stand in a table: ``name=value; name=value``."""
    return "; ".join(f"{name}={value}" for name, value in choices)


# --- what a row rests on --------------------------------------------------------------------------


class Foundations:
    """Digests of what rows rest on, each worked out once.

    Parameters
    ----------
    root : Path
        The book's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.chapters = {chapter.name: chapter for chapter in run.chapters(root)}
        self.indicators = findings.indicators(findings.all_declared(root))
        self._tables: dict[str, str] = {}
        self.slice = cache(self._slice)
        self.of = cache(self._of)

    @cached_property
    def _ground(self) -> bytes:
        version = f"python {sys.version_info.major}.{sys.version_info.minor}"
        lock = (self.root / "requirements.txt").read_text(encoding="utf-8")
        return "\n".join([version, *_LOCKED.findall(lock)]).encode()

    def _slice(self, chapter: str, indicators: tuple[str, ...]) -> nbformat.NotebookNode:
        return slices.slice_for(self.chapters[chapter].notebook, list(indicators))

    def _of(self, indicator: str, kind: str) -> str:
        """Digest of an indicator's statements, the library beneath them, its rule and what computes."""
        one = self.indicators[indicator]
        source = [c.source for c in self.slice(one.chapter, (indicator,)).cells if c.cell_type == "code"]
        total = hashlib.sha256(self._ground)
        rests_on = [one.rule, *source]
        if kind == PLACEBO:
            rests_on.append(json.dumps(one.placebo))
        for text in rests_on:
            total.update(hashlib.sha256(text.encode()).digest())
        library = self.root / "lib" / "cybergov"
        for path in modules_behind("\n".join(source), library):
            if kind == CHOICES and path == library / "altered.py":
                continue  # nothing is altered in these runs
            total.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()[:16]

    def of_tables(self, names: Iterable[str]) -> str:
        """Digest of tables: their schemas, their rows and those of the tables they refer to."""
        total = hashlib.sha256()
        for name in sorted(names):
            if name not in self._tables:
                known = name in data.descriptors()
                self._tables[name] = data.fingerprint(name) if known else "gone"
            total.update(f"{name} {self._tables[name]}\n".encode())
        return total.hexdigest()[:16]


def modules_behind(source: str, library: Path) -> list[Path]:
    """List the files of the library that code uses, directly or through one another.

    Parameters
    ----------
    source : str
        Python.
    library : Path
        The folder ``lib/cybergov``.

    Returns
    -------
    list of Path
        Sorted.
    """
    found: set[Path] = set()
    due = _imported(source, library)
    while due:
        path = due.pop()
        if path not in found:
            found.add(path)
            due += _imported(path.read_text(encoding="utf-8"), library)
    return sorted(found)


def _imported(source: str, library: Path) -> list[Path]:
    names: list[list[str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "cybergov":
            parts = str(node.module).split(".")[1:]
            names += [parts, *([*parts, alias.name] for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [a.name.split(".")[1:] for a in node.names if a.name.split(".")[0] == "cybergov"]
    out = []
    for parts in names:
        place = library.joinpath(*parts)
        out += [p for p in (place / "__init__.py", place.with_name(f"{place.name}.py")) if p.is_file()]
    return out


# --- rows, on disk as soon as they are there ------------------------------------------------------


class Rows:
    """The rows that runs have given, in a file that a kill does not harm.

    Parameters
    ----------
    root : Path
        The book's folder; the file is ``_build/robustness.sqlite`` in it.
    """

    #: What a row is known by, and rests on; then the row itself.
    COLUMNS = ("key", "foundation", "tables", "content", "seconds", *COLUMNS)

    def __init__(self, root: Path) -> None:
        self.path = root / "_build" / "robustness.sqlite"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as base:
            columns = ", ".join(self.COLUMNS)
            base.execute(f"create table if not exists rows ({columns}, primary key (key)) without rowid")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for a block; what was done in it is kept if it ended well."""
        with closing(sqlite3.connect(self.path, timeout=60)) as base:
            try:
                base.execute("pragma journal_mode = wal").fetchone()
            except sqlite3.DatabaseError:
                raise RobustnessError(
                    f"{self.path} is no file of robustness rows; delete it, and the rows are computed anew."
                ) from None
            with base:
                yield base

    def keep(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Put rows in place, each under its key, instead of an older one."""
        with self._open() as base:
            base.executemany(
                f"insert or replace into rows values ({', '.join(f':{name}' for name in self.COLUMNS)})",
                list(rows),
            )

    def fresh(self, foundations: Foundations) -> Iterator[str]:
        """Yield the keys of the rows whose ground is still as it was."""
        with self._open() as base:
            wanted = "select key, indicator, kind, foundation, tables, content from rows"
            for key, indicator, kind, foundation, tables, content in base.execute(wanted):
                if indicator in foundations.indicators and foundation == foundations.of(indicator, kind):
                    names = tables.split(",") if tables else []
                    if content == foundations.of_tables(names):
                        yield key

    def frame(self, keys: Sequence[str]) -> pd.DataFrame:
        """Give rows by their keys, in that order, as `COLUMNS`."""
        with self._open() as base:
            found = {}
            for row in base.execute(f"select key, {', '.join(COLUMNS)} from rows"):
                found[row[0]] = row[1:]
        return _typed(pd.DataFrame([found[key] for key in keys if key in found], columns=COLUMNS))

    def seconds(self) -> pd.DataFrame:
        """Give what the runs behind rows took, by indicator and kind: mean seconds and rows."""
        with self._open() as base:
            wanted = "select indicator, kind, avg(seconds), count(*) from rows group by indicator, kind"
            return pd.DataFrame(base.execute(wanted), columns=["indicator", "kind", "seconds", "rows"])


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    text = [column for column in COLUMNS if column not in (*_NUMBERS, "world")]
    frame = frame.astype(dict.fromkeys(_NUMBERS, "float64") | {"world": "int64"})
    frame[text] = frame[text].fillna("").astype("str")
    return frame


def key_of(case: Case, indicator: str) -> str:
    """Name a row: what was run, and for which indicator."""
    what = [indicator, case.kind, case.choices, case.without, case.world]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:24]


# --- runs -----------------------------------------------------------------------------------------


def due(cases: Iterable[Case], fresh: set[str]) -> list[Case]:
    """Keep the runs, and of each the indicators, whose rows are not there or not fresh."""
    out = []
    for case in cases:
        names = tuple(name for name in case.indicators if key_of(case, name) not in fresh)
        if names:
            out.append(replace(case, indicators=names))
    return out


def execute(
    cases: Sequence[Case],
    rows: Rows,
    foundations: Foundations,
    *,
    workers: int | None = None,
    cluster: str | None = None,
) -> list[run.Outcome]:
    """Run cases and keep their rows as they come.

    A chapter that stops at an error of its own (it divides by a state that is not there, say) gives rows
    that tell the error: the question cannot be put to it.

    Parameters
    ----------
    cases : sequence of Case
        From `due`.
    rows : Rows
        Where they go.
    foundations : Foundations
        Of the book as it stands.
    workers : int, optional
        Runs at a time; `run.usual_workers` by default.
    cluster : str, optional
        Address of a Dask scheduler that runs them instead.

    Returns
    -------
    list of Outcome
        Runs that came to no end: killed, or out of time. They are due again.
    """
    # By lot, so that what the first runs took says what the rest will.
    planned = [cases[place] for place in np.random.default_rng(SEED).permutation(len(cases))]
    running: dict[int, Case] = {}

    def tasks() -> Iterator[run.Task]:
        for number, case in enumerate(planned):
            running[number] = case
            yield _task(case, foundations)

    lost = []
    while planned:
        apart: list[Case] = []
        with tqdm(total=len(planned), desc="specifications", unit="run", smoothing=0.05) as bar:
            for number, outcome in run.run_tasks(tasks(), workers=workers, cluster=cluster):
                case = running.pop(number)
                if outcome.notebook is None and not outcome.raised:
                    lost.append(outcome)
                elif outcome.notebook is None and len(case.indicators) > 1:
                    # What stops one indicator need not concern the others.
                    apart += [replace(case, indicators=(name,)) for name in case.indicators]
                else:
                    rows.keep(_rows(case, outcome, foundations))
                bar.update()
        planned = apart
    return lost


def _task(case: Case, foundations: Foundations) -> run.Task:
    change = None
    if case.kind == WITHOUT:
        change = altered.Alteration(without=case.without)
    elif case.kind == PLACEBO:
        placebo = foundations.indicators[case.indicators[0]].placebo
        change = altered.Alteration(placebo=placebo, world=case.world)
    return run.task_for(
        foundations.chapters[case.chapter],
        parameters=dict(case.choices),
        change=change,
        notebook=foundations.slice(case.chapter, case.indicators),
        root=foundations.root,
    )


def _rows(case: Case, outcome: run.Outcome, foundations: Foundations) -> list[dict[str, Any]]:
    found = {} if outcome.notebook is None else findings.read_back(outcome.notebook)
    behind = {} if outcome.notebook is None else findings.tables_behind(outcome.notebook)
    known_tables = data.descriptors()
    out = []
    for name in case.indicators:
        one, finding = foundations.indicators[name], found.get(name)
        error = outcome.error or ("" if finding else "the chapter came to its end without this finding")
        if case.kind == WITHOUT and outcome.raised == "KeyError" and case.without in error:
            error = f"{case.without} is looked up by name, and is left out."
        known = set(behind.get(name, [table for table in one.tables if table in known_tables]))
        if case.kind == PLACEBO:
            known |= {table for step in one.placebo for table in altered.tables_behind(step)}
        row: dict[str, Any] = {
            "key": key_of(case, name),
            "foundation": foundations.of(name, case.kind),
            "tables": ",".join(sorted(known)),
            "content": foundations.of_tables(known),
            "seconds": outcome.seconds,
            "indicator": name,
            "kind": case.kind,
            "choices": words(_all_choices(one, case)),
            "without": case.without,
            "world": case.world,
            "supports": "",
            "error": "" if finding else error,
        }
        row |= dict.fromkeys(_NUMBERS)
        if finding:
            row |= {column: getattr(finding, column) for column in _NUMBERS}
            row["supports"] = "yes" if finding.supports else "no"
        out.append(row)
    return out


def _all_choices(one: findings.Indicator, case: Case) -> list[tuple[str, Any]]:
    # A row of choices tells all choices of its indicator; other rows are those of the published ones.
    if case.kind != CHOICES:
        return []
    return list(({name: values[0] for name, values in one.choices.items()} | dict(case.choices)).items())


def collected(cases: Iterable[Case], rows: Rows, fresh: set[str]) -> pd.DataFrame:
    """Put the fresh rows of cases in one tidy table, in the order of the book and of the runs.

    Returns
    -------
    DataFrame
        With `COLUMNS`; ``supports`` is yes, no, or empty where ``error`` tells why there is no finding.
    """
    pairs = [(name, case) for case in cases for name in case.indicators]
    places = {name: n for n, name in enumerate(findings.indicators(findings.all_declared()))}
    pairs.sort(key=lambda pair: (places[pair[0]], KINDS.index(pair[1].kind)))
    return rows.frame([key for name, case in pairs if (key := key_of(case, name)) in fresh])


# --- the accepted snapshot ------------------------------------------------------------------------


def snapshot_file(root: Path | None = None) -> Path:
    """The accepted rows, ``data/robustness.csv``."""
    return (root or data.root()) / "data" / "robustness.csv"


def as_csv(frame: pd.DataFrame) -> str:
    """Write rows as they are kept: six digits, as the ledger has them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in frame.itertuples(index=False):
        cells = dict(zip(COLUMNS, row, strict=True))
        for column in _NUMBERS:
            cells[column] = "" if math.isnan(cells[column]) else f"{cells[column]:.6g}"
        writer.writerow((cells | {"world": cells["world"] or ""}).values())
    return text.getvalue()


def read_snapshot(path: Path | None = None) -> pd.DataFrame:
    """Read the accepted rows.

    Parameters
    ----------
    path : Path, optional
        Another file in place of ``data/robustness.csv``.

    Returns
    -------
    DataFrame
        As `collected` gives them; empty if nothing has been accepted yet.

    Raises
    ------
    RobustnessError
        If the file has other columns, or a cell that cannot be.
    """
    path = path or snapshot_file()
    if not path.exists():
        return _typed(pd.DataFrame(columns=COLUMNS))
    text = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(text.columns) != COLUMNS:
        raise RobustnessError(f"{path.name}: expected the columns {', '.join(COLUMNS)}.")
    for column, allowed in (("kind", KINDS), ("supports", ("yes", "no", ""))):
        wrong = text.index[~text[column].isin(allowed)]
        if len(wrong):
            raise RobustnessError(
                f"{path.name}, row {wrong[0] + 2}, column {column}: expected one of "
                f"{', '.join(filter(None, allowed))}, found {text[column][wrong[0]]!r}."
            )
    try:
        numbers = {column: text[column].replace("", "nan") for column in _NUMBERS}
        return _typed(text.assign(**numbers, world=text["world"].replace("", "0")))
    except ValueError as error:
        raise RobustnessError(f"{path.name}: expected numbers ({error}).") from None


def identity(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Name the rows of a table by what was run, for which indicator."""
    return list(frame[IDENTITY].itertuples(index=False, name=None))


def _identities(
    cases: Iterable[Case], known: Mapping[str, findings.Indicator]
) -> dict[tuple[Any, ...], Case]:
    """Name each row that runs give, with a run of that row alone."""
    return {
        (name, case.kind, words(_all_choices(known[name], case)), case.without, case.world): replace(
            case, indicators=(name,)
        )
        for case in cases
        for name in case.indicators
    }


def missing(snapshot: pd.DataFrame, cases: Iterable[Case], root: Path | None = None) -> list[str]:
    """Hold a snapshot against what is to be run.

    Returns
    -------
    list of str
        A sentence for each row that is planned and not there, or there and not planned.
    """
    wanted = _identities(cases, findings.indicators(findings.all_declared(root)))
    there = set(identity(snapshot))
    out = [f"{_named(row)} is declared, and not in the snapshot." for row in wanted if row not in there]
    out += [f"{_named(row)} is in the snapshot, and not declared." for row in there if row not in wanted]
    return sorted(out)


def _named(row: tuple[Any, ...]) -> str:
    indicator, kind, choices, without, world = row
    what = {CHOICES: choices, WITHOUT: f"without {without}", PLACEBO: f"placebo world {world}"}[kind]
    return f"{indicator} ({what})"


def recheck(
    snapshot: pd.DataFrame,
    sample: int,
    foundations: Foundations,
    *,
    seed: int = SEED,
    workers: int | None = None,
) -> list[str]:
    """Run a seeded sample of a snapshot's rows anew and hold them against it.

    Parameters
    ----------
    snapshot : DataFrame
        From `read_snapshot`.
    sample : int
        Rows to draw, evenly.
    foundations : Foundations
        Of the book as it stands.
    seed : int
        Of the draw.
    workers : int, optional
        Runs at a time.

    Returns
    -------
    list of str
        A sentence for each row that moved beyond the tolerance of its indicator, flipped, or is not
        declared any more.
    """
    drawn = snapshot.sample(min(sample, len(snapshot)), random_state=seed)
    cases = planned(list(dict.fromkeys(drawn["indicator"])), root=foundations.root)
    wanted = _identities(cases, foundations.indicators)
    old = dict(zip(identity(drawn), drawn.itertuples(index=False), strict=True))
    wrong = [f"{_named(row)} is in the snapshot, and not declared." for row in old if row not in wanted]
    names = [row for row in old if row in wanted]
    tasks = (_task(wanted[row], foundations) for row in names)
    for number, outcome in run.run_tasks(tasks, workers=workers):
        name = names[number]
        (new,) = _rows(wanted[name], outcome, foundations)
        wrong += _moved(old[name], new, foundations.indicators[name[0]].tolerance, _named(name))
    return wrong


def _moved(old: Any, new: Mapping[str, Any], tolerance: float, name: str) -> list[str]:
    before, after = old.supports or old.error, new["supports"] or new["error"]
    if old.supports != new["supports"]:
        return [f"{name}: {before} in the snapshot, {after} now."]
    for column in _NUMBERS:
        one, other = getattr(old, column), math.nan if new[column] is None else new[column]
        # Six digits are kept: what they round away is no move.
        same = abs(one - other) <= tolerance + 1e-5 * abs(one) or (math.isnan(one) and math.isnan(other))
        if not same:
            return [f"{name}: {column} was {one:.6g}, is {other:.6g}."]
    return []


# --- what the rows say ----------------------------------------------------------------------------


def summary(frame: pd.DataFrame, declared: Mapping[str, findings.Claim]) -> pd.DataFrame:
    """Say for each indicator how its decision fares.

    Parameters
    ----------
    frame : DataFrame
        As `collected` or `read_snapshot` gives it.
    declared : mapping of str to Claim
        From `findings.all_declared`.

    Returns
    -------
    DataFrame
        Indexed by indicator: ``published`` (yes or no), ``specifications`` (that gave a finding),
        ``share`` (of them that support), ``of`` (combinations there are), ``turned_by`` (single choices
        that flip the published decision), ``without`` (states left out, one at a time), ``turned_without``
        (those whose absence flips it), ``worlds``, ``worlds_support`` and ``rate_low``, ``rate_high``
        (Clopper and Pearson's 95 % interval of the rate) of the placebo, ``errors``.
    """
    out = []
    for name, one in findings.indicators(declared).items():
        mine = frame[frame["indicator"].eq(name)]
        if mine.empty:
            continue
        kinds = {kind: mine[mine["kind"].eq(kind)] for kind in KINDS}
        decided = {kind: rows[rows["supports"].ne("")] for kind, rows in kinds.items()}
        base = published(decided[CHOICES], one)
        flips = turning(decided[CHOICES], one, base)
        gone = decided[WITHOUT]
        k, n = int(decided[PLACEBO]["supports"].eq("yes").sum()), len(decided[PLACEBO])
        low, high = proportion_confint(k, n, method="beta") if n else (math.nan, math.nan)
        out.append(
            {
                "indicator": name,
                "published": base,
                "specifications": len(decided[CHOICES]),
                "of": grid(one.choices),
                "share": decided[CHOICES]["supports"].eq("yes").mean(),
                "turned_by": flips,
                "without": len(gone),
                "turned_without": gone.loc[gone["supports"].ne(base), "without"].tolist() if base else [],
                "worlds": n,
                "worlds_support": k,
                "rate_low": low,
                "rate_high": high,
                "errors": int(mine["error"].ne("").sum()),
            }
        )
    return pd.DataFrame(out).set_index("indicator") if out else pd.DataFrame()


def published(rows: pd.DataFrame, one: findings.Indicator) -> str:
    """Give the decision under the published choices: yes, no, or empty if it is not among the rows."""
    base = words((name, values[0]) for name, values in one.choices.items())
    found = rows.loc[rows["choices"].eq(base) & rows["kind"].eq(CHOICES), "supports"]
    return str(found.iloc[0]) if len(found) else ""


def turning(rows: pd.DataFrame, one: findings.Indicator, base: str) -> list[str]:
    """List the single changes of a choice, as ``name=value``, that turn the published decision."""
    first = {name: values[0] for name, values in one.choices.items()}
    decided = dict(zip(rows["choices"], rows["supports"], strict=True))
    out = []
    for name, values in one.choices.items():
        for value in values[1:]:
            decision = decided.get(words((first | {name: value}).items()), base)
            if base and decision and decision != base:
                out.append(f"{name}={value}")
    return out


def verdicts(rows: pd.DataFrame, claim: findings.Claim) -> pd.Series:
    """Give the verdict on a claim under each single change of a choice.

    Indicators of a claim that share a choice change together; those that do not declare it stay as
    published.

    Parameters
    ----------
    rows : DataFrame
        As `collected` or `read_snapshot` gives them.
    claim : Claim
        Its indicators need not all have rows; those without any do not count.

    Returns
    -------
    Series of str
        The verdict by ``name=value``; first, under an empty name, that of the published choices. A
        change under which an indicator gives no finding is left out.
    """
    choices = rows[rows["kind"].eq(CHOICES)]
    decided = {
        name: dict(zip(mine["choices"], mine["supports"], strict=True))
        for name, mine in choices.groupby("indicator")
    }
    known = [one for one in claim.indicators.values() if one.id in decided]
    changes = {"": ("", None)} | {
        f"{name}={value}": (name, value)
        for one in known
        for name, values in one.choices.items()
        for value in values[1:]
    }
    out = {}
    for label, (name, value) in changes.items():
        answers = []
        for one in known:
            chosen = {key: values[0] for key, values in one.choices.items()}
            if name in chosen and value in one.choices[name]:
                chosen[name] = value
            answers.append(decided[one.id].get(words(chosen.items()), ""))
        if answers and all(answers):
            out[label] = findings.verdict_word(answer == "yes" for answer in answers)
    return pd.Series(out, dtype="str")


def write_table(frame: pd.DataFrame, root: Path) -> Path:
    """Write the tidy table of a run as ``_build/robustness.csv``."""
    path = root / "_build" / "robustness.csv"
    write_atomically(path, as_csv(frame))
    return path


def accept(frame: pd.DataFrame, root: Path) -> str:
    """Write rows as the accepted snapshot, and say in a sentence what differs from the one before."""
    old, new = read_snapshot(snapshot_file(root)), frame
    before = dict(zip(identity(old), old["supports"], strict=True))
    after = dict(zip(identity(new), new["supports"], strict=True))
    flipped = sum(before[row] != after[row] for row in after if row in before)
    write_atomically(snapshot_file(root), as_csv(new))
    return (
        f"Accepted {len(after):,} rows into data/robustness.csv: {len(after.keys() - before.keys()):,} new, "
        f"{len(before.keys() - after.keys()):,} gone, {flipped:,} decided otherwise than before."
    )
