"""Charts that need no network: one look, one way to show them, for page, print and screen reader.

A chapter ends a cell with `show`. What comes out is a figure with a static picture, the chart's
Vega-Lite specification, and the figures behind it as a table. On the book's pages the script
``charts.js`` replaces the picture by the drawn chart as it comes into view; where scripts do not
run, the picture stays. Importing this module sets Altair's theme and renderer for the process.
"""

import base64
import copy
import functools
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import quote

import altair as alt
import pandas as pd
import vl_convert

from cybergov import tables
from cybergov.errors import BookError

# Okabe and Ito's colours, distinct for readers with colour vision deficiency.
BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
ORANGE = "#E69F00"
SKY = "#56B4E9"
YELLOW = "#F0E442"
#: In the order in which a chart should use them: those that stand out on white paper first.
OKABE_ITO = {
    "blue": BLUE,
    "vermillion": VERMILLION,
    "green": GREEN,
    "purple": PURPLE,
    "orange": ORANGE,
    "sky": SKY,
    "yellow": YELLOW,
}
#: For what is there to compare with.
GREY = "#8C8C8C"
#: Text and lines, and the page behind them: the dark theme gives these a value of its own.
#: So it does for the one colour of Okabe and Ito's that is too dark there.
INK = "#222832"
MUTED = "#48566b"
LINE = "#8a94a3"
GRID = "#e3e6ea"
PAPER = "#ffffff"
DARK = {
    INK: "#dde3e9",
    MUTED: "#b4bcc7",
    LINE: "#6b7684",
    GRID: "#333a44",
    PAPER: "#121212",
    BLUE: "#4c8dff",  # as it is, it would hardly show on a grey band; more violet than SKY
}

#: Liberation Sans is what the converter brings along; the others have its widths.
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
#: Width in pixels of the static picture of a chart that fills its container.
STATIC_WIDTH = 640
#: A chart's own data may stand for its table up to so many rows.
OWN_ROWS = 60
#: So many rows are shown under a chart; the file for download has all.
SHOWN_ROWS = 300


@alt.theme.register("book", enable=True)
def theme() -> alt.theme.ThemeConfig:
    """Altair's theme of the book: quiet, legible, transparent, safe colours."""
    text = {"labelColor": MUTED, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12}
    plain: Any = {  # Altair types every key of a theme, and its types lag behind its schema
        "aria": False,  # the figure's label tells the chart; roles inside would tell it again
        "background": "transparent",
        "padding": {"left": 2, "right": 10, "top": 6, "bottom": 2},
        "font": FONT,
        "view": {"stroke": None, "continuousHeight": 260},
        "title": {
            "anchor": "start",
            "frame": "group",
            "color": INK,
            "fontSize": 13,
            "subtitleColor": MUTED,
            "subtitleFontSize": 12,
            "offset": 8,
        },
        "axis": {
            **text,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "labelPadding": 4,
            "labelLimit": 200,
            "gridColor": GRID,
            "domainColor": LINE,
            "tickColor": LINE,
            "tickSize": 4,
        },
        "axisBand": {"grid": False, "domain": False, "ticks": False},
        "axisQuantitative": {"tickCount": 6, "domain": False},
        "legend": {
            **text,
            "titleFontWeight": "normal",
            "orient": "top",
            "direction": "horizontal",
            "titleOrient": "left",
            "symbolSize": 90,
            "labelLimit": 240,
            "offset": 10,
        },
        "header": {**text, "title": None, "labelFontSize": 13, "labelColor": INK, "labelAnchor": "start"},
        "mark": {"color": BLUE, "tooltip": True},
        "line": {"strokeWidth": 2},
        "point": {"filled": True, "size": 60, "opacity": 1},
        "circle": {"size": 60, "opacity": 1},
        "rule": {"color": LINE},
        "text": {"color": INK, "fontSize": 12},
        "range": {"category": list(OKABE_ITO.values())},
    }
    return {"config": plain}


