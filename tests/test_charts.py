import base64
import html
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote

import altair as alt
import pandas as pd
import pytest
import vl_convert

from cybergov import charts
from cybergov.errors import BookError
from tests.browser import chromium

ASSETS = Path(charts.__file__).parent / "assets"
SHARES = pd.DataFrame({"state": ["Brazil", "Estonia", "Viet Nam"], "share": [0.5, -0.25, 1 / 3]})
DESCRIPTION = 'Bars for three states; "Brazil" leads with 0.5 & Estonia trails.'


def bars(frame=SHARES, **properties):
    return (
        alt.Chart(frame, title="Brazil leads", **properties)
        .mark_bar()
        .encode(x=alt.X("share:Q", title="Share of seats"), y=alt.Y("state:N", title=None))
    )


def part(pattern, text):
    """Return what stands in the pattern's first group."""
    found = re.search(pattern, text, re.DOTALL)
    assert found, pattern
    return found[1]


def specification(figure):
    return json.loads(part(r'<script type="application/json" class="chart-spec">(.*?)</script>', figure.html))


def link(figure):
    """Return the file behind the download link."""
    return unquote(part(r'href="data:text/csv;charset=utf-8,([^"]*)"', figure.html))


# --- one version of Vega-Lite ---------------------------------------------------------------------


def test_altair_and_vl_convert_speak_one_version():
    assert alt.SCHEMA_VERSION.startswith(f"v{charts.vegalite_version()}.")
    assert charts.vegalite_version() in vl_convert.get_vegalite_versions()


def test_another_version_is_one_clear_error(monkeypatch):
    monkeypatch.setattr(alt, "SCHEMA_VERSION", "v7.0.0")
    with pytest.raises(BookError, match=r"writes Vega-Lite 7\.0, but the installed vl-convert reads .*6\.4"):
        charts.vegalite_version.__wrapped__()


# --- what a figure is made of ---------------------------------------------------------------------


def test_every_representation_carries_the_description():
    figure = charts.show(bars(), description=DESCRIPTION)
    data, metadata = figure._repr_mimebundle_()
    assert list(data) == ["text/html", "image/png", "text/plain"]
    assert data["text/plain"] == repr(figure) == DESCRIPTION
    assert f'aria-label="{html.escape(DESCRIPTION)}"' in data["text/html"]
    # Told once: beside the labelled figure, the picture is decoration
    assert data["text/html"].count(html.escape(DESCRIPTION)) == 1
    assert ' alt="" ' in data["text/html"]
    assert specification(figure)["config"]["aria"] is False
    assert specification(figure)["description"] == DESCRIPTION
    png = base64.b64decode(data["image/png"])
    assert png.startswith(b"\x89PNG")
    size = metadata["image/png"]
    # Twice the size that is declared, title included
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (2 * size["width"], 2 * size["height"])
    assert size["width"] == charts.STATIC_WIDTH


