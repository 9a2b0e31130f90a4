"""The codebook, generated from the data package: what each table and variable holds, and what is missing.

Missing figures are counted for member states of the United Nations by their latest income group, for
what is missing is not missing at random. `coverage` gives the figures, `tables_markdown` and
`sources_markdown` the pages.
"""

import html
import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from cybergov import data, tables

INCOME_GROUPS = ("low", "lower middle", "upper middle", "high")
#: What it means that a state has no row, by the word in the package's descriptor.
ABSENT = {
    "missing": "A state without a row: its figure is missing.",
    "zero": "A state without a row has none.",
    "unrecorded": "A state without a row: nothing is on record, which is not the same as nothing.",
}
#: Bars in a picture of a distribution; at most so many words of a closed list get one each.
BARS = 16
#: A variable is drawn on a logarithmic scale if its largest value is so many times its median.
SKEWED = 50
WIDTH, HEIGHT = 96, 24


# --- what is missing ------------------------------------------------------------------------------


def income_groups() -> pd.Series:
    """Group the member states by income.

    Returns
    -------
    Series
        The latest income group, by code of the state.
    """
    frame = data.load("income_groups")
    return frame.sort_values("year").groupby("iso3")["income_group"].last()


def series() -> list[str]:
    """Name the tables that are meant to have a figure for every member state."""
    return [name for name, resource in data.descriptors().items() if resource.get("absent") == "missing"]


def filled(table: str) -> pd.DataFrame:
    """Tell for every member state how far a table has figures for it.

    Parameters
    ----------
    table : str
        A table whose rows are states, or states in years.

    Returns
    -------
    DataFrame
        One row a member state, one column a variable that is no key: the share (0 to 1) of the table's
        years, or of its one point in time, for which the state has a value. Where the absence of a row
        means that a state has none, only cells of rows that exist can be missing.
    """
    frame, resource = data.load(table), data.descriptor(table)
    (state, *_) = data.state_columns(table)
    keys = set(resource["schema"]["primaryKey"])
    variables = [name for name in frame if name not in keys | {"source"}]
    members = pd.Index(data.load("states")["iso3"], name="iso3")
    has = frame[variables].notna().groupby(frame[state]).sum().reindex(members, fill_value=0)
    if resource.get("absent") == "missing":
        others = sorted(keys - {state})
        expected = len(frame[others].drop_duplicates()) if others else 1
        return has / expected
    rows = frame.groupby(state).size().reindex(members)
    return has.div(rows, axis=0)


def missing_by_income(table: str) -> pd.DataFrame:
    """Give the share of figures that a table misses, by income group.

    Parameters
    ----------
    table : str
        A table of states.

    Returns
    -------
    DataFrame
        One row a variable, one column an income group: share missing, 0 to 1; missing itself where
        the table has no state of the group.
    """
    groups = income_groups()
    shares = 1 - filled(table)
    return shares.groupby(groups.reindex(shares.index)).mean().T.reindex(columns=list(INCOME_GROUPS))


def coverage() -> pd.DataFrame:
    """Give the coverage of every member state in the tables that mean to cover all.

    Returns
    -------
    DataFrame
        One row a member state: iso3, name, income_group, population (latest), covered (mean share of
        the tables' figures that exist for it, 0 to 1), and the same share for each table under
        ``table_`` and its name.
    """
    parts = {name: filled(name).mean(axis=1) for name in series()}
    shares = pd.DataFrame(parts)
    states = data.load("states").set_index("iso3")
    population = data.load("population").sort_values("year").groupby("iso3")["population"].last()
    facts = pd.DataFrame(
        {
            "name": states["name"],
            "income_group": income_groups(),
            "population": population,
            "covered": shares.mean(axis=1),
        }
    )
    return facts.join(shares.add_prefix("table_")).rename_axis("iso3").reset_index()


# --- pictures of distributions --------------------------------------------------------------------