# --- one version of Vega-Lite ---------------------------------------------------------------------


@functools.cache
def vegalite_version() -> str:
    """Return the version of Vega-Lite that Altair writes, such as ``6.4``.

    Raises
    ------
    BookError
        If the installed vl-convert cannot read it.
    """
    major, minor = re.findall(r"\d+", alt.SCHEMA_VERSION)[:2]
    version, known = f"{major}.{minor}", vl_convert.get_vegalite_versions()
    if version not in known:
        raise BookError(
            f"Altair {alt.__version__} writes Vega-Lite {version}, but the installed vl-convert "
            f"reads {', '.join(known)}: install releases of the two that agree, as requirements.txt has them."
        )
    return version


def vega_bundle() -> str:
    """Return the JavaScript that draws the charts, all in one: Vega, Vega-Lite and Vega-Embed.

    As a script of its own it sets ``window.vegaEmbed`` and nothing that could meet other scripts'
    names. It takes a second or two to make, and is the same for the same vl-convert.

    Raises
    ------
    BookError
        If Altair and vl-convert do not speak the same version of Vega-Lite.
    """
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=vegalite_version())
    return f'(() => {{\n"use strict";\n{bundle}\n}})();\n'


# --- showing a chart ------------------------------------------------------------------------------


class Figure:
    """A chart ready to be shown; made by `show`, displayed by the notebook."""

    def __init__(self, page: str, png: bytes, description: str, width: int, height: int) -> None:
        self.html = page
        self.png = png
        self.description = description
        self.width = width
        self.height = height

    def __repr__(self) -> str:
        """Say what the chart shows."""
        return self.description

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict]:
        data = {
            "text/html": self.html,
            "image/png": _base64(self.png),
            "text/plain": self.description,
        }
        return data, {"image/png": {"width": self.width, "height": self.height}}


def show(
    chart: alt.typing.ChartType,
    *,
    description: str,
    table: pd.DataFrame | None = None,
    name: str | None = None,
    digits: tables.Digits = None,
) -> Figure:
    """Show a chart with its description and the figures behind it.

    A single or layered chart without a width fills the page's column and follows its size; charts
    side by side keep theirs and scroll where they do not fit. The pictures are made here and not at
    display, so that a chart which cannot be drawn fails its cell.

    Parameters
    ----------
    chart : altair.Chart or a layered, faceted, concatenated or repeated one
        Its title, one message, is set as text above the picture.
    description : str
        One or two sentences, with the main number, for readers who do not see the chart.
    table : pandas.DataFrame, optional
        The figures that the chart shows, in readable columns, the first of them naming the rows.
        Without it, the chart's own data are shown if they are one table of at most 60 rows.
    name : str, optional
        For the file name of the download and the id in the page, which is ``chart-NAME``. Without
        it both come from a digest of the chart, and are the same in every run.
    digits : int or mapping of column to int, optional
        Decimals in the table, as in `cybergov.tables.formatted`.

    Returns
    -------
    Figure
        For the last line of a cell.

    Raises
    ------
    BookError
        If the description is missing, the table is missing and the chart's data cannot stand for
        it, the chart loads data from elsewhere, or it cannot be drawn.
    """
    if not isinstance(description, str) or not description.strip():
        raise BookError(
            "A chart needs a description: one or two sentences that give its main number to readers who "
            "do not see it."
        )
    return _figure(chart.to_dict(), " ".join(description.split()), table, name, digits)


def _rendered(spec: dict[str, Any], **_: Any) -> tuple[dict[str, str], dict]:
    """Render a chart that was displayed without `show`; Altair calls this."""
    description = spec.get("description", "")
    if not isinstance(description, str) or not description.strip():
        raise BookError(
            "This chart has no description: end the cell with charts.show(chart, description=...), "
            "or give the chart .properties(description=...)."
        )
    return _figure(spec, " ".join(description.split()), None, None, None)._repr_mimebundle_()