def test_page_part_is_well_formed_and_loads_nothing():
    figure = charts.show(bars(), description=DESCRIPTION)
    tree = ElementTree.fromstring(figure.html)
    assert tree.tag == "figure"
    for element in tree.iter():
        for attribute in ("src", "href"):
            assert element.get(attribute, "data:").startswith("data:")
        assert not any(name.startswith("on") for name in element.attrib)
        assert element.tag != "script" or element.get("type") == "application/json"
    picture = base64.b64decode(part('src="data:image/svg\\+xml;base64,([^"]*)"', figure.html)).decode()
    assert set(re.findall(r"https?://[^\"' ]+", picture)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert part(r' width="640" height="(\d+)"', picture) == part(
        r' width="640" height="(\d+)"/>', figure.html
    )


def test_data_cannot_end_the_script():
    nasty = pd.DataFrame({"state": ["</script><b>", "a & b"], "share": [1.0, 2.0]})
    figure = charts.show(bars(nasty), description="Two bars: 1 and 2.")
    assert figure.html.count("</script") == 1
    (rows,) = specification(figure)["datasets"].values()
    assert [row["state"] for row in rows] == ["</script><b>", "a & b"]


def test_identifiers_differ_in_a_process_and_agree_between_runs(tmp_path):
    script = tmp_path / "chapter.py"
    script.write_text(
        "import altair as alt, pandas as pd\n"
        "from cybergov import charts\n"
        "frame = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})\n"
        "bars = alt.Chart(frame).mark_bar().encode(x='a:Q', y='b:N').interactive()\n"
        "for one in (bars, bars, bars.mark_point()):\n"
        "    print(charts.show(one, description='Two marks, 1 and 2.')._repr_mimebundle_())\n"
    )
    first, second = (
        subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first == second
    names = re.findall(r'<figure [^>]*id="([^"]+)"', first)
    assert len(set(names)) == 3
    assert names[1] == f"{names[0]}-2"


def test_a_name_gives_identifier_and_file():
    figure = charts.show(bars(), description=DESCRIPTION, name="seats-by-state")
    assert 'id="chart-seats-by-state"' in figure.html
    assert 'download="seats-by-state.csv"' in figure.html
    with pytest.raises(BookError, match="chart name 'Seats'"):
        charts.show(bars(), description=DESCRIPTION, name="Seats")


@pytest.mark.parametrize("description", ["", "  \n", None])
def test_description_is_required(description):
    with pytest.raises(BookError, match="needs a description"):
        charts.show(bars(), description=description)


def test_title_is_text_above_the_picture_and_part_of_the_print():
    long = "A message that is much longer than one line of a picture " * 2
    titled = charts.show(
        bars().properties(title=alt.Title(long, subtitle="Under <it>")), description=DESCRIPTION
    )
    assert (
        f'<p class="chart-title">{long}<span class="chart-subtitle">Under &lt;it&gt;</span></p>'
        in titled.html
    )
    assert specification(titled)["title"]["text"] == long
    bare = charts.show(alt.Chart(SHARES).mark_bar().encode(x="share", y="state"), description=DESCRIPTION)
    assert "chart-title" not in bare.html
    assert titled.height > bare.height + 3 * 17


def test_title_of_a_layer_becomes_the_title():
    layered = bars() + alt.Chart(SHARES).mark_rule().encode(x="share:Q")
    figure = charts.show(layered, description=DESCRIPTION)
    assert '<p class="chart-title">Brazil leads</p>' in figure.html
    faceted = charts.show(bars().facet("state:N"), description=DESCRIPTION)
    assert '<p class="chart-title">Brazil leads</p>' in faceted.html


def test_single_charts_fill_the_column_and_others_keep_their_size():
    assert specification(charts.show(bars(), description=DESCRIPTION))["width"] == "container"
    fixed = charts.show(bars(width=300), description=DESCRIPTION)
    assert specification(fixed)["width"] == 300
    beside = charts.show(bars(width=200) | bars(width=200), description=DESCRIPTION)
    for figure in (fixed, beside):
        assert 'class="book-chart fixed"' in figure.html
    assert charts.show(bars(), description=DESCRIPTION).html.startswith('<figure class="book-chart" ')


def test_long_legend_is_set_in_columns():
    groups = [f"A group of states with a long name {n}" for n in range(6)]
    frame = pd.DataFrame({"group": groups, "n": range(6)})
    chart = alt.Chart(frame).mark_point().encode(x="n:Q", y=alt.Y("n:O"))
    plain, coloured = (
        charts.show(one, description="Six points, 0 to 5.") for one in (chart, chart.encode(color="group:N"))
    )
    assert coloured.width == plain.width
    assert coloured.height >= plain.height + 6 * 12  # one below the other
    assert specification(coloured)["usermeta"]["legend"]["row"] > charts.STATIC_WIDTH


def test_height_by_steps_is_told_as_a_number():
    figure = charts.show(bars(height={"step": 30}), description=DESCRIPTION)
    assert specification(figure)["height"] == 90


# --- the figures behind a chart -------------------------------------------------------------------


def test_own_data_stand_for_the_table():
    figure = charts.show(bars(SHARES.assign(unused=1)), description=DESCRIPTION)
    tree = ElementTree.fromstring(figure.html)
    # Pages have many of these: each says to which chart it belongs
    (summary,) = tree.findall(".//summary")
    assert "".join(summary.itertext()) == "Figures behind this chart: “Brazil leads”"
    (region,) = tree.findall(".//div[@class='chart-table']")
    assert region.get("aria-label") == tree.findtext(".//caption") == "Figures behind “Brazil leads”"
    assert [cell.text for cell in tree.findall(".//thead//th")] == ["state", "Share of seats"]
    assert [cell.text for cell in tree.findall(".//tbody//td")] == ["0.500", "−0.250", "0.333"]
    assert [cell.get("scope") for cell in tree.findall(".//tbody//th")] == ["row"] * 3
    assert link(figure).splitlines()[:2] == ["state,Share of seats", "Brazil,0.5"]


def test_given_table_goes_before_the_data():
    table = pd.DataFrame({"Share": [0.5]}, index=pd.Index(['B & "razil"'], name="State"))
    figure = charts.show(bars(), description=DESCRIPTION, table=table, digits={"Share": 1})
    tree = ElementTree.fromstring(figure.html)
    assert [cell.text for cell in tree.findall(".//tbody/tr/*")] == ['B & "razil"', "0.5"]
    assert link(figure).splitlines()[1] == '"B & ""razil""",0.5'


def test_table_is_required_for_large_or_several_data_sets():
    large = pd.DataFrame({"state": [f"S{n}" for n in range(charts.OWN_ROWS + 1)], "share": 0.5})
    several = bars() + alt.Chart(pd.DataFrame({"x": [1]})).mark_rule().encode(x="x:Q")
    for chart in (bars(large), several):
        with pytest.raises(BookError, match="table="):
            charts.show(chart, description=DESCRIPTION)
        assert charts.show(chart, description=DESCRIPTION, table=large)


def test_long_table_is_shown_in_part_and_downloaded_in_full():
    table = pd.DataFrame({"n": range(charts.SHOWN_ROWS + 5)})
    figure = charts.show(bars(), description=DESCRIPTION, table=table)
    assert figure.html.count("<tr>") == 1 + charts.SHOWN_ROWS
    assert "<p>5 more rows are in the file.</p>" in figure.html
    assert f"%0D%0A{charts.SHOWN_ROWS + 4}%0D%0A" in figure.html


# --- what cannot be shown -------------------------------------------------------------------------


def test_data_from_elsewhere_are_refused():
    chart = alt.Chart("https://example.org/data.csv").mark_point().encode(x="a:Q")
    with pytest.raises(BookError, match="work offline"):
        charts.show(chart, description=DESCRIPTION, table=SHARES)


def test_what_vega_refuses_is_one_sentence():
    chart = bars().transform_filter("datum.share >")
    with pytest.raises(BookError, match=r"^The chart cannot be drawn; Vega-Lite says: ") as refused:
        charts.show(chart, description=DESCRIPTION)
    assert "\n" not in str(refused.value)


# --- one state against all -------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["linear", "log", "symlog"])
def test_one_against_all_tells_the_ends_of_its_axis(scale):
    frame = pd.DataFrame(
        {"State": ["Kenya", "Brazil"] * 2, "Series": ["a", "a", "b", "b"], "value": [2.0, 8.0, None, 4.0]}
    ).assign(shown="words")
    chart = charts.one_against_all(
        frame, value="value", shown="shown", title="One", axis="Units", scale=scale, reference=1
    )
    axes = [layer["encoding"]["x"] for layer in chart.to_dict()["layer"] if "scale" in layer["encoding"]["x"]]
    # Told, and not read off each layer: of an empty one, or of a zero on a logarithm, Vega-Lite would warn.
    assert all(x["scale"]["domain"] == [1, 8] and "zero" not in x["scale"] for x in axes)
    assert axes


# --- charts that are displayed by themselves ------------------------------------------------------


def test_plain_chart_uses_the_same_renderer():
    assert alt.renderers.active == "book"
    data, _ = bars().properties(description=DESCRIPTION)._repr_mimebundle_()
    assert list(data) == ["text/html", "image/png", "text/plain"]
    assert "cdn" not in data["text/html"]


def test_plain_chart_needs_a_description_too():
    with pytest.raises(BookError, match=r"charts\.show\(chart, description="):
        bars()._repr_mimebundle_()


# --- colours --------------------------------------------------------------------------------------


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [charts.INK, charts.MUTED])
def test_text_can_be_read_in_both_themes(colour):
    assert contrast(colour, charts.PAPER) >= 4.5
    assert contrast(charts.DARK[colour], charts.DARK[charts.PAPER]) >= 4.5


@pytest.mark.parametrize("colour", [charts.BLUE, charts.VERMILLION, charts.GREEN, charts.PURPLE, charts.GREY])
def test_first_colours_stand_out_in_both_themes(colour):
    assert contrast(colour, charts.PAPER) >= 2.9
    dark = charts.DARK.get(colour, colour)
    assert contrast(dark, charts.DARK[charts.PAPER]) >= 3


def test_blue_stands_out_on_a_grey_band_in_the_dark():
    paper, grey = charts.DARK[charts.PAPER], charts.GREY
    channels = [(int(paper[at : at + 2], 16), int(grey[at : at + 2], 16)) for at in (1, 3, 5)]
    band = "#" + "".join(f"{round(0.65 * below + 0.35 * above):02x}" for below, above in channels)
    assert contrast(charts.DARK[charts.BLUE], band) >= 3


def test_words_of_the_stylesheet_can_be_read():
    css = (ASSETS / "book.css").read_text()
    light, dark = (
        dict(re.findall(r"--book-([a-z]+): (#[0-9a-f]{6});", block.group()))
        for block in list(
            re.finditer(r"(?::root|html\[data-theme=\"dark\"\]) \{[^}]*--book-paper[^}]*\}", css)
        )[:2]
    )
    for theme, paper in ((light, "#ffffff"), (dark, "#121212")):
        for word in ("muted", "supported", "partly", "not", "untested"):
            assert contrast(theme[word], paper) >= 4.5
            assert contrast(theme[word], theme["tint"]) >= 4.5


@pytest.mark.parametrize("asset", ["book.css", "charts.js", "follow.js", "tables.js"])
def test_assets_load_nothing_from_outside(asset):
    text = (ASSETS / asset).read_text()
    assert not re.search(r"https?:|url\(|@import", text)


# --- one state against all ------------------------------------------------------------------------

HELD = pd.DataFrame(
    {
        "State": ["Brazil", "Estonia", "Viet Nam"] * 2,
        "Series": ["Cables"] * 3 + ["Roots"] * 3,
        "ratio": [0.5, 4.0, 20.0, 2.0, 0.1, float("nan")],
        "words": ["half", "fourfold", "far more", "double", "a tenth", "none"],
    }
)


def against_all(frame=HELD, **options):
    return charts.one_against_all(
        frame, value="ratio", shown="words", title="Ratios", axis="Ratio", **{"follow": "Brazil"} | options
    )


def test_one_against_all_offers_every_state_and_keeps_the_order_of_the_series():
    spec = against_all(HELD[::-1].reset_index(drop=True), scale="log", reference=1).to_dict()
    (param,) = spec["params"]
    assert (param["name"], param["value"]) == (charts.FOLLOWED, "Brazil")
    assert param["bind"]["options"] == ["Brazil", "Estonia", "Viet Nam"]
    ticks = spec["layer"][0]["encoding"]
    assert ticks["y"]["scale"]["domain"] == ["Roots", "Cables"]
    assert ticks["x"]["scale"]["type"] == "log"
    rows = next(rows for rows in spec["datasets"].values() if len(rows) == len(HELD))
    sides = {(row["State"], row["Series"]): row["_side"] for row in rows}
    # Words stand where there is room; a state without a value has them at the edge.
    assert sides["Viet Nam", "Cables"] == "left"
    assert sides["Estonia", "Roots"] == "right"
    assert sides["Viet Nam", "Roots"] == "edge"


def test_one_against_all_shows_the_state_followed():
    figure = charts.show(against_all(scale="log"), description=DESCRIPTION, table=HELD, name="against")
    picture = base64.b64decode(part(r'src="data:image/svg\+xml;base64,([^"]*)"', figure.html)).decode()
    assert ">half<" in picture
    assert ">double<" in picture
    assert ">far more<" not in picture


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"follow": "Atlantis"}, "'Atlantis' is not"),
        ({"frame": HELD.assign(ratio=HELD["ratio"] - 0.1), "scale": "log"}, "must be above 0"),
    ],
)
def test_one_against_all_refuses_what_it_cannot_draw(options, says):
    with pytest.raises(BookError, match=says):
        against_all(**options)


