"""Exercises: each derived from its solution, with an answer that a student can have checked.

The solution is the source. Its last cell hands its answer over with `answer`. The student edition leaves
solutions out and carries the answers sealed, as digests, so that `check` can say whether an answer is right,
and what is wrong with one that is not, without holding it in readable form. A seal keeps an answer from
being seen by chance; it is no secret to someone who tries all numbers.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
from IPython.display import Markdown

from cybergov import data, findings, tables
from cybergov.errors import BookError

#: What an exercise asks for, by the class that its directive has.
KINDS = {
    "reads-chart": "read a chart",
    "changes-choice": "change a choice and run again",
    "computes": "compute something new",
}
#: Sealed answers of the student edition, in its folder ``data``.
FILE = "answers.json"


# --- in the text of a chapter ---------------------------------------------------------------------


@dataclass(frozen=True)
class Exercise:
    """An exercise as a chapter's text has it; ``solution`` is all that stands between its two marks."""

    label: str
    chapter: str
    title: str
    kinds: tuple[str, ...]
    text: str
    solution: str


_EXERCISE = re.compile(
    r"^(?P<fence>`{3,})\{exercise\} *(?P<title>.*)\n(?P<body>(?s:.*?))^(?P=fence) *$", re.M
)
_OPTION = re.compile(r":([a-z]+): *(.*)\n")
_SOLUTION = re.compile(
    r"^(?P<fence>`{3,})\{solution-start\} *(?P<label>\S+)\n(?:(?!`).*\n)*(?P=fence) *\n"
    r"(?P<body>(?s:.*?))^`{3,}\{solution-end\} *\n`{3,} *\n?",
    re.M,
)


def read(text: str, where: str) -> list[Exercise]:
    """Read the exercises of a chapter, in their order.

    Parameters
    ----------
    text : str
        Source of the chapter.
    where : str
        Its name.

    Returns
    -------
    list of Exercise

    Raises
    ------
    BookError
        If an exercise has no label or no solution, a solution no exercise, or a label stands twice.
    """
    solutions: dict[str, str] = {}
    for match in _SOLUTION.finditer(text):
        if match["label"] in solutions:
            raise BookError(f"{where}: {match['label']} has two solutions; one was expected.")
        solutions[match["label"]] = match["body"].strip()
    out: list[Exercise] = []
    for match in _EXERCISE.finditer(text):
        body, options = match["body"], {}
        while option := _OPTION.match(body):
            options[option[1]], body = option[2].strip(), body[option.end() :]
        label = options.get("label")
        if not label:
            raise BookError(f"{where}: the exercise {match['title']!r} has no label.")
        if label not in solutions:
            raise BookError(f"{where}: {label} has no solution, from which the exercise would be derived.")
        kinds = tuple(options.get("class", "").split())
        out.append(Exercise(label, where, match["title"].strip(), kinds, body.strip(), solutions.pop(label)))
    if solutions:
        raise BookError(f"{where}: there is a solution of {next(iter(solutions))}, but no such exercise.")
    labels = [one.label for one in out]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice:
        raise BookError(f"{where}: the label {twice} stands twice.")
    return out


def without_solutions(text: str, put: Callable[[str], str]) -> str:
    """Give the text of a chapter without its solutions.

    Parameters
    ----------
    text : str
        Source of the chapter.
    put : callable
        Gives what stands in place of the solution of a label.

    Returns
    -------
    str
    """
    return _SOLUTION.sub(lambda match: put(match["label"]), text)


# --- answers, in a solution -----------------------------------------------------------------------


