"""The ledger: what a chapter found, decided by rules that were written before.

``data/claims.yml`` declares the indicators of every claim of the article and the rule that decides each,
``data/predictions.yml`` in the same way what the theory leads one to expect of the cases. A chapter
calls `record` once for each of its indicators and `verdict` once for its claim. ``data/findings.csv``
is the accepted ledger; `differences` holds a new run against it.
"""

import ast
import csv
import functools
import io
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import simpleeval
import yaml
from IPython.display import Markdown
from tabulate import tabulate

from cybergov import altered, data, tables
from cybergov.errors import FindingError, TableError
from cybergov.files import write_atomically

#: The chapter that a kernel runs, set by the run so that a finding recorded elsewhere is refused.
CHAPTER_VARIABLE = "CYBERGOV_CHAPTER"

SUPPORTED, PARTLY, NOT_SUPPORTED = "supported", "partly supported", "not supported"
#: The part of the book whose chapters test no claim but what the theory expects of a case.
CASES = "Cases"
#: The word for a claim that no chapter of this edition tests.
UNTESTED = "not tested in this edition"
#: Full, half and empty, as in the verdict boxes.
DISCS = {SUPPORTED: "●", PARTLY: "◐", NOT_SUPPORTED: "○"}
LEDGER_COLUMNS = ["indicator", "value", "low", "high", "p", "supports", "verdict"]
#: The words for what a rule decides, of a claim and of an expectation.
DECISIONS = {
    False: {True: "supports the claim", False: "does not support the claim"},
    True: {True: "is as expected", False: "is not as expected"},
}
UNDECLARED = "declared neither in data/claims.yml nor in data/predictions.yml"
RULE_NAMES = {"value", "low", "high", "p"}

# What a rule may be made of: comparisons, and/or/not, and plain arithmetic on the four names.
_RULE_NODES = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.Compare,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.Eq,
    ast.NotEq,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.Name,
    ast.Load,
    ast.Constant,
)


@dataclass(frozen=True)
class Indicator:
    """One test of a claim or of an expectation, as declared in ``data/``.

    ``placebo`` are the steps that alter its tables (`cybergov.altered`) until what it asks for is not there,
    ``null_data`` says so in words, and ``null_rate`` is how often it should support there; without a rate
    its rule has no level of error for these data.
    """

    id: str
    claim: str
    chapter: str
    question: str
    measure: str
    tables: list[str]
    unit: str
    rule: str
    tolerance: float
    null_model: str = ""
    choices: dict[str, list[Any]] = field(default_factory=dict)
    null_data: str = ""
    null_rate: float | None = None
    placebo: list[dict[str, Any]] = field(default_factory=list)
    amended: list[dict[str, str]] = field(default_factory=list)

    @property
    def digits(self) -> int:
        """Decimal places to print: as many as the tolerance makes meaningful."""
        return max(0, math.ceil(-math.log10(2 * self.tolerance) - 1e-9))


@dataclass(frozen=True)
class Claim:
    """A claim of the article in the book's words, with its indicators (none: not tested yet).

    What the theory expects of a case has the same form; `expected` tells the two apart.
    """

    id: str
    claim: str
    part: str
    chapter: str = ""
    indicators: dict[str, Indicator] = field(default_factory=dict)

    @property
    def expected(self) -> bool:
        """Whether this is no claim of the article but what its theory leads one to expect of a case."""
        return self.part == CASES


@dataclass(frozen=True, repr=False)
class Finding:
    """What a chapter found for one indicator: value, 95 % interval, p of the null model, decision."""

    indicator: str
    value: float
    low: float
    high: float
    p: float | None
    supports: bool

    def __repr__(self) -> str:
        """Say it in one line that fits beneath the cell that records it."""
        p = "" if self.p is None else f", p {tables.p_words(self.p)}"
        decided = "supports" if self.supports else "does not support"
        return f"{self.indicator}: {self.value:.4g} [{self.low:.4g}, {self.high:.4g}]{p}; {decided}"


@dataclass(frozen=True)
class Difference:
    """A finding that is not as the ledger has it."""

    indicator: str
    what: str
    ledger: str
    now: str


# --- declared -----------------------------------------------------------------------------------


