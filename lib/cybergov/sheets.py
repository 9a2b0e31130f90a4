"""The parts of a country brief as HTML: what `chapters/seminar/brief.md` shows of one state.

Every part is a section of its own with a heading, in plain HTML that the pages, a document for the printer
and an electronic reader take alike: no script, no id, no address. Pictures are drawn here, as small vector
graphics in the colour of the text around them.
"""

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from IPython.display import HTML

from cybergov import charts, data, profiles, questions, tables

number, significant = tables.number, questions.significant
#: Width and height of the pictures, in units of their own.
LINE = 400, 115
BAR = 90, 10
#: In this year positions move with that session's agenda; a state is set beside its group before it.
SWING = 2025
#: A bar ends where a ratio is so many times the price, or so small a part of it.
MOST_TIMES = 64
_LETTERS = 'fill="currentColor" font-size="11" font-family="sans-serif"'
#: Words for a status that is not in full.
_STATUS = {
    "endorser via organisation": "through an organisation",
    "associate": "associate or observer",
    "declined": "declared not to sign",
}
#: Tables that the brief rests on, in the order of its parts.
TABLES = (
    "states",
    "areas",
    "population",
    "gdp",
    "internet_users",
    "income_groups",
    "resolutions",
    "votes",
    "tracks",
    "pair_agreement",
    "ideal_points",
    "institutions",
    "institution_codes",
    "memberships",
    "expert_groups",
    "expert_group_members",
    "un_scale",
    "fees",
    "itu_classes",
    "secure_servers",
    "numbering_authorities_by_state",
    "addresses",
    "root_instances",
    "exchange_points",
    "cables",
    "response_teams",
    "strategies",
    "incidents_by_state",
    "threat_actors",
    "threat_actor_victims",
)
#: Who publishes the figures of each part, in the words of the table of sources.
SOURCES = {
    "Groups and size": "United Nations, World Bank",
    "Votes": "United Nations, Dag Hammarskjöld Library",
    "Ideal points": "Michael A. Bailey, Anton Strezhnev, Erik Voeten",
    "Memberships and seats": "lists and reports, one named in each row of the data package",
    "Scale": "United Nations, Committee on Contributions",
    "Fees": "the organisations",
    "Received": "World Bank and Netcraft, CVE Program, the five regional Internet registries, root server "
    "operators, PeeringDB, TeleGeography, International Telecommunication Union",
    "Incidents": "European Repository of Cyber Incidents (EuRepoC), VERIS Community Database (VCDB), Dyadic "
    "Cyber Incident and Campaign Data (DCID), MISP Project",
}


# --- building blocks -------------------------------------------------------------------------------


def _section(name: str, heading: str, *parts: str) -> HTML:
    body = "\n".join(part for part in parts if part)
    return HTML(
        f'<section class="brief-part brief-{name}">\n<h3>{html.escape(heading)}</h3>\n{body}\n</section>'
    )


def _paragraph(text: str, kind: str = "") -> str:
    return f"<p{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{html.escape(text, quote=False)}</p>"


def _note(text: str) -> str:
    return _paragraph(text, "brief-note")