def answer(
    label: str,
    value: Any,
    *,
    asks: str,
    digits: int | None = None,
    mistakes: Mapping[str, Any] | None = None,
) -> Markdown:
    """Hand over the answer of an exercise, at the end of its solution.

    Parameters
    ----------
    label : str
        Of the exercise.
    value : number, str, bool, set, list, dict or Series
        The answer. A set has no order, a list has one; a dict or Series gives numbers or words by name. Names
        are no secret: a student is told which of them has a wrong value.
    asks : str
        What is asked for, such as "the share of pairs that cross a border, from 0 to 1".
    digits : int, optional
        Decimals to which numbers are compared; 2 by default, 0 for whole numbers.
    mistakes : mapping of str to value, optional
        Wrong answers that suggest themselves, by the sentence that says what is wrong without giving the
        answer.

    Returns
    -------
    Markdown
        The answer in words, for the folded solution.

    Raises
    ------
    BookError
        If the value is of another kind.
    """
    record = {"asks": asks, "mistakes": {}, **_plain(value, digits, label)}
    for says, wrong in (mistakes or {}).items():
        try:
            one = _plain(wrong, record["digits"], label)
        except BookError:
            raise BookError(f"{label}: the mistake {says!r} is no value such as an answer can be.") from None
        # Under other choices than the published ones, a mistake may well come out right.
        if one["form"] == record["form"] and one["value"] != record["value"]:
            record["mistakes"][says] = one["value"]
    findings.hand_over(f"{label}.answer", json.dumps(record))
    return Markdown(f"*The answer to be checked* ({asks}): {_told(record)}")


def _plain(value: Any, digits: int | None, label: str) -> dict[str, Any]:
    """Bring a value into the form in which it is compared."""
    form = _form(value)
    if form is None:
        raise BookError(
            f"{label}: an answer is a number, a word, a set, a list or a dict, not {type(value).__name__}."
        )
    parts = list(_parts(value, form).values())
    if digits is None:
        digits = 0 if all(isinstance(one, Integral | str) for one in parts) else 2
    if form == "table":
        return {"form": form, "digits": digits, "value": _texts(value, form, digits)}
    texts = list(_texts(value, form, digits).values())
    plain = texts[0] if form in ("number", "word") else sorted(set(texts)) if form == "set" else texts
    return {"form": form, "digits": digits, "value": plain}


def _form(value: Any) -> str | None:
    if isinstance(value, bool | np.bool_ | str):
        return "word"
    if isinstance(value, Real):
        return "number"
    if isinstance(value, Mapping | pd.Series):
        return "table"
    if isinstance(value, set | frozenset):
        return "set"
    if isinstance(value, list | tuple | np.ndarray | pd.Index):
        return "list"
    return None


def _parts(value: Any, form: str) -> dict[str, Any]:
    """Name the single numbers or words of a value."""
    if form in ("number", "word"):
        return {"": value}
    if form == "table":
        return {" ".join(str(name).split()): part for name, part in value.items()}
    return {str(place): part for place, part in enumerate(value)}


def _texts(value: Any, form: str, digits: int) -> dict[str, str]:
    return {name: _text(part, digits) for name, part in _parts(value, form).items()}


def _text(part: Any, digits: int) -> str:
    """Write a number or word as it is compared."""
    if isinstance(part, bool | np.bool_):
        return "yes" if part else "no"
    if isinstance(part, Real) and not isinstance(part, str):
        number = float(part)
        return f"{round(number, digits) + 0.0:.{digits}f}" if math.isfinite(number) else "none"
    return " ".join(str(part).split()).casefold()


def _told(record: Mapping[str, Any]) -> str:
    value = record["value"]
    if record["form"] == "table":
        return "; ".join(f"{name}: {text}" for name, text in value.items())
    return tables.listed(value) if isinstance(value, list) else str(value)


def answers(notebook: nbformat.NotebookNode) -> dict[str, dict[str, Any]]:
    """Give the answers that an executed chapter handed over, by label."""
    return {label: json.loads(text) for label, text in findings.handed_over(notebook, "answer").items()}


# --- sealed, in the student edition ---------------------------------------------------------------