# --- in a browser ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Write a bare page in a sub-folder: three charts near, one wide, one far below, one broken."""
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(ASSETS, root / "_static")
    (root / "_static" / "vega.js").write_text(charts.vega_bundle())
    known = {"BRA": ["Brazil"], "EST": ["Estonia"], "VNM": ["Viet Nam"]}
    (root / "_static" / "states.js").write_text(f"window.bookStates = {json.dumps(known)};")
    years = pd.DataFrame(
        {"year": [2015, 2018, 2021] * 2, "group": ["A group"] * 3 + ["Another"] * 3, "n": range(6)}
    )
    lines = alt.Chart(years, title="Lines").mark_line().encode(x="year:O", y="n:Q", color="group:N")
    figures = {
        "bars": bars(),
        "lines": lines,
        "layers": bars() + bars().mark_text(dx=4).encode(text="share:Q"),
        "wide": bars(width=300) | bars(width=300),
        "far": bars(),
        "slider": bars().add_params(
            alt.param(name="level", value=1, bind=alt.binding_range(min=0, max=5, step=1, name="Level"))
        ),
    }
    parts = [
        charts.show(chart, description=f"{DESCRIPTION} {name}", name=name).html
        for name, chart in figures.items()
    ]
    against = [
        charts.show(against_all(frame, scale="log"), description=DESCRIPTION, table=HELD, name=name).html
        for name, frame in {"held": HELD, "again": HELD, "fewer": HELD[HELD["State"] != "Estonia"]}.items()
    ]
    parts.insert(4, '<div style="height: 4000px"></div>')
    for page, body in {
        "index.html": "\n".join(parts),
        "follow.html": "\n".join(against),
        "broken.html": parts[0].replace('"type":"bar"', '"type":"barn"'),
    }.items():
        (root / "pages").mkdir(exist_ok=True)
        (root / "pages" / page).write_text(
            '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"/>'
            '<meta name="viewport" content="width=device-width"/><title>Charts</title>'
            '<link rel="stylesheet" href="../_static/book.css"/>'
            + "".join(
                f'<script defer="defer" src="../_static/{name}.js"></script>'
                for name in ("states", "follow", "charts")
            )
            + f"</head><body>{body}</body></html>"
        )
    return root / "pages"


