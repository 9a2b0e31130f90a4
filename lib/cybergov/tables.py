"""Numbers as a reader expects them, and data frames as numbered, citable tables.

A chapter's cell ends with `show`; every number that the book prints in a table, in a verdict or in
the prose passes through `number`, `interval` or `p_value`, so that it looks the same everywhere.
"""

import html as markup
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd
from IPython.display import Markdown

from cybergov.errors import BookError

MINUS = "−"
MISSING = "–"
#: More columns do not fit a page, or the eye.
MOST_COLUMNS = 7
#: Below this, no separator between thousands: 2018 is mostly a year.
SEPARATED_FROM = 10_000

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FIGURES_ONLY = re.compile(r"[−–+<>≤≥∞\[\](),.;%\s\d]+")

Digits = int | Mapping[str, int] | None


# --- numbers --------------------------------------------------------------------------------------


def number(x: float, digits: int = 2, *, thousands: bool | None = None) -> str:
    """Write a number with a fixed number of decimals and a proper minus sign.

    Parameters
    ----------
    x : float
        Any real number; a missing one gives an en dash, an infinite one the sign for infinity.
    digits : int
        Decimals to show, 0 or more.
    thousands : bool, optional
        Whether to part thousands with commas; by default from 10,000 upwards.

    Returns
    -------
    str
        Such as ``−0.123`` or ``12,345``; what rounds to zero has no sign.

    Raises
    ------
    BookError
        If ``digits`` is negative.
    """
    if digits < 0:
        raise BookError(f"A number cannot be shown with {digits} decimals: give 0 or more.")
    if pd.isna(x):
        return MISSING
    value = float(x)
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if thousands is None:
        thousands = abs(value) >= SEPARATED_FROM
    text = f"{abs(value):{',' if thousands else ''}.{digits}f}"
    negative = value < 0 and any(character in "123456789" for character in text)
    return f"{MINUS}{text}" if negative else text


def interval(low: float, high: float, digits: int = 2) -> str:
    """Write an interval as ``[−0.30, −0.12]``.

    Parameters
    ----------
    low, high : float
        The two ends, as `number` takes them.
    digits : int
        Decimals to show.

    Raises
    ------
    BookError
        If the lower end lies above the upper one.
    """
    if low > high:
        raise BookError(f"An interval cannot run from {low} to {high}: the lower end comes first.")
    return f"[{number(low, digits)}, {number(high, digits)}]"


def p_value(p: float) -> str:
    """Write a probability from a test: three decimals below 0.1, two above, bounds at the ends.

    Parameters
    ----------
    p : float
        Between 0 and 1; a missing one gives an en dash.

    Returns
    -------
    str
        Such as ``< 0.001``, ``0.032``, ``0.45`` or ``> 0.99``.

    Raises
    ------
    BookError
        If ``p`` lies outside 0 and 1.
    """
    if pd.isna(p):
        return MISSING
    if not 0 <= p <= 1:
        raise BookError(f"A p value lies between 0 and 1, not at {p}.")
    if p < 0.001:
        return "< 0.001"
    if 0.995 <= p < 1:
        return "> 0.99"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_words(p: float) -> str:
    """Write a probability from a test as it follows *p* in a sentence: ``= 0.032``, ``< 0.001``.

    Parameters
    ----------
    p : float
        As `p_value` takes it.

    Raises
    ------
    BookError
        If p lies outside 0 and 1.
    """
    text = p_value(p)
    return text if text[0] in "<>" else f"= {text}"


# --- columns --------------------------------------------------------------------------------------


def listed(words: Iterable[str], none: str = "none") -> str:
    """Write words as they stand in a sentence: ``a``, ``a and b``, ``a, b and c``.

    Parameters
    ----------
    words : iterable of str
        In the order in which they shall stand.
    none : str
        What stands there if there is none.

    Returns
    -------
    str
    """
    *others, last = [str(word) for word in words] or [none]
    return f"{', '.join(others)} and {last}" if others else last