def sealed(label: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Give an answer of `answers` with digests in place of its values."""
    return {
        **record,
        "value": _sealed(label, record["value"]),
        "mistakes": {says: _sealed(label, wrong) for says, wrong in record["mistakes"].items()},
    }


def _sealed(label: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _seal(label, text) for name, text in value.items()}
    if isinstance(value, list):
        return [_seal(label, text) for text in value]
    return _seal(label, value)


def _seal(label: str, text: str) -> str:
    return hashlib.sha256(f"{label}\0{text}".encode()).hexdigest()[:16]


def what_is_asked(record: Mapping[str, Any]) -> str:
    """Say what kind of answer is expected: in the student's cell, and where another kind was given."""
    digits = record["digits"]
    number = "a whole number" if digits == 0 else f"a number, compared to {digits} decimals"
    kind = {
        "number": number,
        "word": "a word in quotation marks, or True or False",
        "set": "a set, such as {'FRA', 'KEN'}, in any order",
        "list": "a list, in order",
        "table": f"a dict or a Series, by {tables.listed(map(repr, record['value']))}"
        if record["form"] == "table"
        else "",
    }[record["form"]]
    return f"{record['asks']}: {kind}"


# --- checked, by a student ------------------------------------------------------------------------


@dataclass(frozen=True)
class Reply:
    """What `check` says of an answer."""

    right: bool
    says: str

    def __bool__(self) -> bool:
        """Tell whether the answer is right."""
        return self.right

    def __repr__(self) -> str:
        """Give the words."""
        return self.says


def check(label: str, given: Any, *, root: Path | None = None) -> Reply:
    """Check the answer to an exercise.

    Parameters
    ----------
    label : str
        Of the exercise, such as ``"exercise-band"``.
    given : number, str, bool, set, list, dict or Series
        The answer; ``...`` while there is none.
    root : Path, optional
        Folder of the student edition.

    Returns
    -------
    Reply
        Whether it is right; if not, what is wrong with it as far as that can be told without the answer.

    Raises
    ------
    BookError
        If there are no sealed answers here, or no exercise has this label.
    """
    path = (root or data.root()) / "data" / FILE
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise BookError(
            f"There is no data/{FILE} here: answers are checked in the student edition, which "
            "`make student` makes."
        ) from None
    except ValueError:
        raise BookError(f"data/{FILE} cannot be read as JSON: unpack the student edition anew.") from None
    if label not in known:
        near = get_close_matches(str(label), known, 1)
        raise BookError(f"There is no exercise {label!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
    return compare(label, given, known[label])


def compare(label: str, given: Any, record: Mapping[str, Any]) -> Reply:
    """Hold an answer against a sealed one; see `check`."""
    if given is ... or given is None:
        return Reply(False, f"No answer yet. Asked for is {what_is_asked(record)}.")
    asked = record["form"]
    if asked == "set" and (_form(given) == "list" or isinstance(given, pd.Series)):
        given = set(given)
    elif asked == "list" and isinstance(given, pd.Series):
        given = list(given)
    if _form(given) != asked:
        return Reply(False, f"This is {_kind(given)}. Asked for is {what_is_asked(record)}.")
    if _matches(label, given, record["value"], record):
        return Reply(True, "Right.")
    for says, wrong in record["mistakes"].items():
        if _matches(label, given, wrong, record):
            return Reply(False, f"Not yet. {says}")
    return Reply(False, "Not yet. " + _WRONG[asked](label, given, record))


def _kind(given: Any) -> str:
    names = {
        "number": "a number",
        "word": "a word",
        "set": "a set",
        "list": "a list",
        "table": "values by name",
    }
    return names.get(_form(given) or "", f"of the type {type(given).__name__}")


def _matches(label: str, given: Any, seals: Any, record: Mapping[str, Any]) -> bool:
    form, digits = record["form"], record["digits"]
    parts = _parts(given, form)
    if form == "table":
        return parts.keys() == seals.keys() and all(
            _is(label, part, seals[name], digits) for name, part in parts.items()
        )
    if form == "list":
        return len(parts) == len(seals) and all(
            _is(label, part, seal, digits) for part, seal in zip(parts.values(), seals, strict=True)
        )
    if form == "set":
        return {_seal(label, _text(part, digits)) for part in parts.values()} == set(seals)
    return _is(label, parts[""], seals, digits)


def _is(label: str, part: Any, seal: str, digits: int) -> bool:
    """Tell whether a number or word is the sealed one; a number may lie a hair beside where it is rounded."""
    tried = [part]
    if isinstance(part, Real) and not isinstance(part, str | bool | np.bool_):
        hair = 1e-6 * 10.0**-digits
        tried += [float(part) - hair, float(part) + hair]
    return any(_seal(label, _text(one, digits)) == seal for one in tried)


#: What a wrong number may be instead, as a way back from it to the right one.
_TURNED: dict[str, Callable[[float], float]] = {
    "The size is right and the sign is not: ask what is taken from what.": lambda x: -x,
    "This is a percentage; asked for is a share from 0 to 1.": lambda x: x / 100,
    "This is a share from 0 to 1; asked for is a percentage.": lambda x: x * 100,
    "This is what is left over: ask which of the two parts the question means.": lambda x: 1 - x,
    "This is the inverse: ask what is divided by what.": lambda x: 1 / x if x else math.nan,
    "This is one too many.": lambda x: x - 1,
    "This is one too few.": lambda x: x + 1,
}


def _wrong_number(label: str, given: Any, record: Mapping[str, Any]) -> str:
    for says, back in _TURNED.items():
        if "one too" in says and record["digits"] > 0:
            continue
        if _is(label, back(float(given)), record["value"], record["digits"]):
            return says
    return "Ask which rows are counted, over which time, in which unit; then what is divided by what."


def _wrong_word(label: str, given: Any, record: Mapping[str, Any]) -> str:
    return "This is another one. Go back to what the exercise tells you to look at, and read it aloud."


def _wrong_set(label: str, given: Any, record: Mapping[str, Any]) -> str:
    mine = {_seal(label, _text(part, record["digits"])) for part in given}
    missing, strange = len(set(record["value"]) - mine), len(mine - set(record["value"]))
    said = []
    if missing:
        said.append(f"{missing} missing" if strange or mine else "all missing")
    if strange:
        said.append(f"{strange} that {'does' if strange == 1 else 'do'} not belong")
    return f"Of the set, there {'is' if (missing or strange) == 1 else 'are'} {' and '.join(said)}."


def _wrong_list(label: str, given: Any, record: Mapping[str, Any]) -> str:
    mine = [_seal(label, _text(part, record["digits"])) for part in given]
    if sorted(mine) == sorted(record["value"]):
        return "All are there, in another order."
    if len(mine) != len(record["value"]):
        return f"{len(mine)} are given; another number is asked for."
    right = sum(one == other for one, other in zip(mine, record["value"], strict=True))
    return f"{right} of {len(mine)} stand in their place."


def _wrong_table(label: str, given: Any, record: Mapping[str, Any]) -> str:
    parts, seals, digits = _parts(given, "table"), record["value"], record["digits"]
    missing, strange = [n for n in seals if n not in parts], [n for n in parts if n not in seals]
    if missing or strange:
        said = [f"without {tables.listed(map(repr, missing))}"] if missing else []
        said += [f"with {tables.listed(map(repr, strange))}, not asked for"] if strange else []
        return f"The names differ: {' and '.join(said)}."
    off = [name for name, part in parts.items() if not _is(label, part, seals[name], digits)]
    numbers = {name: float(parts[name]) for name in off if _form(parts[name]) == "number"}
    for says, back in _TURNED.items():
        if len(numbers) == len(parts) > 1 and all(
            _is(label, back(number), seals[name], digits) for name, number in numbers.items()
        ):
            return f"Of all: {says[0].lower()}{says[1:]}"
    return (
        f"Look again at {tables.listed(map(repr, off))}; {len(parts) - len(off)} of {len(parts)} are right."
    )


_WRONG: dict[str, Callable[[str, Any, Mapping[str, Any]], str]] = {
    "number": _wrong_number,
    "word": _wrong_word,
    "set": _wrong_set,
    "list": _wrong_list,
    "table": _wrong_table,
}
