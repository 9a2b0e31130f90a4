"""Tables by name: typed, and checked against the schemas in ``data/datapackage.json``.

A file goes through three steps: its bytes become records (`_records`), the records are held against
the schema (`_problems`, with frictionless), and only records without a problem become a frame
(`_typed`). A reader's own file takes the same way as the book's.
"""

import csv
import difflib
import functools
import hashlib
import importlib.metadata
import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from cybergov import altered
from cybergov.errors import TableError
from cybergov.files import write_atomically

TABLES_VARIABLE = "CYBERGOV_TABLES"
"""Environment variable that puts the reader's own files in place of tables for a whole run: JSON as
``{"states": "/absolute/path.csv"}``. Paths are absolute because each chapter runs in its own folder."""

PREPARE_VARIABLE = "CYBERGOV_PREPARE"
"""Environment variable that names modules whose ``prepare`` the fork server calls for its forks."""

LISTED_AT_MOST = 20
"""How many problems an error lists before it counts the rest."""

# How a cell of each type must be written. Frictionless is laxer (it takes 1_000 for a thousand and
# ' 7' for seven, and lets a blank stand at the end of a code), so this is checked besides.
_FORMS = {
    "string": (re.compile(r"\S([^\r\n]*\S)?"), "a text of one line without blanks at its ends"),
    "integer": (re.compile(r"-?[0-9]+"), "a whole number"),
    "number": (re.compile(r"-?[0-9]+(\.[0-9]+)?"), "a number"),
    "year": (re.compile(r"[0-9]{4}"), "a year of four digits"),
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a date as YYYY-MM-DD"),
}

_Descriptor = dict[str, Any]
_Records = list[list[str]]