alt.renderers.register("book", _rendered)
alt.renderers.enable("book")


def _figure(
    spec: dict[str, Any],
    description: str,
    table: pd.DataFrame | None,
    name: str | None,
    digits: tables.Digits,
) -> Figure:
    if name is not None:
        tables.check_name(name, "chart")
    if any("url" in data for data in _values(spec, "data") if isinstance(data, dict)):
        raise BookError(
            "A chart must carry its data: this one loads them from an address, and pages work offline."
        )
    spec = {**spec, "description": description, "usermeta": {**spec.get("usermeta", {}), "dark": DARK}}
    if "title" not in spec and (lifted := _lifted_title(spec)):
        spec["title"] = lifted
    fluid = ("mark" in spec or "layer" in spec) and spec.setdefault("width", "container") == "container"
    if fluid:
        spec["usermeta"]["legend"] = _legend(spec)
    title, subtitle = _title(spec)
    frame = _own_data(spec) if table is None else table
    picture, width, height = _picture(spec, bool(title))
    plot = _PLOT.search(picture) if fluid else None
    if plot:
        legend = spec["usermeta"]["legend"]
        legend["margin"] = width - int(float(plot["width"]))
        if legend["row"] > width - legend["margin"]:
            picture, width, height = _picture(spec, bool(title))
        if not isinstance(spec.get("height"), int | float):
            # The same in other words: of a height by steps, Vega-Lite warns in the reader's console.
            spec["height"] = float(plot["height"])
    mark = name or hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:12]
    parts = [
        f'<figure class="book-chart{"" if fluid else " fixed"}" id="{_identifier(mark)}" '
        f'aria-label="{_attribute(description)}">',
        _heading(title, subtitle),
        '<div class="chart-stage">',
        f'<img class="chart-static" src="data:image/svg+xml;base64,{_base64(picture.encode())}" '
        f'alt="" width="{width}" height="{height}"/>',
        "</div>",
        f'<script type="application/json" class="chart-spec">{_script_safe(spec)}</script>',
        _data(frame, title or description, f"{name or 'chart-' + mark}.csv", digits),
        "</figure>",
    ]
    titled, full_height = _with_title(picture, title, subtitle, width, height)
    png = bytes(vl_convert.svg_to_png(titled, scale=2))
    return Figure("\n".join(part for part in parts if part), png, description, width, full_height)


_PLOT = re.compile(r'class="background"[^>]* d="M[\d.]+,[\d.]+h(?P<width>[\d.]+)v(?P<height>[\d.]+)')

# --- one state against all ------------------------------------------------------------------------

#: The parameter that holds the state followed, in every chart made by `one_against_all`.
FOLLOWED = "followed"


