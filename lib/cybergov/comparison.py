"""The comparison of two suppliers by four dimensions, made from the claims and the accepted ledger."""

from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import Markdown

from cybergov import findings, tables

#: Who supplies cybersecurity, and the claims on each in every dimension of fragmentation.
SUPPLIERS = ("States", "International organisations")
CELLS = {
    "concepts": ("S1", "O1"),
    "models": ("S2", "O2"),
    "rules": ("S3", "O3"),
    "institutions": ("S4", "O4"),
}
#: What "respectively" in the abstract may mean.
READINGS = {
    "Both suppliers in all four dimensions": [
        claim for pair in zip(*CELLS.values(), strict=True) for claim in pair
    ],
    "States in concepts and models, organisations in rules and institutions": ["S1", "S2", "O3", "O4"],
}
#: The senses of fragmentation that the first chapter keeps apart.
SENSES = ("Disagreement", "Non-overlap", "Overlap without coordination", "Competing rules")
#: Which of them an indicator captures, which it touches in part only, and what it misses.
CAPTURED: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "S1.camps": (
        ("Disagreement",),
        (),
        "texts adopted without a vote; what a vote was about",
    ),
    "S1.order": (
        ("Disagreement",),
        (),
        "whether a split over cyberspace is one of its own or the general one seen once more",
    ),
    "S2.camps": (
        ("Non-overlap",),
        ("Disagreement",),
        "the states in neither camp; whether the pledges ask for opposite things",
    ),
    "S2.regime": (
        (),
        ("Disagreement",),
        "how deep the cut is: it asks along which line states part, not how far",
    ),
    "S3.coverage": (
        ("Non-overlap",),
        (),
        "help without a treaty; what a shared treaty asks for",
    ),
    "S3.vote": (
        ("Disagreement",),
        ("Competing rules",),
        "whether the two conventions can both be obeyed",
    ),
    "S4.modules": (
        ("Non-overlap",),
        (),
        "contacts between modules; what the institutions do",
    ),
    "S4.dispersion": (
        (),
        ("Non-overlap",),
        "whether two states sit in the same organisations",
    ),
    "O1.concept": (
        (),
        ("Disagreement",),
        "whether purposes that differ conflict: variety can be division of labour",
    ),
    "O1.members": (
        ("Non-overlap",),
        ("Disagreement",),
        "institutions whose members are not listed",
    ),
    "O2.model": (
        (),
        (),
        "every sense: it measures variety, a condition of fragmentation",
    ),
    "O2.members": (
        ("Non-overlap",),
        (),
        "institutions whose members are not listed; who else takes part",
    ),
    "O3.overlap": (
        ("Non-overlap",),
        (),
        "one region that has a treaty of its own from a gap that nobody fills",
    ),
    "O3.bindingness": (
        (),
        (),
        "every sense: it measures variety of form, not what the rules ask",
    ),
    "O4.overlap": (
        ("Non-overlap",),
        (),
        "links between institutions that share no member",
    ),
    "O4.proliferation": (
        (),
        ("Overlap without coordination",),
        "coordination, and organisations that gave a mandate up",
    ),
}

_HEADINGS = {
    findings.SUPPORTED: "Supported",
    findings.PARTLY: "In part",
    findings.NOT_SUPPORTED: "Not supported",
    findings.UNTESTED: "Not tested",
}


def cell_tables(
    claims: Mapping[str, findings.Claim],
    accepted: Mapping[str, Mapping[str, str]],
    links: Mapping[str, str],
) -> list[Markdown]:
    """Make the tables of the cells, of what their numbers are, and of both readings.

    Parameters
    ----------
    claims : mapping of str to Claim
        As `findings.claims` reads them; the eight of `CELLS` must be among them.
    accepted : mapping of str to mapping
        The ledger by indicator, as `findings.read_ledger` reads it; it may lack any row.
    links : mapping of str to str
        The page of each chapter that is in the book.

    Returns
    -------
    list of Markdown
        The tables ``comparison-cells``, ``comparison-numbers`` and ``comparison-readings``.
    """
    words = {
        claim: findings.accepted_verdict(claims[claim], accepted) for pair in CELLS.values() for claim in pair
    }
    cells = pd.DataFrame(
        {"Dimension": dimension.capitalize()}
        | {
            supplier: _cell(claims[claim], words[claim], accepted, links)
            for supplier, claim in zip(SUPPLIERS, pair, strict=True)
        }
        for dimension, pair in CELLS.items()
    )
    numbers = pd.DataFrame(
        {
            "Indicator": f"**{name}**",
            "It asks": one.question,
            "Its number": one.unit,
            "It supports the claim if": f"`{one.rule}`",
        }
        for name, one in _compared(claims).items()
    )
    readings = pd.DataFrame(
        {"Reading of “respectively”": reading, "Cells": len(wanted)}
        | {
            heading: ", ".join(claim for claim in wanted if words[claim] == word) or "none"
            for word, heading in _HEADINGS.items()
        }
        | {"As a whole": _as_a_whole([words[claim] for claim in wanted])}
        for reading, wanted in READINGS.items()
    )
    note = (
        "✓ the indicator supports the claim, ✗ it does not; then its value, its 95\u00a0% interval, and *p* "
        "under its null model where it has one. "
        "Units, and the rules that decide, are in {numref}`comparison-numbers`; the chapter behind each "
        "verdict says what the null model is."
    )
    whole = (
        "A reading is supported if all its cells are, not supported if none is even in part, and partly "
        "supported otherwise: the book's rule for the indicators of a claim, applied to cells."
    )
    return [
        tables.show(
            cells,
            name="comparison-cells",
            caption="Is supply fragmented? Two suppliers by four dimensions, as the figures have it",
            note=note,
        ),
        tables.show(
            numbers,
            name="comparison-numbers",
            caption="What are the numbers in the cells, and which rule decides?",
        ),
        tables.show(
            readings,
            name="comparison-readings",
            caption="Does the claim hold under both readings of “respectively”?",
            note=whole,
        ),
    ]