def root() -> Path:
    """Find the book's folder.

    Returns
    -------
    Path
        The nearest folder, from the current one upward, that holds ``data/datapackage.json`` and
        ``_toc.yml``; if there is none, the one that this library lies in.

    Raises
    ------
    TableError
        If no such folder exists.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (folder / "data" / "datapackage.json").is_file() and (folder / "_toc.yml").is_file():
            return folder
    raise TableError(
        f"No book found: neither {here} nor a folder above it holds data/datapackage.json and _toc.yml."
    )


def load(table: str, file: str | Path | None = None) -> pd.DataFrame:
    """Load a table by name, checked against its schema, its keys and the tables they refer to.

    Parameters
    ----------
    table : str
        Name of the table, as in `tables`.
    file : str or Path, optional
        Your own CSV file in place of the table, under the same schema and the same checks. It goes
        before a file named in the environment variable ``CYBERGOV_TABLES``, and is never altered as
        tables are in a robustness run (`cybergov.altered`).

    Returns
    -------
    DataFrame
        One row a record, columns in the order of the schema whatever their order in the file.
        Whole numbers and years are int64, or Int64 where a cell may be empty; other numbers float64;
        dates datetime64; everything else, yes and no and dates of year and month included, pandas
        strings, with NaN for an empty cell.

    Raises
    ------
    TableError
        If there is no such table, or the file cannot be read or breaks the schema; its text lists
        the problems as `validate` does.
    """
    resource = descriptor(table)
    frame, mark = _checked(resource, *_place(resource, file))
    if file is None:
        _NAMES.add(table)
    change = altered.current() if file is None else None
    if change is None:
        # What a reader changes in the frame stays in that frame: pandas copies on write.
        return frame.copy(deep=False)
    whole = (mark, change.to_json())
    if whole not in _ALTERED:
        _ALTERED[whole] = altered.apply(table, frame, change, state_columns(table), _as_it_is)
    return _ALTERED[whole].copy(deep=False)


def loaded() -> list[str]:
    """Name the tables that this process has loaded so far, in alphabetical order."""
    return sorted(_NAMES)


def forget_loaded() -> None:
    """Count no table as loaded so far; their rows are still at hand."""
    _NAMES.clear()


def fingerprint(table: str) -> str:
    """Digest of a table: its rows and schema, those of the tables it refers to, the rules of checking."""
    resource = descriptor(table)
    path, shown = _place(resource)
    return _fingerprint(resource, _content(path, shown, resource))


def _checked(resource: _Descriptor, path: Path, shown: str) -> tuple[pd.DataFrame, str]:
    """Give the rows of a file that stands for a table, once they are found valid, and their digest."""
    content = _content(path, shown, resource)
    mark = _fingerprint(resource, content)
    if mark not in _LOADED:
        records = _records(content, shown, resource)
        # Frictionless takes 0.2 s to import and 0.1 s for a table of 5,000 rows, in every chapter. So
        # content that has passed is remembered, by a marker whose name is the digest of everything that
        # the checks depend on: any change of the file, the schema, a referenced table or this module is
        # another name, and is checked anew. A marker that cannot be written costs time, nothing else.
        marker = root() / "_build" / ".validated" / mark
        if not marker.exists():
            problems = _problems(resource, records, shown)
            if problems:
                raise TableError(_summary(problems, resource, shown))
            with suppress(OSError):
                write_atomically(marker, "")
        _LOADED[mark] = _typed(resource, records)
    return _LOADED[mark], mark


def _as_it_is(table: str) -> pd.DataFrame:
    """Load a table that is not altered, as others refer to it."""
    resource = descriptor(table)
    return _checked(resource, *_place(resource))[0]


#: Frames of this process by the digest of what they were made from.
_LOADED: dict[str, pd.DataFrame] = {}
#: Names of the tables that this process has asked for.
_NAMES: set[str] = set()
#: The same as an alteration of the run leaves them.
_ALTERED: dict[tuple[str, str], pd.DataFrame] = {}


def validate(file: str | Path, table: str) -> list[str]:
    """List everything that keeps a file from standing in for a table.

    Parameters
    ----------
    file : str or Path
        A CSV file: UTF-8 (a byte order mark is accepted), commas, a header row. Its columns may
        stand in any order, for they are known by name.
    table : str
        Name of the table that the file is to stand in for.

    Returns
    -------
    list of str
        One sentence a problem, in the order of the rows: where, what was found, what was expected.
        Rows are counted as a spreadsheet does, the header being row 1. Empty if there is no problem.

    Raises
    ------
    TableError
        If there is no such table, or a table that the file's keys refer to is itself broken.
    """
    return _file_problems(descriptor(table), file)


def validate_table(table: str) -> list[str]:
    """List everything in which a table of the book, or the file in its place, breaks its schema.

    Parameters
    ----------
    table : str
        Name of the table.

    Returns
    -------
    list of str
        As in `validate`; if a table that its keys refer to is broken, what is wrong there.
    """
    try:
        return _file_problems(descriptor(table), None)
    except TableError as error:
        return [str(error)]


def _file_problems(resource: _Descriptor, file: str | Path | None) -> list[str]:
    path, shown = _place(resource, file)
    try:
        records = _records(_content(path, shown, resource), shown, resource)
    except TableError as error:
        return [str(error)]
    return _problems(resource, records, shown)


def tables() -> pd.DataFrame:
    """List the tables of the book.

    Returns
    -------
    DataFrame
        One row a table: name, rows (number of records), first_year and last_year (of all its dates
        and years, missing where it has none), states (number of member states of the United Nations
        that it names), ship (``rows``: the records themselves are given away; ``aggregates``: counts
        only), licence, title.
    """
    listed = []
    members = set(load("states")["iso3"]) if "states" in descriptors() else set()
    for resource in descriptors().values():
        path, shown = _place(resource)
        header, *rows = _records(_content(path, shown, resource), shown, resource)
        cells = dict(zip(header, zip(*rows, strict=False), strict=False))
        years = _years(resource, cells)
        named = {cell for name in state_columns(resource["name"]) for cell in cells.get(name, ())}
        listed.append(
            {
                "name": resource["name"],
                "rows": len(rows),
                "first_year": min(years, default=None),
                "last_year": max(years, default=None),
                "states": len(named & members),
                "ship": resource["ship"],
                "licence": resource["licenses"][0]["name"],
                "title": resource["title"],
            }
        )
    return pd.DataFrame(listed).astype({"first_year": "Int64", "last_year": "Int64"})


def _years(resource: _Descriptor, cells: Mapping[str, Sequence[str]]) -> set[int]:
    """Years in a table's cells; if it has none, those of the dated things that its keys point to."""
    found = {
        int(cell[:4])
        for name in time_columns(resource["name"])
        for cell in cells.get(name, ())
        if cell[:4].isdigit()
    }
    for name, key in references(resource).items() if not found else ():
        dated = time_columns(key["resource"]) if key["resource"] not in ("states", "areas") else []
        if dated:
            named = (
                load(key["resource"]).set_index(key["fields"][0])[dated].loc[list(set(cells.get(name, ())))]
            )
            found |= {int(str(value)[:4]) for column in dated for value in named[column].dropna()}
    return found