def one_against_all(
    frame: pd.DataFrame,
    *,
    value: str,
    shown: str,
    title: str,
    axis: str,
    series: str = "Series",
    follow: str = "Kenya",
    scale: Literal["linear", "log", "symlog"] = "linear",
    reference: float | None = None,
) -> alt.typing.ChartType:
    """Draw every state as a tick, one row a series, and the state that the reader picks as a mark.

    The book's design for "one state against all": the same marks, control and place of the value in
    every chapter, so that a reader can follow a state through them. Beneath the chart a list lets
    the reader pick or type the state.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a state and series: ``State``, and the columns named by ``series``, ``value`` and
        ``shown``. Rows keep the order in which the series first occur. A row whose value is missing
        has no tick, and its words, such as ``"none"``, stand at the left edge; with ``scale="log"``,
        values must be above 0.
    value : str
        Column of the number by which states are placed.
    shown : str
        Column of the words set beside the mark of the state followed, such as ``"0.42, rank 31"``.
    title : str
        The chart's one message.
    axis : str
        Title of the axis, with the unit.
    series : str
        Column that names the rows.
    follow : str
        State that is followed until the reader picks another.
    scale : {"linear", "log", "symlog"}
        Scale of the axis.
    reference : float, optional
        A value marked by a line through all rows, such as 1 for "as much as it pays".

    Returns
    -------
    altair.LayerChart
        For `show`.

    Raises
    ------
    BookError
        If the state followed has no row, or a value is not above 0 on a logarithmic scale.
    """
    kept = frame[["State", series, value, shown]].reset_index(drop=True)
    if follow not in set(kept["State"]):
        raise BookError(f"The state to follow must be in the chart, and {follow!r} is not.")
    if scale == "log" and not kept[value].dropna().gt(0).all():
        raise BookError(f"On a logarithmic scale {value} must be above 0 for every state.")
    rows = list(dict.fromkeys(kept[series]))
    low, high = kept[value].min(), kept[value].max()
    middle = (low * high) ** 0.5 if scale == "log" else (low + high) / 2
    kept["_side"] = (
        (kept[value] > middle).map({True: "left", False: "right"}).mask(kept[value].isna(), "edge")
    )
    picked = alt.param(
        name=FOLLOWED,
        value=follow,
        bind=alt.binding_select(options=sorted(set(kept["State"])), name="Follow a state"),
    )
    # The domain is told, for a layer without a mark has none, and the browser's console would say so.
    ends = [end for end in (low, high, reference) if pd.notna(end)]
    domain = alt.Undefined if not ends else [float(min(ends)), float(max(ends))]
    across = alt.Scale(type=scale, domain=domain, nice=False, padding=12)
    base = alt.Chart(kept).encode(
        # A label at the end of the axis is moved inwards, so that it is not cut off.
        x=alt.X(f"{value}:Q", title=axis, scale=across, axis=alt.Axis(labelFlush=24)),
        y=alt.Y(f"{series}:N", sort=rows, title=None, scale=alt.Scale(domain=rows)),
        tooltip=["State", series, alt.Tooltip(f"{shown}:N", title=axis)],
    )
    one = base.transform_filter(alt.datum.State == picked)
    there = base.transform_filter(alt.datum._side != "edge")
    layers = [there.mark_tick(color=GREY, thickness=1.5, opacity=0.6, height=14)]
    if reference is not None:
        mark = alt.Chart(pd.DataFrame({value: [reference]})).mark_rule(
            strokeDash=[4, 3], color=LINE, tooltip=False
        )
        layers.append(mark.encode(x=f"{value}:Q"))
    mark = one.transform_filter(alt.datum._side != "edge")
    layers.append(
        mark.mark_point(shape="diamond", filled=True, size=130, color=VERMILLION, stroke=PAPER, strokeWidth=1)
    )
    # Words go to the side on which there is more room, so that they are not cut off on a phone.
    placed: dict[str, tuple[Literal["left", "right"], int]] = {
        "right": ("left", 9),
        "left": ("right", -9),
        "edge": ("left", 0),
    }
    for side, (align, shift) in placed.items():
        words = one.transform_filter(alt.datum._side == side).mark_text(
            align=align, dx=shift, dy=-12, fontWeight="bold", tooltip=False
        )
        words = words.encode(text=f"{shown}:N")
        layers.append(words.encode(x=alt.value(0)) if side == "edge" else words)
    return alt.layer(*layers).add_params(picked).properties(height={"step": 44}, title=title)


# --- parts of the figure --------------------------------------------------------------------------

_identifiers: Counter[str] = Counter()


def _identifier(mark: str) -> str:
    """Make an id that no other figure of this process has."""
    _identifiers[mark] += 1
    again = _identifiers[mark]
    return f"chart-{mark}" if again == 1 else f"chart-{mark}-{again}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _attribute(text: str) -> str:
    return html.escape(text, quote=True)