def _cell(text: str, tag: str = "td", *, right: bool = False, kind: str = "", scope: str = "") -> str:
    classes = " ".join(filter(None, ["number" if right else "", kind]))
    attributes = (f' scope="{scope}"' if scope else "") + (f' class="{classes}"' if classes else "")
    return f"<{tag}{attributes}>{text}</{tag}>"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int], caption: str) -> str:
    """Write a table whose cells are HTML already; the first cell of a row names it."""
    head = "".join(
        _cell(html.escape(text), "th", right=at in right, scope="col") for at, text in enumerate(header)
    )
    body = "\n".join(
        "<tr>"
        + _cell(row[0], "th", scope="row")
        + "".join(_cell(cell, right=at in right) for at, cell in enumerate(row[1:], start=1))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="brief-table" role="group" aria-label="{html.escape(caption)}" tabindex="0" '
        f'style="overflow-x: auto"><table>\n<caption>{html.escape(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _percent(share: float) -> str:
    return tables.MISSING if pd.isna(share) else f"{significant(100 * share)} %"


def _list(items: Iterable[str]) -> str:
    """Words in a row, so that a line never ends within one."""
    return "; ".join(items)


# --- the parts -------------------------------------------------------------------------------------


def head(world: profiles.World, iso3: str) -> HTML:
    """Show who the state is: its name, groups and size."""
    who = profiles.identity(world, iso3)
    groups = [str(who["regional_group"]), f"{who['income_group']} income"]
    named = {
        "permanent_member": "permanent member of the Security Council",
        "ldc": "least developed country",
        "lldc": "landlocked developing country",
        "sids": "small island developing State",
    }
    groups += [words for column, words in named.items() if who[column] == "yes"]
    unknown = "no figure"
    size = {
        "Population": f"{who['population']:,.0f}",
        "GDP": unknown if pd.isna(who["gdp"]) else f"{_dollars(who['gdp'])}",
        "GDP per head": unknown if pd.isna(who["income"]) else f"{who['income']:,.0f} dollars",
        "Use the Internet": unknown if pd.isna(who["users"]) else f"{100 * who['users']:.0f} %",
    }
    figures = "; ".join(f"{what}: {value}" for what, value in size.items())
    return HTML(
        f'<div class="brief-head">\n<h2>{html.escape(who["name"])} '
        f'<span class="brief-code">{iso3}</span></h2>\n'
        f"{_paragraph('; '.join(groups) + f'; member of the United Nations since {who.member_since}.')}\n"
        f"{_paragraph(f'{figures} (figures of {world.year}, or of up to three years before).')}\n</div>"
    )


def _dollars(amount: float) -> str:
    for unit, words in ((1e12, "trillion"), (1e9, "billion")):
        if amount >= unit:
            return f"{significant(amount / unit)} {words} dollars"
    return f"{amount / 1e6:.0f} million dollars"


def votes(world: profiles.World, iso3: str) -> HTML:
    """Show how the state voted on the cyber resolutions, beside the Assembly and its regional group."""
    frame = profiles.votes(world, iso3)
    seen = frame[frame["verified"].eq("yes")]
    counts = seen["vote"].value_counts()
    said = [f"{counts[vote]} {words}" for vote, words in _COUNTED.items() if counts.get(vote, 0)]
    missing = int(seen["vote"].isna().sum())
    said += [f"{missing} without a row in the record"] if missing else []
    lead = (
        f"Of {len(seen)} recorded votes: {tables.listed(said)}. "
        f"Not with most of the {world.group(iso3)}: {int(seen['apart'].sum()) or 'never'}"
        + (" (marked ≠)." if seen["apart"].any() else ".")
    )
    rows = []
    for resolution, row in frame.iterrows():
        word = "no row" if pd.isna(row["vote"]) else str(row["vote"])
        kind = word.replace(" ", "-")
        doubt = "" if row["verified"] == "yes" else " †"
        vote = f'<span class="vote vote-{kind}">{word}</span>{" ≠" if row["apart"] else ""}'
        about = str(row["subject"]) + (f" → {row['mandate']}" if row["mandate"] else "")
        rows.append(
            (
                str(resolution).removeprefix("A/RES/") + doubt,
                row["date"].strftime("%Y-%m"),
                html.escape(about),
                vote,
                row["assembly"],
                row["group"],
            )
        )
    unseen = " † Transcribed by hand, in no count." if frame["verified"].eq("no").any() else ""
    return _section(
        "votes",
        "Its votes on cyber resolutions: yes–no–abstain",
        _paragraph(lead),
        _table(
            ("Resolution", "Date", "Subject → body that it set up", "Vote", "Assembly", "Group"),
            rows,
            (4, 5),
            "How did it vote, and how did the others?",
        ),
        _note(
            "Final plenary votes on resolutions whose subject is ICTs; those adopted without a vote are not "
            "here. Group: the regional group of the State, or the one with which it is coded." + unseen
        ),
    )


_COUNTED = {"yes": "yes", "no": "no", "abstain": "abstained", "not voting": "not voting"}


def neighbours(world: profiles.World, iso3: str) -> HTML:
    """Show the states that vote most and least alike with this one."""
    frame, names = profiles.neighbours(world, iso3), world.short_names
    if frame.empty:
        return _section(
            "neighbours",
            "Its neighbours in votes",
            _paragraph(
                f"No other State has {profiles.LEAST_COMMON} or more recorded votes in common with it, too "
                "few to say who votes alike."
            ),
        )
    nearest, farthest = ([*frame[frame["side"].eq(side)].iterrows()] for side in ("nearest", "farthest"))
    rows = [
        tuple(
            cell
            for code, row in pair
            for cell in (
                html.escape(names[str(code)]),
                number(row["agreement"], 2),
                f"{number(row['cyber'], 2)} ({row['cyber_common']})",
            )
        )
        for pair in zip(nearest, farthest, strict=False)
    ]
    return _section(
        "neighbours",
        "Its neighbours in votes: agreement from 0 to 1",
        _table(
            ("Nearest", "All votes", "Cyber votes", "Farthest", "All votes", "Cyber votes"),
            rows,
            (1, 2, 4, 5),
            "Who votes most and least alike with it?",
        ),
        _note(
            f"All recorded votes of the Assembly, October 1998 to October 2025, {frame['common'].min():,} to "
            f"{frame['common'].max():,} of them in common; pairs with fewer than {profiles.LEAST_COMMON} are "
            "left out. An abstention half agrees; most States agree most of the time. In brackets: cyber "
            "votes in common."
        ),
    )


def positions(world: profiles.World, iso3: str) -> HTML:
    """Show the state's ideal point over the years, beside its regional group."""
    frame = profiles.positions(world, iso3)
    heading = "Its place in all votes of the Assembly"
    if frame.empty:
        return _section("positions", heading, _paragraph("No ideal point of the State is in the table."))
    last, group = frame.iloc[-1], world.group(iso3)
    told = frame[frame.index < SWING].iloc[-1:]
    words = [] if frame.index[-1] < SWING else [f"{number(last['ideal_point'], 2)} in {frame.index[-1]}"]
    for year, point in told.iterrows():
        where = "above" if point["ideal_point"] > point["group"] else "below"
        words.append(
            f"{number(point['ideal_point'], 2)} in {year}, {where} the median of its group, "
            f"{number(point['group'], 2)}"
        )
    said = f"Ideal point: {_list(words)}."
    return _section(
        "positions",
        heading,
        _paragraph(said),
        _line_picture(frame, f"Ideal point by year, {frame.index[0]} to {frame.index[-1]}. {said}"),
        _note(
            f"Line: the State, with its 5 % to 95 % range; dashes: median of the {group}. Higher is nearer "
            "to the United States of America. The move of 2025 goes with that session's agenda and is no "
            "realignment in cyber matters."
        ),
    )


def _line_picture(frame: pd.DataFrame, said: str) -> str:
    width, height = LINE
    left, right, top, bottom = 30, 16, 6, 24
    first, last = int(frame.index[0]), int(frame.index[-1])
    low = math.floor(min(frame["low"].min(), frame["group"].min(), -1))
    high = math.ceil(max(frame["high"].max(), frame["group"].max(), 1))

    def x(year: Any) -> str:
        return f"{left + (width - left - right) * (year - first) / max(1, last - first):.1f}"

    def y(value: float) -> str:
        return f"{top + (height - top - bottom) * (high - value) / (high - low):.1f}"

    def path(column: str) -> str:
        known = frame[column].dropna()
        return "M" + "L".join(f"{x(year)} {y(value)}" for year, value in known.items())

    band = [*((year, row["high"]) for year, row in frame.iterrows())]
    band += [*((year, row["low"]) for year, row in frame[::-1].iterrows())]
    shape = "M" + "L".join(f"{x(year)} {y(value)}" for year, value in band) + "Z"
    grid = "".join(
        f'<path d="M{left} {y(value)}H{width - right}" stroke="currentColor" stroke-opacity="0.2"/>'
        f'<text x="{left - 5}" y="{y(value)}" dy="3.5" text-anchor="end" {_LETTERS}>'
        f"{number(value, 0)}</text>"
        for value in range(low, high + 1)
    )
    years = "".join(
        f'<text x="{x(year)}" y="{height - 5}" text-anchor="middle" {_LETTERS}>{year}</text>'
        for year in range(first - first % -5, last + 1, 5)
    )
    label = html.escape(said, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="brief-line" role="img" aria-label="{label}" '
        f'viewBox="0 0 {width} {height}">{grid}{years}'
        f'<path d="{shape}" fill="currentColor" fill-opacity="0.15"/>'
        f'<path d="{path("group")}" fill="none" stroke="currentColor" stroke-dasharray="4 3"/>'
        f'<path d="{path("ideal_point")}" fill="none" stroke="{charts.BLUE}" stroke-width="2.5"/></svg>'
    )


def memberships(world: profiles.World, iso3: str) -> HTML:
    """Show where the state belongs: treaties and bodies that the tables have."""
    frame = profiles.memberships(world, iso3)
    seen = frame[frame["verified"].eq("yes")]
    kinds = {
        "treaty": "Conventions and treaties",
        "alliance": "Alliances",
        "organisation": "Organisations",
        "forum": "Forums",
        "pledge": "Pledges and statements",
    }
    rows = []
    for kind, words in kinds.items():
        of_kind = seen[seen["kind"].eq(kind)]
        items = [_standing(row) for _, row in of_kind.iterrows()]
        rows.append((words, html.escape(_list(items), quote=False) or "none on record"))
    doubtful = frame[frame["verified"].eq("no")]
    reported = _list(_standing(row) for _, row in doubtful.iterrows())
    full = int(seen["full"].sum())
    lead = f"Party, member or endorser of {full} of the institutions whose members are listed."
    return _section(
        "memberships",
        "Its memberships",
        _paragraph(lead),
        _table(("Kind", "Institution and year"), rows, (), "Where does it belong, and since when?"),
        _note(f"Commonly reported, not seen in a source: {reported}." if reported else ""),
        _note(
            "A selection of institutions, not a census. Lists end where their source ends: late 2025 for the "
            "convention of the United Nations."
        ),
    )


def _standing(row: pd.Series) -> str:
    status = "" if row["full"] and row["kind"] != "treaty" else _STATUS.get(row["status"], row["status"])
    inside = " ".join(filter(None, [status, row["since"]]))
    return f"{row['short']} ({inside})" if inside else str(row["short"])


def seats(world: profiles.World, iso3: str) -> HTML:
    """Show the state's seats in the groups of governmental experts."""
    frame = profiles.seats(world, iso3)

    def spans(word: str) -> list[str]:
        mine = frame[frame["seat"].eq(word)]
        return [f"{first}–{str(last)[2:]}" for first, last in mine["last_year"].items()]

    whole = [
        f"{first}–{str(last)[2:]}"
        for first, last in frame.loc[frame["list"].eq("whole"), "last_year"].items()
    ]
    said = f"Seen in a source: {tables.listed(spans('yes'))}. "
    said += f"Commonly reported, not seen: {tables.listed(spans('reported'))}. "
    said += f"Whole lists were seen of {tables.listed(whole)} only; of the {len(frame)} groups each had "
    said += f"{frame['seats'].min()} to {frame['seats'].max()} seats."
    return _section("seats", "Its seats in the expert groups", _paragraph(said))


def price(world: profiles.World, iso3: str) -> HTML:
    """Show what the state is asked to pay: by the scale of assessments, and in flat fees."""
    own, year, scale_year = world.contributions.T[world.check(iso3)], world.year, world.scale_year
    fees = profiles.fees(world, iso3)
    edge = " It is the floor of the scale." if own["floor"] else ""
    edge = " It is the ceiling of the scale." if own["ceiling"] else edge
    beside = "No figure of GDP to set beside it."
    if pd.notna(own["gdp"]):
        beside = (
            f"Its share of the GDP of all States with a figure, {year}: {_percent(own['gdp'])}, so that the "
            f"scale asks for {significant(own['ratio'])} times that share."
        )
    rows = [
        (
            html.escape(row["organisation"]),
            html.escape(f"{row['item']}, {row['charged']}"),
            f"{number(row['amount'], 0)} {row['currency']}",
            "no figure" if pd.isna(row["years_of_income"]) else significant(row["years_of_income"]),
        )
        for _, row in fees.iterrows()
    ]
    return _section(
        "price",
        "What it is asked to pay",
        _paragraph(
            f"Share of the regular budget of the United Nations, {scale_year}: "
            f"{number(100 * own['paid'], 3)} %.{edge} {beside}"
        ),
        _table(
            ("Flat fees", "For what", "Amount", "Years of its GDP per head"),
            rows,
            (2, 3),
            "What do fees that are the same for all cost it?",
        ),
        _note(
            "The scale is the price of a common good that is set for every State; it is not the price of "
            "cybersecurity. Francs at par with dollars. What delegations cost in staff and travel stands in "
            "no open table."
        ),
    )


def received(world: profiles.World, iso3: str) -> HTML:
    """Show what the state receives in seven series, beside what it pays."""
    frame = profiles.received(world, iso3)
    rows = []
    for series, row in frame.iterrows():
        words = str(series) if pd.isna(row["what"]) else str(row["what"])
        known = pd.notna(row["share"])
        amount = tables.MISSING if pd.isna(row["amount"]) else number(row["amount"], 0)
        ratio = significant(row["ratio"]) if known else "no figure"
        rank = f"{row['rank']:.0f} of {row['ranked']}" if known and row["share"] else tables.MISSING
        words = words[0].upper() + words[1:]
        rows.append((html.escape(words), amount, _percent(row["share"]), ratio, _bar(row["ratio"]), rank))
    return _section(
        "received",
        "What it receives, beside what it pays",
        _table(
            ("What is counted", "Amount", "Share of all", "Times the share paid", "1/64 · 1 · 64", "Rank"),
            rows,
            (1, 2, 3, 5),
            "What is hosted, run or registered there?",
        ),
        _note(
            "Proxies of what somebody has to host, run or register; hosted is not used. For a State that "
            "pays the floor, one instance makes a high ratio. Zero of response teams may mean no team or no "
            "answer."
        ),
    )


def _bar(ratio: Any) -> str:
    """Draw how far a ratio is from 1 to either side, on a logarithmic scale."""
    width, height = BAR
    middle = width / 2
    if pd.isna(ratio):
        return ""
    reach = -1.0 if ratio <= 0 else max(-1.0, min(1.0, math.log(ratio) / math.log(MOST_TIMES)))
    begin, length = (middle, middle * reach) if reach > 0 else (middle + middle * reach, -middle * reach)
    colour = charts.BLUE if reach > 0 else charts.VERMILLION
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="brief-bar" aria-hidden="true" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<path d="M{begin:.1f} 2h{length:.1f}v{height - 4}h-{length:.1f}z" fill="{colour}"/>'
        f'<path d="M{middle:.1f} 0v{height}" stroke="currentColor"/></svg>'
    )