class EachKeyOnce(yaml.SafeLoader):
    """YAML lets the last of two equal keys win: an indicator could vanish behind another."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a mapping in which a key stands twice."""
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"the key {key!r} stands there twice, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def claims(path: Path | None = None) -> dict[str, Claim]:
    """Read the claims and their indicators.

    Parameters
    ----------
    path : Path, optional
        Another file in place of the book's ``data/claims.yml``.

    Returns
    -------
    dict of str to Claim
        In the order of the file.

    Raises
    ------
    FindingError
        If the file is missing, is no YAML, or an entry lacks a field, has an unknown one or a rule
        that is not an expression over value, low, high and p.
    """
    path = path or data.root() / "data" / "claims.yml"
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), EachKeyOnce)  # a SafeLoader
    except OSError as error:
        raise FindingError(f"{path}: cannot be read ({error.strerror}); it declares the claims.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FindingError(f"{path}: is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise FindingError(f"{path}: expected a mapping of claim ids such as A1 to claims.")
    return {name: _claim(name, entry, path.name) for name, entry in raw.items()}


def _claim(name: str, entry: Any, where: str) -> Claim:
    if not isinstance(entry, dict):
        raise FindingError(f"{where}, {name}: expected a mapping with claim, part and indicators.")
    declared = entry.get("indicators") or {}
    chapter = entry.get("chapter", "")
    if not isinstance(declared, dict):
        raise FindingError(f"{where}, {name}: indicators must be a mapping of ids to their fields.")
    if declared and not chapter:
        raise FindingError(f"{where}, {name}: has indicators but names no chapter.")
    built = {}
    for indicator, fields in declared.items():
        if not str(indicator).startswith(f"{name}."):
            raise FindingError(
                f"{where}, {indicator}: an indicator of {name} must be named {name}.something."
            )
        if not isinstance(fields, dict):
            raise FindingError(
                f"{where}, {indicator}: expected a mapping with question, measure, rule and so on."
            )
        one = _build(Indicator, fields, f"{where}, {indicator}", id=indicator, claim=name, chapter=chapter)
        _check_fields(one, f"{where}, {indicator}")
        check_rule(one.rule, indicator)
        built[indicator] = one
    return _build(Claim, {**entry, "indicators": built}, f"{where}, {name}", id=name)


def _check_fields(one: Indicator, where: str) -> None:
    number = isinstance(one.tolerance, int | float) and not isinstance(one.tolerance, bool)
    if not (number and math.isfinite(one.tolerance) and one.tolerance > 0):
        raise FindingError(f"{where}: tolerance must be a number above 0.")
    if not isinstance(one.tables, list):
        raise FindingError(f"{where}: tables must be a list of names.")
    if not isinstance(one.choices, dict) or not all(isinstance(v, list) for v in one.choices.values()):
        raise FindingError(f"{where}: choices must give a list of values for each parameter.")
    if one.null_rate is not None and not (isinstance(one.null_rate, float) and 0 < one.null_rate < 1):
        raise FindingError(f"{where}: null_rate must be a number above 0 and below 1.")
    if one.placebo and not one.null_data:
        raise FindingError(f"{where}: a placebo needs null_data, which says in words what its tables are.")
    try:
        altered.check(one.placebo, where)
    except TableError as error:
        raise FindingError(str(error)) from None
    for change in one.amended if isinstance(one.amended, list) else [None]:
        if not isinstance(change, dict) or set(change) != {"date", "old", "new", "reason"}:
            raise FindingError(f"{where}: amended needs date, old, new and reason.")


def _build(kind: type, fields: Mapping[str, Any], where: str, **given: Any) -> Any:
    """Make a dataclass of a mapping, naming the field that is missing or unknown."""
    known = {n: f for n, f in kind.__dataclass_fields__.items() if n not in given}  # type: ignore[attr-defined]
    for name in fields:
        if name not in known:
            raise FindingError(f"{where}: unknown field {name!r}; known are {', '.join(known)}.")
    try:
        return kind(**given, **fields)
    except TypeError:
        missing = [n for n, f in known.items() if n not in fields and f.default is f.default_factory]
        raise FindingError(f"{where}: {', '.join(missing)} missing.") from None


def predictions(root: Path | None = None) -> dict[str, Claim]:
    """Read what the theory expects of the cases, from ``data/predictions.yml``.

    Parameters
    ----------
    root : Path, optional
        Another book in place of this one.

    Returns
    -------
    dict of str to Claim
        In the order of the file; empty for a book without cases, which has no such file.

    Raises
    ------
    FindingError
        As `claims` does.
    """
    file = (root or data.root()) / "data" / "predictions.yml"
    return claims(file) if file.exists() else {}


def all_declared(root: Path | None = None) -> dict[str, Claim]:
    """Read all that chapters test: the claims of the article, then what is expected of the cases.

    Parameters
    ----------
    root : Path, optional
        Another book in place of this one.

    Raises
    ------
    FindingError
        As `claims` does, or if an id stands in both files.
    """
    root = root or data.root()
    stated, expected = claims(root / "data" / "claims.yml"), predictions(root)
    twice = [name for name in expected if name in stated]
    if twice:
        raise FindingError(f"predictions.yml, {twice[0]}: the id is a claim's in claims.yml; choose another.")
    return {**stated, **expected}


def indicators(declared: Mapping[str, Claim]) -> dict[str, Indicator]:
    """All indicators of all claims, by id, in the order of the claims."""
    return {name: one for claim in declared.values() for name, one in claim.indicators.items()}


@functools.cache
def _declared(root: Path) -> dict[str, Claim]:
    # A kernel asks at every record; the file does not change while a chapter runs.
    return all_declared(root)


def _claim_of_book(name: str) -> Claim:
    declared = _declared(data.root())
    if name not in declared:
        raise FindingError(f"{name} is {UNDECLARED}; known are {', '.join(declared)}.")
    return declared[name]


# --- decided ------------------------------------------------------------------------------------


def check_rule(rule: str, indicator: str) -> None:
    """Refuse a rule that is not a comparison over value, low, high and p.

    Parameters
    ----------
    rule : str
        For instance ``"value < 0 and p < 0.05"``.
    indicator : str
        Named in the error.

    Raises
    ------
    FindingError
        If the rule is no expression, uses another name, calls or reads anything, or is no condition.
    """
    expected = "a comparison over value, low, high and p, such as 'low > 0.5 and p < 0.05'"
    try:
        tree = ast.parse(rule, mode="eval")
    except (SyntaxError, TypeError):
        raise FindingError(f"{indicator}: the rule {rule!r} is no expression; expected {expected}.") from None
    for node in ast.walk(tree):
        named = isinstance(node, ast.Name) and node.id not in RULE_NAMES
        text = isinstance(node, ast.Constant) and not isinstance(node.value, int | float)
        if named or text or not isinstance(node, _RULE_NODES):
            part = ast.unparse(node) or type(node).__name__
            raise FindingError(
                f"{indicator}: the rule {rule!r} may not contain {part!r}; expected {expected}."
            )
    if not any(isinstance(node, ast.Name) for node in ast.walk(tree)):
        raise FindingError(
            f"{indicator}: the rule {rule!r} asks nothing of the finding; expected {expected}."
        )
    if not isinstance(tree.body, ast.Compare | ast.BoolOp) and not (
        isinstance(tree.body, ast.UnaryOp) and isinstance(tree.body.op, ast.Not)
    ):
        raise FindingError(f"{indicator}: the rule {rule!r} is no condition; expected {expected}.")


def decide(indicator: Indicator, value: float, low: float, high: float, p: float | None) -> bool:
    """Apply an indicator's rule.

    Raises
    ------
    FindingError
        If the rule asks for p and none was given, or cannot be worked out.
    """
    names = {"value": value, "low": low, "high": high, "p": p}
    used = {
        node.id for node in ast.walk(ast.parse(indicator.rule, mode="eval")) if isinstance(node, ast.Name)
    }
    if p is None and "p" in used:
        raise FindingError(f"{indicator.id}: the rule {indicator.rule!r} needs p, and none was recorded.")
    try:
        # simpleeval walks the expression itself: nothing of Python's own evaluation is reached.
        return bool(simpleeval.SimpleEval(names=names, functions={}).eval(indicator.rule))
    except (simpleeval.InvalidExpression, ArithmeticError, TypeError) as error:
        raise FindingError(
            f"{indicator.id}: the rule {indicator.rule!r} cannot be worked out: {error}."
        ) from None


def verdict_word(supports: Iterable[bool]) -> str:
    """The verdict on a claim: all indicators support it, some do, or none does."""
    decisions = list(supports)
    if not decisions:
        raise FindingError("A claim without findings has no verdict.")
    if all(decisions):
        return SUPPORTED
    return PARTLY if any(decisions) else NOT_SUPPORTED


def accepted_verdict(claim: Claim, accepted: Mapping[str, Mapping[str, str]]) -> str:
    """Give the verdict that the accepted ledger has on a claim.

    Parameters
    ----------
    claim : Claim
        With its indicators.
    accepted : mapping of str to mapping
        From `read_ledger`.

    Returns
    -------
    str
        A verdict, or `UNTESTED` if the ledger has no finding of the claim.
    """
    return next((accepted[name]["verdict"] for name in claim.indicators if name in accepted), UNTESTED)


# --- recorded, in a chapter -----------------------------------------------------------------------

# What this kernel has recorded so far; a chapter runs in a kernel of its own.
_recorded: dict[str, Finding] = {}


def glue(name: str, text: object) -> None:
    """Make a computed word or number available to the prose as ``{glue:text}`name```.

    Raises
    ------
    FindingError
        If the name is one of those that `record` and `verdict` give, such as ``A1.split``.
    """
    for claim in _declared(data.root()):
        if name.startswith(f"{claim}."):
            raise FindingError(f"The name {name} belongs to the findings of {claim}; choose another.")
    hand_over(name, text)


def hand_over(name: str, text: object) -> None:
    """Hand a value from a cell to the page; the only place that knows how."""
    from myst_nb import glue  # heavy, and needed in a chapter's kernel only

    glue(name, str(text), display=False)


def record(indicator: str, value: float, *, interval: tuple[float, float], p: float | None = None) -> Finding:
    """Record what a chapter found for one of its indicators, and decide by the declared rule.

    The prose gets ``ID``, ``ID.interval``, ``ID.p`` (such as "= 0.03" or "< 0.001") and
    ``ID.supports`` (the words) through ``{glue:text}``.

    Parameters
    ----------
    indicator : str
        As declared in ``data/claims.yml`` or ``data/predictions.yml``, for instance ``"A1.split"``.
    value : float
        In the declared unit.
    interval : (float, float)
        Lower and upper end of the 95 % interval.
    p : float, optional
        Probability under the declared null model, 0 to 1.

    Returns
    -------
    Finding
        With the decision.

    Raises
    ------
    FindingError
        If the indicator is not declared, is another chapter's, is recorded twice in a run, or a number
        is missing, not finite or impossible (low above high, p outside 0 to 1).
    """
    declared = indicators(_declared(data.root()))
    if indicator not in declared:
        raise FindingError(f"{indicator} is {UNDECLARED}; known are {', '.join(declared)}.")
    one = declared[indicator]
    chapter = os.environ.get(CHAPTER_VARIABLE)
    if chapter and chapter != one.chapter:
        raise FindingError(f"{indicator} belongs to the chapter {one.chapter}, not to {chapter}.")
    if chapter and indicator in _recorded:  # by hand, in JupyterLab, a cell may well be run again
        raise FindingError(f"{indicator} was recorded before in this chapter; a finding is recorded once.")
    # numpy scalars print as nothing when they are glued, and JSON does not know them.
    low, high = (float(end) for end in interval)
    value, p = float(value), None if p is None else float(p)
    if not all(math.isfinite(number) for number in (value, low, high)):
        raise FindingError(
            f"{indicator}: value and interval must be finite numbers, got {value}, [{low}, {high}]."
        )
    if low > high:
        raise FindingError(
            f"{indicator}: the interval [{low}, {high}] has its lower end above its upper end."
        )
    if p is not None and not 0 <= p <= 1:
        raise FindingError(f"{indicator}: p must lie between 0 and 1, got {p}.")
    found = Finding(indicator, value, low, high, p, decide(one, value, low, high, p))
    _recorded[indicator] = found
    for name, text in _words(found, one).items():
        hand_over(f"{indicator}{name}", text)
    hand_over(f"{indicator}.finding", json.dumps(found.__dict__))
    hand_over(f"{indicator}.tables", ",".join(data.loaded()))
    return found


def _words(found: Finding, one: Indicator) -> dict[str, str]:
    return {
        "": tables.number(found.value, one.digits),
        ".interval": tables.interval(found.low, found.high, one.digits),
        ".p": "–" if found.p is None else tables.p_words(found.p),
        ".supports": DECISIONS[_claim_of_book(one.claim).expected][found.supports],
    }


def verdict(claim: str) -> Markdown:
    """Show the verdict on a claim, from everything this chapter has recorded for it.

    The prose gets the word through ``{glue:text}`A1.verdict```.

    Raises
    ------
    FindingError
        If an indicator of the claim has not been recorded yet.
    """
    one = _claim_of_book(claim)
    missing = [name for name in one.indicators if name not in _recorded]
    if missing or not one.indicators:
        raise FindingError(
            f"No verdict on {claim} yet: {', '.join(missing) or 'an indicator'} is not recorded."
        )
    found = [_recorded[name] for name in one.indicators]
    word = verdict_word(finding.supports for finding in found)
    hand_over(f"{claim}.verdict", word)
    lines = [f":::{{admonition}} Verdict on {claim}: {word}", f":class: verdict {word.replace(' ', '-')}", ""]
    for finding in found:
        words = _words(finding, one.indicators[finding.indicator])
        probability = "" if finding.p is None else f", *p*\u00a0{words['.p']}"
        unit = one.indicators[finding.indicator].unit
        lines.append(
            f"- **{finding.indicator}** {words['.supports']}: {words['']} ({unit}), 95\u00a0% interval "
            f"{words['.interval']}{probability}. Rule: `{one.indicators[finding.indicator].rule}`"
        )
    return Markdown("\n".join([*lines, ":::"]))


def claim_box(claim: str) -> Markdown:
    """Show a claim in the book's words, or what is expected of a case, with its id and its place."""
    one = _claim_of_book(claim)
    if one.expected:  # the theory's, as this book reads it: nothing of the article's is paraphrased
        return Markdown(
            f"(claim-{claim})=\n:::{{admonition}} Case {claim}: what the theory leads one to expect\n"
            f":class: claim\n\n{one.claim}\n:::"
        )
    return Markdown(
        f"(claim-{claim})=\n:::{{admonition}} Claim {claim} · {one.part}\n:class: claim\n\n"
        f"{one.claim} {{cite:p}}`cai_zhang_2024`\n:::"
    )


def tests_table(claim: str) -> Markdown:
    """Show how a claim is tested: one row an indicator, numbered as the table ``tests-ID``.

    What was changed after it had been declared stands beneath the table, with both versions and the reason.
    """
    one = _claim_of_book(claim)
    decided = DECISIONS[one.expected][True].capitalize()
    rows = [
        {
            "Indicator": f"**{name}**",
            "Question and measure": f"**{i.question}** {i.measure}. *Unit:* {i.unit}. "
            f"*Tables:* {', '.join(i.tables)}.",
            "Null model": f"{i.null_model}." if i.null_model else "none",
            f"{decided} if": f"`{i.rule}`",
        }
        for name, i in one.indicators.items()
    ]
    amended = [
        f"- {name}, {a['date']}: {a['old']} → {a['new']}. Reason: {a['reason']}."
        for name, i in one.indicators.items()
        for a in i.amended
    ]
    note = "\n".join(["Changed after it had been declared:", "", *amended]) if amended else None
    caption = f"How {claim} is tested: its indicators, their null models and the rules that decide"
    return tables.show(pd.DataFrame(rows), name=f"tests-{claim.lower()}", caption=caption, note=note)


# --- read back and checked ------------------------------------------------------------------------


def read_back(notebook: nbformat.NotebookNode) -> dict[str, Finding]:
    """Findings that an executed notebook holds in its outputs, by indicator."""
    found = (Finding(**json.loads(text)) for text in handed_over(notebook, "finding").values())
    return {finding.indicator: finding for finding in found}


def tables_behind(notebook: nbformat.NotebookNode) -> dict[str, list[str]]:
    """Tables that an executed notebook had loaded when it recorded a finding, by indicator."""
    return {name: [t for t in text.split(",") if t] for name, text in handed_over(notebook, "tables").items()}


def handed_over(notebook: nbformat.NotebookNode, what: str) -> dict[str, str]:
    """Read what a notebook handed over under names that end in ``.what``, by what stands before."""
    out = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            glued = output.get("metadata", {}).get("scrapbook")
            if glued and glued["name"].endswith(f".{what}"):
                text = output["data"][glued["mime_prefix"] + "text/plain"]
                out[glued["name"].removesuffix(f".{what}")] = str(ast.literal_eval(text))
    return out


def ledger_rows(found: Mapping[str, Finding], declared: Mapping[str, Claim]) -> list[dict[str, str]]:
    """Findings as rows of ``data/findings.csv``, in the order of the claims."""
    rows = []
    for claim in declared.values():
        mine = [found[name] for name in claim.indicators if name in found]
        for one in mine:
            rows.append(
                {
                    "indicator": one.indicator,
                    "value": _stored(one.value),
                    "low": _stored(one.low),
                    "high": _stored(one.high),
                    "p": "" if one.p is None else _stored(one.p),
                    "supports": "yes" if one.supports else "no",
                    "verdict": verdict_word(f.supports for f in mine),
                }
            )
    return rows


def _stored(number: float) -> str:
    # Six digits: far below any tolerance, far above what differs between processors.
    return f"{number:.6g}"


def ledger_file() -> Path:
    """The accepted ledger, ``data/findings.csv``."""
    return data.root() / "data" / "findings.csv"


def read_ledger(path: Path | None = None) -> dict[str, dict[str, str]]:
    """Read the accepted ledger.

    Returns
    -------
    dict of str to dict
        Rows by indicator; empty if nothing has been accepted yet.

    Raises
    ------
    FindingError
        If columns are missing or too many, an indicator stands twice, or a number is none.
    """
    path = path or ledger_file()
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FindingError(f"{path.name}: cannot be read as UTF-8 text ({error}).") from None
    with io.StringIO(text, newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != LEDGER_COLUMNS:
            raise FindingError(f"{path.name}: expected the columns {', '.join(LEDGER_COLUMNS)}.")
        rows: dict[str, dict[str, str]] = {}
        for row in reader:
            where = f"{path.name}, row {reader.line_num}"
            if None in row or None in row.values():
                raise FindingError(f"{where}: expected {len(LEDGER_COLUMNS)} cells.")
            if row["indicator"] in rows:
                raise FindingError(f"{where}: the indicator {row['indicator']} stands there twice.")
            for column in ("value", "low", "high", "p"):
                if not (column == "p" and row[column] == "") and not _is_number(row[column]):
                    raise FindingError(f"{where}, column {column}: expected a number, found {row[column]!r}.")
            if row["supports"] not in ("yes", "no"):
                raise FindingError(
                    f"{where}, column supports: expected yes or no, found {row['supports']!r}."
                )
            rows[row["indicator"]] = row
    return rows


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def differences(
    found: Mapping[str, Finding], declared: Mapping[str, Claim], ledger: Mapping[str, Mapping[str, str]]
) -> list[Difference]:
    """Hold findings against the ledger.

    Parameters
    ----------
    found : mapping of str to Finding
        What the published run of all chapters recorded.
    declared : mapping of str to Claim
        From `claims`.
    ledger : mapping of str to mapping
        From `read_ledger`.

    Returns
    -------
    list of Difference
        Empty if every finding holds: none missing, extra, moved beyond its tolerance or flipped.
    """
    now = {row["indicator"]: row for row in ledger_rows(found, declared)}
    known = indicators(declared)
    out = []
    for name in [*known, *(n for n in {**ledger, **found} if n not in known)]:
        old, new = ledger.get(name), now.get(name)
        if name not in known:
            where = "the ledger" if name in ledger else "a chapter"
            out.append(Difference(name, f"not declared, but in {where}", _brief(old), _brief(new)))
        elif new is None:
            out.append(Difference(name, "missing: declared, but no chapter recorded it", _brief(old), "–"))
        elif old is None:
            out.append(Difference(name, "extra: not in the ledger yet", "–", _brief(new)))
        else:
            out += _changed(name, old, new, known[name].tolerance)
    return out


def _changed(name: str, old: Mapping[str, str], new: Mapping[str, str], tolerance: float) -> list[Difference]:
    out = []
    for column in ("value", "low", "high", "p"):
        before, after = old[column], new[column]
        if (before == "") != (after == "") or (before and not abs(float(before) - float(after)) <= tolerance):
            out.append(Difference(name, f"{column} moved", before or "–", after or "–"))
    for column in ("supports", "verdict"):
        if old[column] != new[column]:
            out.append(Difference(name, f"{column} flipped", old[column], new[column]))
    return out


def _brief(row: Mapping[str, str] | None) -> str:
    return (
        "–" if row is None else f"{row['value']} [{row['low']}, {row['high']}], supports: {row['supports']}"
    )


def differences_table(out: Iterable[Difference]) -> str:
    """One table of old and new, for a terminal."""
    rows = [(d.indicator, d.what, d.ledger, d.now) for d in out]
    return tabulate(rows, headers=["finding", "what", "ledger", "now"], disable_numparse=True)


def accept(found: Mapping[str, Finding], declared: Mapping[str, Claim]) -> None:
    """Write findings as the new ledger.

    Raises
    ------
    FindingError
        If a declared indicator has no finding or a finding is not declared: nothing is written.
    """
    known = indicators(declared)
    wrong = [name for name in known if name not in found] + [name for name in found if name not in known]
    if wrong:
        raise FindingError(f"Nothing accepted: {', '.join(wrong)} must be declared and recorded, each once.")
    text = io.StringIO()
    writer = csv.DictWriter(text, LEDGER_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(ledger_rows(found, declared))
    write_atomically(ledger_file(), text.getvalue())
