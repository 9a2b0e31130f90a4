"""The dated record of a case: what happened, who took part, and where each entry was seen.

Part V tells five cases from the same two tables in the same form, so that a reader can compare them.
"""

import altair as alt
import pandas as pd
from IPython.display import Markdown

from cybergov import charts, codebook, data, states, tables
from cybergov.errors import BookError

#: The cases, in the order of the chapters.
CASES = ("two_tracks", "two_conventions", "cve_programme", "ransomware_club", "attribution")
#: Colour and shape of each kind of actor, the same in every case.
KINDS = {
    "state": (charts.BLUE, "circle"),
    "international organisation": (charts.ORANGE, "square"),
    "firm or agency": (charts.GREEN, "triangle-up"),
    "non-state group": (charts.PURPLE, "cross"),
}


def timeline(case: str, *, rows: str = "verified") -> pd.DataFrame:
    """Give the dated events of a case.

    Parameters
    ----------
    case : str
        One of `CASES`.
    rows : {"verified", "all"}
        Whether events whose source was not seen are left out.

    Returns
    -------
    DataFrame
        One row an event, in the order of their dates: ``event``, ``date`` (as far as it is known, such
        as ``2017-05``), ``description``, ``actors`` (names, joined by commas; empty if none is on
        record), ``date_verified`` (yes, partial or no), ``verified`` and ``source``.

    Raises
    ------
    BookError
        If the case or the rows are unknown.
    """
    events = _events(case, rows)
    named = actors(case, rows=rows).groupby("event")["Actor"].agg(", ".join)
    events["actors"] = events["event"].map(named).fillna("")
    return events[["event", "date", "description", "actors", "date_verified", "verified", "source"]]


def actors(case: str, *, rows: str = "verified") -> pd.DataFrame:
    """Give who took part in the events of a case.

    Parameters
    ----------
    case, rows
        As in `timeline`.

    Returns
    -------
    DataFrame
        One row an actor of an event, in the order of the events: ``event``, ``date``, ``actor`` (code or
        short name), ``Actor`` (name to show) and ``kind``.

    Raises
    ------
    BookError
        If the case or the rows are unknown.
    """
    found = _events(case, rows)[["event", "date"]].merge(data.load("event_actors"), on="event")
    found["Actor"] = found["actor"].map(states.names()).fillna(found["actor"])
    return found[["event", "date", "actor", "Actor", "kind"]]


def _events(case: str, rows: str) -> pd.DataFrame:
    if case not in CASES:
        raise BookError(f"There is no case {case!r}; known are {', '.join(CASES)}.")
    if rows not in ("verified", "all"):
        raise BookError(f"Rows are 'verified' or 'all', not {rows!r}.")
    events = data.load("events")
    events = events[events["case"].eq(case) & (events["verified"].eq("yes") | (rows == "all"))]
    return events.sort_values(["date", "event"], kind="stable").reset_index(drop=True)


def show_timeline(
    case: str, *, caption: str, rows: str = "verified", from_date: str = "", to_date: str = "9999"
) -> Markdown:
    """Show the events of a case as a numbered table, each with a link to its source.

    Parameters
    ----------
    case, rows
        As in `timeline`.
    caption : str
        The question that the table answers. The label is ``CASE-timeline``, with hyphens.
    from_date, to_date : str
        First date, and the date before which the table ends, such as ``"2021"``. A second part of a
        long timeline has its first date in its label.

    Returns
    -------
    Markdown
        For the last line of a cell. A date or an event that was not wholly seen says so.

    Raises
    ------
    BookError
        If the case or the rows are unknown, or no event lies between the dates.
    """
    events = timeline(case, rows=rows)
    events = events[events["date"].ge(from_date) & events["date"].lt(to_date)]
    if events.empty:
        raise BookError(f"The case {case} has no events from {from_date or 'its beginning'} to {to_date}.")
    sources = data.load("sources").set_index("id")["publisher"]
    unsure = {"yes": "", "partial": " (in part seen)", "no": " (day not seen)"}
    frame = pd.DataFrame(
        {
            "Date": events["date"] + events["date_verified"].map(unsure),
            "What happened": events["description"].where(
                events["verified"].eq("yes"), events["description"] + " *Not seen in a source.*"
            ),
            "Source": [
                f"{{ref}}`{sources[source]} <source-{codebook.anchor(source)}>`"
                for source in events["source"]
            ],
        }
    )
    label = f"{case.replace('_', '-')}-timeline" + (f"-{from_date[:4]}" if from_date else "")
    return tables.show(frame, name=label, caption=caption)


def show_actors(case: str, *, title: str, most: int = 10, rows: str = "verified") -> charts.Figure:
    """Show when the actors of a case took part in its events, the most frequent first.

    Parameters
    ----------
    case, rows
        As in `timeline`.
    title : str
        The chart's one message.
    most : int
        So many actors have a row each; the figures behind the chart list all.

    Returns
    -------
    Figure
        For the last line of a cell; a date without a day stands at the beginning of its month or year.

    Raises
    ------
    BookError
        If the case or the rows are unknown.
    """
    found = actors(case, rows=rows).merge(timeline(case, rows=rows)[["event", "description"]], on="event")
    counts = found["Actor"].value_counts(sort=False).rename_axis("Actor").reset_index(name="Events")
    counts = counts.merge(found[["Actor", "kind"]].drop_duplicates("Actor"), on="Actor")
    counts = counts.sort_values(["Events", "Actor"], ascending=[False, True], kind="stable")
    order = list(counts["Actor"].head(most))
    shown = found[found["Actor"].isin(order)].rename(
        columns={"date": "Date", "kind": "Kind", "description": "Event"}
    )
    shown["day"] = (shown["Date"] + "-01-01").str[:10]
    kinds = [kind for kind in KINDS if kind in set(shown["Kind"])]
    colours = alt.Scale(domain=kinds, range=[KINDS[kind][0] for kind in kinds])
    shapes = alt.Scale(domain=kinds, range=[KINDS[kind][1] for kind in kinds])
    chart = (
        alt.Chart(shown[["Actor", "Kind", "Date", "day", "Event"]], title=title)
        .mark_point(size=70, opacity=0.8)
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("Actor:N", sort=order, title=None, axis=alt.Axis(grid=True)),
            color=alt.Color("Kind:N", title=None, scale=colours),
            shape=alt.Shape("Kind:N", title=None, scale=shapes),
            tooltip=["Actor", "Date", "Event"],
        )
        .properties(height={"step": 24})
    )
    first = counts.iloc[0]
    table = counts.rename(columns={"kind": "Kind"})[["Actor", "Kind", "Events"]]
    return charts.show(
        chart,
        description=f"Events of the case by actor and date, {len(order)} of {len(counts)} actors. "
        f"{first['Actor']} takes part in most: {first['Events']}.",
        table=table,
        name=f"{case.replace('_', '-')}-actors",
    )