def source_columns(table: str) -> list[str]:
    """Name the columns of a table that hold identifiers of sources; ``source`` in most tables."""
    keys = references(descriptor(table))
    return [name for name, key in keys.items() if key["resource"] == "sources"]


def named_sources(table: str) -> set[str]:
    """Collect the identifiers of all sources that a table's rows name."""
    frame = load(table)
    return {source for column in source_columns(table) for source in frame[column].dropna()}


def state_columns(table: str) -> list[str]:
    """Name the columns of a table that hold codes of states or territories, its own key included."""
    resource = descriptor(table)
    codes = {name for name, key in references(resource).items() if key["resource"] in ("states", "areas")}
    if table in ("states", "areas"):
        codes.add("iso3")
    return [name for name in _columns(resource) if name in codes]


def time_columns(table: str) -> list[str]:
    """Name the columns of a table that hold years or dates, dates of year and month included.

    The table ``sources`` has none in this sense: its dates are those of the compilers' work.
    """
    if table == "sources":
        return []
    fields = descriptor(table)["schema"]["fields"]
    return [field["name"] for field in fields if field["type"] in ("year", "date") or _is_partial_date(field)]


def _is_partial_date(field: _Descriptor) -> bool:
    return bool(field.get("form", "").startswith("a date as YYYY"))


def describe(table: str) -> pd.DataFrame:
    """Describe the columns of a table, as a codebook does.

    Parameters
    ----------
    table : str
        Name of the table.

    Returns
    -------
    DataFrame
        One row a column of the table: column, title, type, unit (empty where it has none), expected
        (what a cell may hold), empty (whether a cell may be empty, yes or no), description.
        ``attrs`` holds the table's own title and description.
    """
    resource = descriptor(table)
    frame = pd.DataFrame(
        [
            {
                "column": field["name"],
                "title": field["title"],
                "type": field["type"],
                "unit": field.get("unit", ""),
                "expected": _expected(resource, field),
                "empty": "no" if _required(field) else "yes",
                "description": field["description"],
            }
            for field in resource["schema"]["fields"]
        ]
    )
    frame.attrs = {"title": resource["title"], "description": resource["description"]}
    return frame


def sources(*names: str) -> pd.DataFrame:
    """List the sources that tables rest on.

    Parameters
    ----------
    *names : str
        Names of tables; none means all tables.

    Returns
    -------
    DataFrame
        The rows of the table ``sources`` that are named in the tables, mostly in a column ``source``.
    """
    used = {source for name in names or descriptors() for source in named_sources(name)}
    known = load("sources")
    return known[known["id"].isin(used)].reset_index(drop=True)


# Where a table is described and where it lies


def descriptors() -> dict[str, _Descriptor]:
    """Read the descriptors of all tables, as ``data/datapackage.json`` has them, by name.

    Raises
    ------
    TableError
        If the file is no JSON or describes no tables.
    """
    return _parsed((root() / "data" / "datapackage.json").read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=4)
def _parsed(text: str) -> dict[str, _Descriptor]:
    # Asked for with every table and every table that its keys refer to, and costly to parse.
    try:
        package = json.loads(text)
    except ValueError as error:
        raise TableError(f"data/datapackage.json is no JSON ({error}).") from None
    if not isinstance(package, dict) or not isinstance(package.get("resources"), list):
        raise TableError("data/datapackage.json describes no tables; expected a list under resources.")
    return {resource["name"]: resource for resource in package["resources"]}


def descriptor(table: str) -> _Descriptor:
    """Read the descriptor of one table.

    Beside what the Data Package standard defines it may hold ``ship`` (what is given away), ``absent``
    (what it means that a state has no row), ``groups`` (text columns by which aggregates are grouped)
    and ``rules`` (what must hold between the cells of a row).

    Raises
    ------
    TableError
        If there is no such table.
    """
    known = descriptors()
    if table not in known:
        raise TableError(
            _sentence(f"There is no table {table!r}, expected one of {', '.join(known)}", table, tuple(known))
        )
    return known[table]


def _place(resource: _Descriptor, file: str | Path | None = None) -> tuple[Path, str]:
    """Where the table lies, and how its file is called in a sentence."""
    if file is None:
        file = _substitutes().get(resource["name"])
    if file is not None:
        return Path(file), str(file)
    return root() / "data" / resource["path"], f"data/{resource['path']}"