def formatted(frame: pd.DataFrame, digits: Digits = None) -> tuple[list[str], list[list[str]], list[bool]]:
    """Turn a frame into the words of a table.

    Parameters
    ----------
    frame : pandas.DataFrame
        At least one row; a named index becomes the first columns, another index is left out.
    digits : int or mapping of column to int, optional
        Decimals: one number for all columns that are not whole numbers, or a number for each column
        named. Where nothing is said, whole numbers get none and others by their size.

    Returns
    -------
    tuple of list
        Column names; the rows, cell by cell; and for each column whether it holds figures only and
        is to be set flush right. The first column names the rows and is not.

    Raises
    ------
    BookError
        If there are no rows or columns, two columns have one name, or ``digits`` names no column.
    """
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    if frame.empty:
        raise BookError("A table needs at least one row and one column; this one has none.")
    names = [str(column) for column in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BookError(f"A table's columns need different names; used twice: {', '.join(twice)}.")
    if isinstance(digits, Mapping):
        unknown = sorted(set(map(str, digits)) - set(names))
        if unknown:
            raise BookError(
                f"Digits are given for {', '.join(unknown)}, but the table's columns are {', '.join(names)}."
            )
    columns = [
        _cells(frame.iloc[:, at], digits.get(name) if isinstance(digits, Mapping) else digits, digits)
        for at, name in enumerate(names)
    ]
    figures = [all(_FIGURES_ONLY.fullmatch(cell) for cell in column) for column in columns]
    figures[0] = figures[0] and len(names) == 1  # it names the rows, be it by their years
    return names, [list(row) for row in zip(*columns, strict=True)], figures


def _cells(column: pd.Series, digits: int | None, asked: Digits) -> list[str]:
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return [_text(value, 2 if digits is None else digits) for value in column]
    known = column.dropna()
    whole = bool((known == known.round()).all())
    # One number for the whole table is meant for measured quantities, not for counts beside them.
    counts = pd.api.types.is_integer_dtype(column) and not isinstance(asked, Mapping)
    if digits is None or counts:
        digits = 0 if whole else _sensible(known)
    size = float(known.abs().max()) if len(known) else 0.0
    return [number(value, digits, thousands=size >= SEPARATED_FROM) for value in column]


def _sensible(known: pd.Series) -> int:
    largest = float(known[known.abs() != math.inf].abs().max())
    return 3 if largest <= 1 else 2 if largest < 10 else 1 if largest < 1000 else 0


def _text(value: Any, digits: int) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return MISSING
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number(value, 0)
    if isinstance(value, float):
        return number(value, digits)
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        value = value.date()
    return value.isoformat(" ") if isinstance(value, datetime) else _date_or_words(value)


def _date_or_words(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


# --- tables ---------------------------------------------------------------------------------------


def show(
    frame: pd.DataFrame, name: str, caption: str, *, digits: Digits = None, note: str | None = None
) -> Markdown:
    """Show a frame as a numbered table that pages can refer to with ``{numref}```name```.

    The result is MyST: the cell needs ``mystnb: {markdown_format: myst}``, or the book
    ``nb_render_markdown_format: myst``. Caption, cells and note may hold roles and emphasis.

    Parameters
    ----------
    frame : pandas.DataFrame
        At most seven columns; the column names are the header.
    name : str
        The table's label, such as ``seats-by-region``.
    caption : str
        The question that the table answers.
    digits : int or mapping of column to int, optional
        Decimals, as in `formatted`.
    note : str, optional
        Sources and remarks, set beneath the table.

    Raises
    ------
    BookError
        If the table has no caption, more than seven columns or a label that is not made of
        lower-case letters, digits and single hyphens; or for what `formatted` refuses.
    """
    check_name(name, "table")
    caption = " ".join(caption.split())
    if not caption:
        raise BookError(f"The table {name} needs a caption: the question that it answers.")
    header, rows, figures = formatted(frame, digits)
    if len(header) > MOST_COLUMNS:
        raise BookError(
            f"The table {name} has {len(header)} columns, and at most {MOST_COLUMNS} can be read on a page: "
            "choose among them, or split it."
        )
    lines = [f":::{{table}} {caption}", f":name: {name}", "", _line(header)]
    lines.append("|" + "|".join("---:" if right else ":---" for right in figures) + "|")
    lines += [*map(_line, rows), ":::"]
    if note and note.strip():
        lines += ["", ":::{div} table-note", note.strip(), ":::"]
    return Markdown("\n".join(lines))


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(map(_escaped, cells)) + " |"


def _escaped(cell: str) -> str:
    """Keep a cell in its place: bars would end it, and line breaks its row."""
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(cell.split()))


def html(frame: pd.DataFrame, caption: str, *, digits: Digits = None, most_rows: int | None = None) -> str:
    """Write a frame as an HTML table with a caption and header cells, well-formed as XML too.

    Parameters
    ----------
    frame : pandas.DataFrame
        The first column names the rows.
    caption : str
        Plain text.
    digits : int or mapping of column to int, optional
        Decimals, as in `formatted`.
    most_rows : int, optional
        Rows beyond these are left out.
    """
    header, rows, figures = formatted(frame, digits)

    def cell(tag: str, text: str, right: bool, scope: str = "") -> str:
        attributes = (f' scope="{scope}"' if scope else "") + (' class="number"' if right else "")
        return f"<{tag}{attributes}>{markup.escape(text)}</{tag}>"

    def line(cells: list[str]) -> str:
        # Parted by white space: without it, the search of the pages takes a row for one long word.
        return "<tr>" + "\n".join(cells) + "</tr>\n"

    head = line([cell("th", text, right, "col") for text, right in zip(header, figures, strict=True)])
    body = "".join(
        line(
            [cell("th", row[0], figures[0], "row")]
            + [cell("td", text, right) for text, right in zip(row[1:], figures[1:], strict=True)]
        )
        for row in rows[:most_rows]
    )
    return (
        f"<table>\n<caption>{markup.escape(caption)}</caption>\n"
        f"<thead>\n{head}</thead>\n<tbody>\n{body}</tbody>\n</table>"
    )


def check_name(name: str, what: str) -> None:
    """Refuse a label that would look different in the page's address.

    Raises
    ------
    BookError
        If the label is not made of lower-case letters, digits and single hyphens.
    """
    if not _NAME.fullmatch(name):
        raise BookError(
            f"The {what} name {name!r} must be lower-case letters and digits with single hyphens between, "
            "such as 'seats-by-region'."
        )