def drawn(page, name, state="true"):
    page.wait_for_selector(f'#chart-{name}[data-drawn="{state}"]')


@pytest.mark.browser
def test_charts_draw_when_near_and_without_a_network(browser, site):
    with chromium.offline_page(browser, viewport={"width": 1000, "height": 700}) as (page, wrong):
        page.goto((site / "index.html").as_uri())
        places = {
            name: page.locator(f"#chart-{name} .chart-stage").bounding_box()
            for name in ("bars", "lines", "layers", "wide")
        }
        for name in places:
            page.locator(f"#chart-{name}").scroll_into_view_if_needed()
            drawn(page, name)
            assert page.locator(f"#chart-{name} svg").is_visible()
            assert not page.locator(f"#chart-{name} img").is_visible()
        assert page.locator("#chart-far").get_attribute("data-drawn") is None
        assert page.locator("#chart-far img").is_visible()
        page.locator("#chart-far").scroll_into_view_if_needed()
        drawn(page, "far")
        assert page.locator("#chart-bars").get_attribute("aria-label") == f"{DESCRIPTION} bars"
        assert page.locator("#chart-bars .chart-drawing svg").get_attribute("aria-hidden") == "true"
        # Nothing moved when the drawings replaced the pictures, whichever had been drawn at first
        page.evaluate("window.scrollTo(0, 0)")
        for name, before in places.items():
            stage = page.locator(f"#chart-{name} .chart-stage")
            assert stage.bounding_box() == pytest.approx(before, abs=2)
            height = stage.evaluate("stage => stage.offsetHeight - stage.querySelector('img').height")
            assert abs(height) <= 2, name
        assert page.locator('script[src$="vega.js"]').count() == 1
        assert wrong == []