def _substitutes() -> dict[str, str]:
    text = os.environ.get(TABLES_VARIABLE, "")
    if not text:
        return {}
    try:
        named = json.loads(text)
    except ValueError:
        named = None
    if not isinstance(named, dict) or not all(isinstance(path, str) for path in named.values()):
        raise TableError(f'{TABLES_VARIABLE} is not as expected: JSON like {{"states": "/home/me/own.csv"}}.')
    for table, path in named.items():
        descriptor(table)
        if not Path(path).is_absolute():
            raise TableError(
                f"{TABLES_VARIABLE} names {path!r} for table {table}; expected an absolute path."
            )
    return named


def _fingerprint(resource: _Descriptor, content: bytes) -> str:
    """Digest of everything that decides whether the content is valid."""
    total = hashlib.sha256(_rules_digest())
    for part in (json.dumps(resource).encode(), content):
        total.update(hashlib.sha256(part).digest())
    for reference in references(resource).values():
        other = descriptor(reference["resource"])
        path, shown = _place(other)
        total.update(_fingerprint(other, _content(path, shown, other)).encode())
    return total.hexdigest()


@functools.cache
def _rules_digest() -> bytes:
    # The rules stand in this module and in frictionless.
    version = importlib.metadata.version("frictionless")
    return hashlib.sha256(Path(__file__).read_bytes() + version.encode()).digest()


# From bytes to records


def _content(path: Path, shown: str, resource: _Descriptor) -> bytes:
    expected = f"expected a CSV file in UTF-8 with the columns {', '.join(_columns(resource))}"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise TableError(f"{shown} does not exist; {expected}.") from None
    except IsADirectoryError:
        raise TableError(f"{shown} is a folder; {expected}.") from None
    except (OSError, ValueError) as error:
        # ValueError: a path that no system can hold, with a null character, say
        raise TableError(
            f"{shown} cannot be read ({getattr(error, 'strerror', error)}); {expected}."
        ) from None