def bars(values: pd.Series, closed: list[str] | None = None) -> tuple[list[int], str]:
    """Count the values of a variable for a picture of its distribution.

    Parameters
    ----------
    values : Series
        Numbers, dates or words; empty cells are left out.
    closed : list of str, optional
        The words that may occur, in the order of the bars.

    Returns
    -------
    (list of int, str)
        Heights of the bars, and one line on what they show; no bars where there is nothing to draw.
    """
    known = values.dropna()
    if known.empty:
        return [], ""
    if closed:
        counts = known.value_counts().reindex(closed, fill_value=0)
        most = f"{counts.idxmax()} {counts.max():,}"
        return [int(count) for count in counts], f"{len(closed)} values; most often {most}"
    if pd.api.types.is_datetime64_any_dtype(known):
        known = known.dt.year
    if not pd.api.types.is_numeric_dtype(known):
        return [], ""
    numbers = known.to_numpy(dtype=float)
    low, middle, high = float(numbers.min()), float(np.median(numbers)), float(numbers.max())
    logarithmic = low >= 0 and middle > 0 and high / middle > SKEWED
    if logarithmic:
        numbers = np.log10(numbers[numbers > 0])
    heights = np.histogram(numbers, bins=BARS)[0].tolist() if high > low else [len(numbers)]
    said = f"from {_plain(low)} to {_plain(high)}, median {_plain(middle)}"
    return heights, f"{said}; logarithmic scale" if logarithmic else said


def _plain(value: float) -> str:
    if value != round(value) and abs(value) < 1000:
        return f"{value:.3g}"
    return f"{value:.0f}" if abs(value) < tables.SEPARATED_FROM else f"{value:,.0f}"


def picture(heights: list[int], said: str) -> str:
    """Draw bars as a small picture that takes the colour of the text around it.

    Parameters
    ----------
    heights : list of int
        One number a bar, 0 or more.
    said : str
        What the picture shows, for readers who do not see it and for the pointer.

    Returns
    -------
    str
        An SVG element in one line; empty without bars.
    """
    if not heights:
        return ""
    step, top = WIDTH / len(heights), max(heights) or 1
    # The square root keeps rare values visible beside frequent ones.
    tall = [math.ceil(HEIGHT * math.sqrt(height / top)) for height in heights]
    path = "".join(
        f"M{at * step:.1f} {HEIGHT}v-{height}h{max(step - 1, 0.5):.1f}v{height}z"
        for at, height in enumerate(tall)
        if height
    )
    label = html.escape(said, quote=True)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return (
        f'<svg class="distribution" role="img" aria-label="Distribution: {label}" {size}>'
        f'<title>{label}</title><path d="{path}" fill="currentColor"/></svg>'
    )


# --- pages ----------------------------------------------------------------------------------------


def overview_markdown() -> str:
    """Write the list of all tables as a table in MyST."""
    listed = data.tables()
    rows = pd.DataFrame(
        {
            "Table": [
                f"{{ref}}`{title} <table-{anchor(name)}>` `{name}`"
                for name, title in zip(listed["name"], listed["title"], strict=True)
            ],
            "Rows": listed["rows"],
            "Years": [years(*span) for span in zip(listed["first_year"], listed["last_year"], strict=True)],
            "States": listed["states"].astype("Int64").where(listed["states"] > 0),
            "Given away": listed["ship"],
            "Licence": listed["licence"],
        }
    )
    caption = f"The tables of the package: {len(listed)} tables, {listed['rows'].sum():,} rows"
    return tables.show(rows, name="codebook-tables", caption=caption).data


def tables_markdown(level: int) -> str:
    """Write the codebook of all tables as MyST: a heading for each folder, a section for each table.

    Parameters
    ----------
    level : int
        Level of the headings of the folders; those of the tables are one below.
    """
    listed = data.tables().set_index("name")
    parts, folder = [], None
    for name in listed.index:
        here = data.descriptor(str(name))["path"].rpartition("/")[0]
        if here != folder:
            parts.append(f"{'#' * level} {_FOLDERS.get(here, here.capitalize())}")
            folder = here
        parts.append(_table_section(str(name), listed.loc[name], level + 1))
    return "\n\n".join(parts)


#: Headings of the folders of ``data/``.
_FOLDERS = {
    "": "About the tables",
    "states": "States",
    "votes": "Votes",
    "memberships": "Institutions and memberships",
    "cases": "Cases",
    "incidents": "Incidents",
    "goods": "Goods",
    "resources": "Prices and resources",
}


def anchor(table: str) -> str:
    """Turn the name of a table into the end of its address on the page."""
    return table.replace("_", "-")


def years(first: Any, last: Any) -> str:
    """Write a span of years, both ends whole numbers; an en dash where they are missing."""
    if pd.isna(first):
        return tables.MISSING
    return str(first) if first == last else f"{first}–{last}"