@pytest.mark.browser
def test_the_state_followed_is_the_same_in_all_charts_and_on_the_next_page(browser, site):
    with chromium.offline_page(browser) as (page, wrong):

        def opened():
            page.goto((site / "follow.html").as_uri())
            for name in ("held", "again", "fewer"):
                page.locator(f"#chart-{name}").scroll_into_view_if_needed()
                drawn(page, name)

        def shows(name, *words):
            for word in words:
                page.locator(f"#chart-{name} svg text").get_by_text(word, exact=True).wait_for()
            return page.locator(f"#chart-{name} select").input_value()

        opened()
        assert shows("held", "half", "double") == "Brazil"
        page.locator("#chart-held select").select_option("Estonia")
        assert shows("again", "fourfold", "a tenth") == "Estonia"
        # A chart in which the state does not stand keeps the one it has.
        assert shows("fewer", "half", "double") == "Brazil"
        opened()
        assert shows("held", "fourfold", "a tenth") == "Estonia"
        assert shows("fewer", "half", "double") == "Brazil"
        page.locator("#chart-fewer select").select_option("Viet Nam")
        assert shows("fewer", "far more", "none") == "Viet Nam"
        assert shows("held", "far more", "none") == "Viet Nam"
        assert wrong == []


@pytest.mark.browser
def test_theme_switch_draws_again(browser, site):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((site / "index.html").as_uri())
        drawn(page, "bars")
        label = page.locator("#chart-bars svg .role-axis-title text").first
        assert label.get_attribute("fill") == charts.INK
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_selector('#chart-bars[data-drawn-theme="dark"]')
        assert page.locator("#chart-bars svg").count() == 1
        assert label.get_attribute("fill") == charts.DARK[charts.INK]
        # Paper is white: there the static picture takes the place of the dark drawing
        page.emulate_media(media="print")
        assert page.locator("#chart-bars img").is_visible()
        assert not page.locator("#chart-bars svg").is_visible()
        assert wrong == []