def _records(content: bytes, shown: str, resource: _Descriptor) -> _Records:
    """Cells of every row, the header's first; raises TableError unless it is CSV in UTF-8 with rows."""
    expected = f"expected the columns {', '.join(_columns(resource))}, with commas between, and rows below"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TableError(f"{shown} is in UTF-16; expected UTF-8: save it anew as 'CSV UTF-8'.")
    if b"\0" in content or content.startswith(b"PK\x03\x04"):
        raise TableError(f"{shown} is no text file (a spreadsheet or an image, perhaps); {expected}.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise TableError(
            f"{shown}, row {line}: not in UTF-8 (byte 0x{error.object[error.start]:02x}); "
            "expected UTF-8: save it anew as 'CSV UTF-8'."
        ) from None
    if not text.strip():
        raise TableError(f"{shown} is empty; {expected}.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        records = list(reader)
    except csv.Error as error:
        raise TableError(
            f"{shown}, row {reader.line_num}: {error}; expected comma-separated cells."
        ) from None
    for name, mark in (("semicolons", ";"), ("tabs", "\t")):
        if len(records[0]) == 1 and mark in records[0][0]:
            raise TableError(f"{shown}, row 1: the cells are separated by {name}; {expected}.")
    if len(records) == 1:
        raise TableError(f"{shown} has a header and no rows; {expected}.")
    return records


# From records to problems


def _problems(resource: _Descriptor, records: _Records, shown: str) -> list[str]:
    """Everything in which the records break the schema, one sentence each, by row and column."""
    header, *rows = records
    wrong = _header_problems(resource, header)
    if wrong:
        # Without a sound header no cell has a place; the cells' problems come once it is mended.
        return [f"{shown}, row 1: {sentence}" for sentence in wrong]

    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    known = {name: _known(resource, fields[name]) for name in header}
    # One problem a cell, the first found: an empty key breaks several rules, but is one mistake.
    found: dict[tuple[int, str], str] = {}

    def report(number: int, name: str, text: str, cell: str = "") -> None:
        found.setdefault((number, name), _sentence(text, cell, known.get(name, ())))

    def report_cell(number: int, name: str) -> None:
        cell = dict(zip(header, rows[number - 2], strict=False)).get(name, "")
        what = f"found {_quoted(cell)}" if cell else "found an empty cell"
        report(number, name, f"{what}, expected {_expected(resource, fields[name])}", cell)

    for number, row in enumerate(rows, start=2):
        if row and len(row) != len(header):
            where = header[min(len(row), len(header) - 1)]
            side = "this is the first without a cell" if len(row) < len(header) else "this is the last"
            report(number, where, f"found {len(row)} cells, expected {len(header)}: {side}")
        for name, cell in zip(header, row, strict=False):
            if cell and not _FORMS[fields[name]["type"]][0].fullmatch(cell):
                report_cell(number, name)

    late = []
    for error in _frictionless_errors(resource, records):
        number = getattr(error, "row_number", 0)
        match error.type:
            case "type-error" | "constraint-error":
                if error.field_number <= len(rows[number - 2]):
                    report_cell(number, error.field_name)
            case "foreign-key":
                report_cell(number, error.field_names[0])
            case "missing-cell" | "extra-cell":
                pass  # reported above, once for a row
            case "blank-row":
                report(number, "", f"found an empty row, expected {len(header)} cells")
            case "unique-error":
                earlier = _earlier_row(error)
                text = f"found {_quoted(error.cell)} as in row {earlier}, expected each value once"
                report(number, error.field_name, text)
            case "primary-key" | "row-constraint":
                late.append(error)
            case _:
                # Nothing that frictionless may come to check goes by in silence.
                report(number, "", error.message)

    # What joins several cells of a row says nothing new while one of them is wrong.
    wrong_rows = {number for number, _ in found}
    for error in (error for error in late if error.row_number not in wrong_rows):
        cells = dict(zip(header, rows[error.row_number - 2], strict=True))
        if error.type == "primary-key":
            key = resource["schema"]["primaryKey"]
            once = f"each {key[0]}" if len(key) == 1 else f"each combination of {' and '.join(key)}"
            found_key = _quoted(", ".join(cells[name] for name in key))
            text = f"found {found_key} as in row {_earlier_row(error)}, expected {once} once"
            report(error.row_number, key[0], text)
        else:
            rule = next(rule for rule in resource["rules"] if f'"{rule["formula"]}"' in error.note)
            text = f"found {_quoted(cells[rule['column']])}, expected {rule['meaning']}"
            report(error.row_number, rule["column"], text)

    order = {name: place for place, name in enumerate(["", *header])}
    sentences = []
    for number, name in sorted(found, key=lambda place: (place[0], order[place[1]])):
        line = f", row {number}" if number else ""
        column = f", column {name!r}" if name else ""
        sentences.append(f"{shown}{line}{column}: {found[number, name]}")
    return sentences


def _header_problems(resource: _Descriptor, header: list[str]) -> list[str]:
    columns = _columns(resource)
    expected = f"expected the columns {', '.join(columns)}"
    if not set(header) & set(columns):
        return [f"none of the columns of table {resource['name']} is named here; {expected}."]
    missing = [name for name in columns if name not in header]
    wrong = [f"column {name!r} is missing; {expected}." for name in missing]
    for place, name in enumerate(header):
        if not name.strip():
            wrong.append(f"column number {place + 1} has no name; {expected}.")
        elif name in header[:place]:
            wrong.append(f"column {name!r} stands twice; {expected}.")
        elif name not in columns:
            wrong.append(_sentence(f"column {_quoted(name)} is unknown; {expected}", name, tuple(missing)))
    return wrong


def _frictionless_errors(resource: _Descriptor, records: _Records) -> list[Any]:
    # Imported here because a table that is remembered as valid does without it.
    from frictionless import Check, Checklist, Package, Resource, Schema, checks

    header = records[0]
    schema = {
        **resource["schema"],
        "fields": sorted(resource["schema"]["fields"], key=lambda field: header.index(field["name"])),
    }
    # Everything is handed over in memory: what is checked is what was read, and frictionless opens
    # no path and no address.
    checked = Resource(name=resource["name"], data=records, schema=Schema.from_descriptor(schema))
    package = Package(resources=[checked])
    for reference in references(resource).values():
        other, columns = reference["resource"], reference["fields"]
        # Only the keys, and as text: frictionless would guess the year 2004 from the label '2004'.
        fields = [{"name": column, "type": "string"} for column in columns]
        keys = [columns, *_as_it_is(other)[columns].values.tolist()]
        package.add_resource(
            Resource(name=other, data=keys, schema=Schema.from_descriptor({"fields": fields}))
        )
    rules: list[Check] = [
        checks.row_constraint(formula=rule["formula"]) for rule in resource.get("rules", [])
    ]
    report = checked.validate(Checklist(checks=rules), limit_errors=10**9)
    return [*report.errors, *(error for task in report.tasks for error in task.errors)]


def _earlier_row(error: Any) -> str:
    """Row that holds the same key, as frictionless words it; empty where it names none."""
    same = re.search(r"the same as in the row at position (\d+)", error.note)
    return same[1] if same else ""


def _summary(problems: list[str], resource: _Descriptor, shown: str) -> str:
    if len(problems) == 1:
        return problems[0]
    listed = [f"{shown} breaks the schema of table {resource['name']} in {len(problems)} places:"]
    listed += problems[:LISTED_AT_MOST]
    if len(problems) > LISTED_AT_MOST:
        listed.append(f"and {len(problems) - LISTED_AT_MOST} more.")
    return "\n- ".join(listed)


# What a schema expects, in words


def _columns(resource: _Descriptor) -> list[str]:
    return [field["name"] for field in resource["schema"]["fields"]]


def _required(field: _Descriptor) -> bool:
    return bool(field.get("constraints", {}).get("required", False))


def references(resource: _Descriptor) -> dict[str, _Descriptor]:
    """Read the foreign keys of a table by column; every key of this package is of one column."""
    return {key["fields"][0]: key["reference"] for key in resource["schema"].get("foreignKeys", [])}


def _expected(resource: _Descriptor, field: _Descriptor) -> str:
    """What a cell of this column may hold, as the end of a sentence."""
    limits = field.get("constraints", {})
    reference = references(resource).get(field["name"])
    if reference:
        return f"a value that is in column {reference['fields'][0]!r} of table {reference['resource']}"
    if "enum" in limits:
        return f"one of {', '.join(limits['enum'])}"
    if "pattern" in limits:
        return f"{field['form']}, like {field['example']!r}"
    words = _FORMS[field["type"]][1]
    if "minimum" in limits:
        words += f" from {limits['minimum']}"
    if "maximum" in limits:
        words += f" to {limits['maximum']}"
    return words


def _known(resource: _Descriptor, field: _Descriptor) -> tuple[str, ...]:
    """List the values of which a wrong cell may be a misspelling."""
    reference = references(resource).get(field["name"])
    if reference:
        return tuple(_as_it_is(reference["resource"])[reference["fields"][0]])
    return tuple(field.get("constraints", {}).get("enum", ()))


def _sentence(text: str, cell: str = "", known: tuple[str, ...] = ()) -> str:
    """End a sentence, offering the known value that is spelt most like the cell, if there is one."""
    near = _near(cell, known)
    return f"{text}; is {near!r} meant?" if near else f"{text}."


@functools.lru_cache(maxsize=1024)
def _near(cell: str, known: tuple[str, ...]) -> str:
    spelt = {value.casefold(): value for value in known}
    cell = cell.strip().casefold()
    close = difflib.get_close_matches(cell, spelt)
    # Of the most alike the one that begins alike: for ALBN that is ALB, not LBN.
    best = max(close, key=lambda value: value[:1] == cell[:1], default="")
    return spelt.get(best, "")


def _quoted(cell: str) -> str:
    return repr(cell if len(cell) <= 60 else f"{cell[:59]}…")


# From records to a frame


def _typed(resource: _Descriptor, records: _Records) -> pd.DataFrame:
    header, *rows = records
    cells = dict(zip(header, zip(*rows, strict=True), strict=True))
    return pd.DataFrame(
        {field["name"]: _column(field, cells[field["name"]]) for field in resource["schema"]["fields"]}
    )


def _column(field: _Descriptor, cells: Sequence[str]) -> pd.Series:
    filled = [cell or None for cell in cells]
    match field["type"]:
        case "integer" | "year":
            numbers = pd.Series([None if cell is None else int(cell) for cell in filled], dtype="Int64")
            return numbers.astype("int64") if _required(field) else numbers
        case "number":
            return pd.Series(
                [float("nan") if cell is None else float(cell) for cell in filled], dtype="float64"
            )
        case "date":
            return pd.to_datetime(pd.Series(filled, dtype="str"), format="%Y-%m-%d")
        case _:
            return pd.Series(filled, dtype="str")