def incidents(world: profiles.World, iso3: str) -> HTML:
    """Show the incidents on record of the state, with what reporting leaves out."""
    frame = profiles.incidents(world, iso3)
    rows = [
        (
            html.escape(row["what"]),
            tables.MISSING if pd.isna(row["first_year"]) else f"{row['first_year']}–{row['last_year']}",
            str(row["received"]),
            _percent(row["share"]) if row["received"] else tables.MISSING,
            tables.MISSING if pd.isna(row["rank"]) else str(row["rank"]),
            str(row["initiated"]),
        )
        for _, row in frame.iterrows()
    ]
    return _section(
        "incidents",
        "Incidents on record, by data set",
        _table(
            ("Data set", "Years", "Received", "Share of all", "Rank", "Said to come from it"),
            rows,
            (2, 3, 4, 5),
            "How many incidents are on record?",
        ),
        _note(
            "Data sets overlap and are never added up. Reporting decides what is on record: data sets follow "
            "the press and firms of few countries, mostly in English, and most incidents are never told. "
            "None on record is not the same as none. Who was behind an incident is what others say; "
            "attributions are contested, and a suspicion is no finding. EuRepoC widened its criteria in "
            "2022 and 2023: no trend is read from it."
        ),
    )


def ask(world: profiles.World, iso3: str) -> HTML:
    """Show five questions for a negotiation that follow from the state's figures."""
    facts = questions.facts(world)
    items = [
        f"<li>{html.escape(row['question'], quote=False)} "
        f'<span class="brief-asked">[{row["states"]} of {len(facts)}]</span></li>'
        for _, row in questions.ask(iso3, facts).iterrows()
    ]
    return _section(
        "questions",
        "Five questions for a negotiation",
        f"<ol>{''.join(items)}</ol>",
        _note(
            "Chosen by rule from the figures above, those put to the fewest States first; in brackets, to "
            "how many. Adjacent resolutions and rows that were not seen play no part, but for seats in the "
            "expert groups."
        ),
    )