@pytest.mark.browser
def test_what_a_reader_has_set_outlasts_a_new_drawing(browser, site):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((site / "index.html").as_uri())
        page.locator("#chart-slider").scroll_into_view_if_needed()
        drawn(page, "slider")
        slider = page.get_by_label("Level")  # found by its name, so a screen reader finds it too
        assert slider.input_value() == "1"
        slider.fill("4")
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_selector('#chart-slider[data-drawn-theme="dark"]')
        assert page.get_by_label("Level").input_value() == "4"
        assert wrong == []


@pytest.mark.browser
def test_charts_fit_a_phone(browser, site):
    with chromium.offline_page(browser, viewport={"width": 390, "height": 800}) as (page, wrong):
        page.goto((site / "index.html").as_uri())
        for name in ("bars", "lines", "layers", "wide"):
            page.locator(f"#chart-{name}").scroll_into_view_if_needed()
            drawn(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for name in ("bars", "lines", "layers"):
            assert (
                page.locator(f"#chart-{name} svg").evaluate("svg => svg.getBoundingClientRect().right") <= 390
            )
        # What is wider scrolls in its own stage, and the keyboard reaches it
        stage = page.locator("#chart-wide .chart-stage")
        assert stage.evaluate("stage => stage.scrollWidth > stage.clientWidth")
        assert stage.get_attribute("tabindex") == "0"
        # Turned on its side, the phone gets wider charts
        page.set_viewport_size({"width": 800, "height": 390})
        page.wait_for_function("document.querySelector('#chart-bars svg').clientWidth > 390")
        assert wrong == []


@pytest.mark.browser
def test_picture_stays_where_drawing_fails(browser, site):
    with chromium.offline_page(browser) as (page, wrong):
        page.goto((site / "broken.html").as_uri())
        drawn(page, "bars", "failed")
        assert page.locator("#chart-bars img").is_visible()
        assert page.locator(".chart-drawing").count() == 0
        assert len(wrong) == 1
        assert "chart-bars was not drawn" in wrong[0]


@pytest.mark.browser
def test_picture_stays_without_scripts_and_figures_can_be_downloaded(browser, site):
    with chromium.offline_page(browser, java_script_enabled=False) as (page, _):
        page.goto((site / "index.html").as_uri())
        assert page.locator("#chart-bars img").is_visible()
        page.locator("#chart-bars summary").click()
        with page.expect_download() as download:
            page.locator("#chart-bars a").click()
        assert download.value.suggested_filename == "bars.csv"
        assert Path(download.value.path()).read_text().splitlines()[0] == "state,Share of seats"