def _table_section(name: str, listed: pd.Series, level: int) -> str:
    resource, variables = data.descriptor(name), data.describe(name)
    licence = resource["licenses"][0]
    terms = f"[{licence['name']}]({licence['path']})" if "path" in licence else licence["name"]
    counted = data.sources(name)
    rests = f"[{len(counted)} {'source' if len(counted) == 1 else 'sources'}](sources.md)"
    seen = f", {(counted['verified'] == 'yes').sum()} of them seen" if len(counted) > 1 else ""
    facts = [
        f"{listed['rows']:,} rows",
        f"years {years(listed['first_year'], listed['last_year'])}" if pd.notna(listed["first_year"]) else "",
        f"{listed['states']} of {len(data.load('states'))} member states" if listed["states"] else "",
        f"key: {', '.join(f'`{key}`' for key in resource['schema']['primaryKey'])}",
        "" if name == "sources" else f"rests on {rests}{seen}",
        "given away as rows" if resource["ship"] == "rows" else "given away as aggregates only",
        f"licence: {terms}, {licence['title']}",
    ]
    absent = ABSENT.get(resource.get("absent", ""), "")
    return "\n".join(
        [
            f"(table-{anchor(name)})=",
            f"{'#' * level} {resource['title']}",
            "",
            f"`{name}` · {{download}}`CSV </data/{resource['path']}>`",
            "",
            variables.attrs["description"],
            absent,
            "",
            f"{'; '.join(fact for fact in facts if fact)}.",
            "",
            _variables_table(name, variables),
        ]
    )


def _variables_table(name: str, variables: pd.DataFrame) -> str:
    frame = data.load(name)
    enums = {
        f["name"]: f.get("constraints", {}).get("enum") for f in data.descriptor(name)["schema"]["fields"]
    }
    drawn = {column: bars(frame[column], enums[column]) for column in frame}
    rows = pd.DataFrame(
        [
            {
                "Variable": f"`{row['column']}` {_meaning(row)}",
                "Distribution": picture(*drawn[row["column"]]),
                "Empty": _percent(frame[row["column"]].isna().mean()),
            }
            for row in variables.to_dict("records")
        ]
    )
    if name in series():
        shares = missing_by_income(name)
        for group in INCOME_GROUPS:
            rows[group.capitalize()] = [
                _percent(shares.loc[column, group]) if column in shares.index else tables.MISSING
                for column in variables["column"]
            ]
        rows = rows.drop(columns="Empty")
        missing = "member states' figures that are missing, by income group"
    else:
        missing = "cells that are empty"
    caption = f"Variables of `{name}`, with the share of {missing}"
    return tables.show(rows, name=f"variables-{anchor(name)}", caption=caption).data


def _meaning(row: Mapping[Hashable, str]) -> str:
    unit = f" Unit: {row['unit']}." if row["unit"] and row["type"] != "year" else ""
    return (
        f"**{row['title']}.** {row['description']}{unit} {row['expected'][:1].upper()}{row['expected'][1:]}."
    )


def _percent(share: float) -> str:
    if pd.isna(share):
        return tables.MISSING
    if share == 0:
        return "0 %"
    return "< 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def sources_markdown() -> str:
    """Write the list of sources as MyST, then the facts on which sources contradict each other."""
    used: dict[str, list[str]] = {}
    for name in data.descriptors():
        for source in sorted(data.named_sources(name)):
            used.setdefault(source, []).append(name)
    parts = []
    for row in data.load("sources").fillna("").to_dict("records"):
        title = f"[{row['title']}]({row['url']})" if row["url"] else row["title"]
        cited = f" {{cite:p}}`{row['bibkey']}`" if row["bibkey"] else ""
        where = ", ".join(f"{{ref}}`{name} <table-{anchor(name)}>`" for name in used.get(row["id"], ()))
        seen = f"seen: {row['seen_at']}" if row["verified"] == "yes" else "not seen"
        facts = [
            f"Licence: {row['licence']}",
            f"given away: {row['ship']}",
            seen,
            f"last looked at {row['accessed']:%Y-%m-%d}",
        ]
        parts.append(
            f"(source-{anchor(row['id'])})=\n`{row['id']}`\n"
            f": {row['publisher']}: {title}{cited}. {row['citation']}. {'; '.join(facts)}. Used in {where}."
        )
    return "\n\n".join(parts)


def disagreements_markdown() -> str:
    """Write the facts on which two sources differ as a list in MyST."""
    listed = data.load("disagreements")
    return "\n\n".join(
        f"`{row['table']}`, {row['key']}: {row['column']}\n: {_says(row['source_a'], row['value_a'])}; "
        f"{_says(row['source_b'], row['value_b'])}. In the table: {row['decision']}. {row['reason']}"
        for row in listed.to_dict("records")
    )


def _says(source: str, value: str) -> str:
    return f"{{ref}}`{source} <source-{anchor(source)}>`: {value}"