def gaps(world: profiles.World, iso3: str) -> HTML:
    """Show what the tables do not have of the state, and what that means."""
    frame = profiles.gaps(world, iso3)
    words = {
        "missing": "Figures missing",
        "older": "Older figures",
        "unrecorded": "Nothing on record, which is not the same as nothing",
        "zero": "No row, which means none",
        "not in the record": "No row in the record of votes",
    }
    lines = []
    for kind, said in words.items():
        of_kind = frame[frame["kind"].eq(kind)]
        if of_kind.empty:
            continue
        items = [
            f"{row['title']} ({row['says'].rstrip('.')})"
            if row["says"].startswith("The latest")
            else str(row["title"])
            for _, row in of_kind.iterrows()
        ]
        lines.append(_paragraph(f"{said}: {_list(items)}."))
    none = "Every table that has figures of all States has one for this State."
    return _section("gaps", "What is missing", *(lines or [_paragraph(none)]))


def sources() -> HTML:
    """Name the sources of a brief, and the terms under which its figures may be used."""
    descriptors = data.descriptors()
    terms = {name: descriptors[name]["licenses"][0]["name"] for name in TABLES}
    strict = {name: licence for name, licence in terms.items() if "nc" in licence.lower()}
    free = sorted(set(terms.values()) - set(strict.values()))
    said = [f"{descriptors[name]['title'].lower()} ({licence})" for name, licence in strict.items()]
    return _section(
        "sources",
        "Sources and terms",
        _note(_list(f"{part}: {publishers}" for part, publishers in SOURCES.items()) + "."),
        _note(f"For non-commercial use only: {_list(said)}. All else: {' or '.join(free)}."),
    )


def prepare() -> None:
    """Compute what every brief sets its state beside, for the forks of this process that make them."""
    world = profiles.world()
    some = str(world.states.index[0])
    first = (head, votes, neighbours, positions, memberships, seats)
    for part in (*first, price, received, incidents, ask, gaps):
        part(world, some)
    data.forget_loaded()