def _script_safe(spec: dict[str, Any]) -> str:
    """Write JSON that cannot end its script element, in HTML or XML."""
    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _values(part: Any, key: str) -> Iterator[Any]:
    """Find the values of a key, at any depth."""
    if isinstance(part, dict):
        if key in part:
            yield part[key]
        for name, value in part.items():
            if name != "datasets":
                yield from _values(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from _values(value, key)


def _lifted_title(spec: dict[str, Any]) -> Any:
    """Take the title from the first layer or the faceted chart, where Altair may have left it."""
    for inner in [*spec.get("layer", []), *([spec["spec"]] if "spec" in spec else [])]:
        title = inner.pop("title", None) or _lifted_title(inner)
        if title:
            return title
    return None


def _title(spec: dict[str, Any]) -> tuple[str, str]:
    """Read title and subtitle, as far as they are plain words."""
    given = spec.get("title") or ""
    given = given if isinstance(given, dict) else {"text": given}

    def words(lines: Any) -> str:
        if isinstance(lines, list):
            lines = " ".join(lines)
        return lines if isinstance(lines, str) else ""

    title = words(given.get("text"))
    return title, words(given.get("subtitle")) if title else ""


def _heading(title: str, subtitle: str) -> str:
    if not title:
        return ""
    below = f'<span class="chart-subtitle">{html.escape(subtitle)}</span>' if subtitle else ""
    return f'<p class="chart-title">{html.escape(title)}{below}</p>'


def _picture(spec: dict[str, Any], titled: bool) -> tuple[str, int, int]:
    """Draw the static picture, on white, without the title that stands above it as text."""
    static = copy.copy(spec)
    if titled:
        del static["title"]
    # Seen as one image, the picture needs no names for its parts.
    config = static["config"] = {**static.get("config", {}), "background": PAPER, "aria": False}
    if static.get("width") == "container":
        static["width"] = STATIC_WIDTH
        static["autosize"] = {"type": "fit-x", "contains": "padding"}  # as the page does by itself
        legend = spec["usermeta"]["legend"]
        room = STATIC_WIDTH - legend["margin"]
        if legend["row"] > room:
            columns = max(1, (room - legend["title"]) // legend["widest"])
            config["legend"] = {"columns": columns, **config.get("legend", {})}
    try:
        svg = vl_convert.vegalite_to_svg(static, vl_version=vegalite_version(), allowed_base_urls=[])
    except ValueError as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")
        raise BookError(f"The chart cannot be drawn; Vega-Lite says: {reason}") from error
    size = re.match(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"', svg)
    if size is None:
        raise BookError("The chart cannot be drawn: its picture has no size.")
    return svg, round(float(size[1])), round(float(size[2]))


def _legend(spec: dict[str, Any]) -> dict[str, int]:
    """Estimate the pixels that the longest legend of named classes takes, were it set in one row.

    Vega sets a horizontal legend in one row above the plot and cuts off what does not fit. From
    this, and the margin that the labels leave beside the plot, the picture here and the drawing in
    the page choose the number of columns.
    """
    rows = [row for rows in spec.get("datasets", {}).values() for row in rows]
    longest = {"row": 0, "widest": 1, "title": 0, "margin": 0}
    for encoding in _values(spec, "encoding"):
        for channel in ("color", "fill", "stroke", "shape", "strokeDash"):
            part = encoding.get(channel, {})
            if part.get("type") not in ("nominal", "ordinal") or part.get("legend", {}) is None:
                continue
            field = part.get("field")
            labels = {str(row[field]) for row in rows if field in row}
            title = part.get("title", field)
            left = 8 + 7 * len(title) if isinstance(title, str) else 0
            widths = [30 + 7 * len(label) for label in labels]
            if labels and left + sum(widths) > longest["row"]:
                longest |= {"row": left + sum(widths), "widest": max(widths), "title": left}
    return longest


def _with_title(picture: str, title: str, subtitle: str, width: int, height: int) -> tuple[str, int]:
    """Set the title into the picture, for where there is no text above it."""
    if not title:
        return picture, height
    # About so many letters of this size fill a line; a wider letter still has the margin.
    lines = [(line, 15.0, 700, INK) for line in _wrapped(title, width / 8.2)]
    lines += [(line, 12.5, 400, MUTED) for line in _wrapped(subtitle, width / 6.6)]
    above, texts = 4, []
    for line, size, weight, colour in lines:
        above += 20 if weight == 700 else 17
        texts.append(
            f'<text x="2" y="{above - 4}" font-family="{FONT}" font-size="{size}" font-weight="{weight}" '
            f'fill="{colour}">{html.escape(line)}</text>'
        )
    above += 4
    # Moved down as a group: a drawing within a drawing takes the converter more than twice as long.
    inner = re.sub(r"^<svg[^>]*>", f'<g transform="translate(0,{above})">', picture).removesuffix("</svg>")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height + above}" '
        f'viewBox="0 0 {width} {height + above}"><rect width="100%" height="100%" fill="{PAPER}"/>'
        f"{''.join(texts)}{inner}</g></svg>",
        height + above,
    )


def _wrapped(text: str, letters: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= letters:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _own_data(spec: dict[str, Any]) -> pd.DataFrame:
    """Take the chart's one small data set as its table, with the names of its axes."""
    sets = list(spec.get("datasets", {}).values())
    if len(sets) != 1 or not 0 < len(sets[0]) <= OWN_ROWS:
        raise BookError(
            "A chart needs the figures behind it: give charts.show(..., table=) a frame with readable "
            f"columns. Only one data set of at most {OWN_ROWS} rows can stand for itself."
        )
    frame = pd.DataFrame(sets[0])
    titles: dict[str, str] = {}
    for encoding in _values(spec, "encoding"):
        for channel in encoding.values():
            for part in channel if isinstance(channel, list) else [channel]:
                field = part.get("field") if isinstance(part, dict) else None
                if isinstance(field, str) and field in frame:
                    title = part.get("title")
                    titles.setdefault(field, title if isinstance(title, str) else field.replace("_", " "))
    shown = frame[[column for column in frame if column in titles]] if titles else frame
    if len(set(titles.values())) == len(titles):
        shown = shown.rename(columns=titles)
    return shown.map(lambda x: x.removesuffix("T00:00:00") if isinstance(x, str) else x)


def _data(frame: pd.DataFrame, caption: str, file: str, digits: tables.Digits) -> str:
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    caption = f"“{caption.rstrip('.')}”"
    table = tables.html(frame, f"Figures behind {caption}", digits=digits, most_rows=SHOWN_ROWS)
    left_out = len(frame) - SHOWN_ROWS
    more = f"<p>{left_out} more rows are in the file.</p>\n" if left_out > 0 else ""
    return (
        '<details class="chart-data">\n<summary>Figures behind this chart'
        f'<span class="visually-hidden">: {html.escape(caption)}</span></summary>\n'
        '<div class="chart-table" tabindex="0" role="region" '
        f'aria-label="Figures behind {_attribute(caption)}">\n'
        f"{table}\n</div>\n"
        f"{more}<p>{csv_link(frame, file)}</p>\n</details>"
    )


def csv_link(frame: pd.DataFrame, file: str) -> str:
    """Make a link, in HTML, by which a reader takes a frame away as a CSV file.

    Parameters
    ----------
    frame : DataFrame
        Its columns become the header; the index is left out.
    file : str
        Name of the file, such as ``ledger.csv``.

    Returns
    -------
    str
        The link holds the file itself, so that it works from a page on the disk.
    """
    csv = quote(frame.to_csv(index=False, lineterminator="\r\n"), safe=",;:!*()' ")
    return f'<a download="{file}" href="data:text/csv;charset=utf-8,{_attribute(csv)}">Download as CSV</a>'