def sense_tables(
    claims: Mapping[str, findings.Claim], accepted: Mapping[str, Mapping[str, str]]
) -> list[Markdown]:
    """Make the tables of which sense of fragmentation each indicator captures, and of what that adds up to.

    Parameters
    ----------
    claims, accepted
        As in `cell_tables`.

    Returns
    -------
    list of Markdown
        The tables ``comparison-senses`` and ``comparison-by-sense``.
    """
    names = list(_compared(claims))

    def words(direct: Sequence[str], indirect: Sequence[str]) -> str:
        part = [f"in part {sense}" for sense in indirect]
        return ", ".join([*direct, *part]).capitalize() or "None of the four"

    each = pd.DataFrame(
        {
            "Indicator": f"**{name}**",
            "Captures": words(*CAPTURED[name][:2]),
            "Misses": CAPTURED[name][2],
        }
        for name in names
    )

    def counted(heading: str, mine: Sequence[str]) -> dict[str, object]:
        says = [accepted[name]["supports"] for name in mine if name in accepted]
        return {
            "Sense": heading,
            "Indicators": len(mine),
            "Support": says.count("yes"),
            "Do not support": says.count("no"),
            "Not computed": len(mine) - len(says),
            "Which": ", ".join(mine) or "none",
        }

    sums = [counted(sense, [name for name in names if sense in CAPTURED[name][0]]) for sense in SENSES]
    sums.append(counted("None directly", [name for name in names if not CAPTURED[name][0]]))
    note = (
        "In part: the indicator does not measure this sense, but sees a sign or a condition of it. "
        "Judged by the authors of this book from what the measures are, not from their results."
    )
    return [
        tables.show(
            each,
            name="comparison-senses",
            caption="Which sense of fragmentation does each indicator capture, and what does it miss?",
            note=note,
        ),
        tables.show(
            pd.DataFrame(sums),
            name="comparison-by-sense",
            caption="What do the indicators say, sense by sense?",
            note="An indicator counts where it captures a sense directly.",
        ),
    ]


def _compared(claims: Mapping[str, findings.Claim]) -> dict[str, findings.Indicator]:
    """All indicators of the eight cells, supplier by supplier."""
    order = [claim for pair in zip(*CELLS.values(), strict=True) for claim in pair]
    return {name: one for claim in order for name, one in claims[claim].indicators.items()}


def _as_a_whole(words: Sequence[str]) -> str:
    missing = words.count(findings.UNTESTED)
    if missing:
        return f"open: {missing} of {len(words)} cells not tested"
    if all(word == findings.SUPPORTED for word in words):
        return f"**{findings.SUPPORTED}**"
    none = all(word == findings.NOT_SUPPORTED for word in words)
    return f"**{findings.NOT_SUPPORTED if none else findings.PARTLY}**"


def _cell(
    claim: findings.Claim,
    word: str,
    accepted: Mapping[str, Mapping[str, str]],
    links: Mapping[str, str],
) -> str:
    """The verdict on a claim, then a line for each indicator: what it says, value, interval, p."""
    if word == findings.UNTESTED:
        return f"{claim.id}: {findings.UNTESTED}"
    says = f"{findings.DISCS[word]} {claim.id}: {word}"
    if claim.chapter in links:
        says = f"[{says}]({links[claim.chapter]})"
    lines = [f"**{says}**"]
    for name, row in accepted.items():
        if name not in claim.indicators:
            continue
        one = claim.indicators[name]
        ends = tables.interval(float(row["low"]), float(row["high"]), one.digits)
        line = f"{'✓' if row['supports'] == 'yes' else '✗'} **{name}** "
        line += f"{tables.number(float(row['value']), one.digits)} {ends}"
        if row["p"]:
            line += f", *p* {tables.p_words(float(row['p']))}"
        lines.append(line)
    return "<br>".join(lines)
