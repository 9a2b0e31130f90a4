"""The whole article on one page: every claim and every indicator with what the accepted ledger says."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cybergov import findings, tables
from cybergov.errors import BookError

#: Columns of the file that a reader takes away, one row an indicator.
FILE_COLUMNS = [
    "claim",
    "in the book's words",
    "verdict",
    "indicator",
    "question",
    "measure",
    "unit",
    "value",
    "low",
    "high",
    "p",
    "rule",
    "supports",
    "amended",
    "specifications",
    "specifications that support",
    "states left out, one at a time",
    "states whose absence turns the decision",
    "placebo worlds",
    "placebo worlds that support",
    "chapter",
]

Claims = Mapping[str, findings.Claim]
Accepted = Mapping[str, Mapping[str, str]]
Links = Mapping[str, str]
#: Of an indicator without rows of robustness.
NO_ROWS: dict[str, Any] = {"specifications": 0, "without": 0, "worlds": 0}


def summary(claims: Claims, accepted: Accepted, robust: pd.DataFrame) -> str:
    """Say in a few sentences how many claims have which verdict, and how many decisions hold otherwise.

    Parameters
    ----------
    claims : mapping of str to Claim
        As `findings.claims` reads them.
    accepted : mapping of str to mapping
        The ledger by indicator, as `findings.read_ledger` reads it; it may lack any row.
    robust : DataFrame
        What other choices say, as `robustness.summary` gives it; it may lack any row.

    Returns
    -------
    str
        Markdown.
    """
    words = {name: findings.accepted_verdict(one, accepted) for name, one in claims.items()}
    parts = []
    for word in (findings.SUPPORTED, findings.PARTLY, findings.NOT_SUPPORTED, findings.UNTESTED):
        mine = [name for name in words if words[name] == word]
        if mine:
            parts.append(f"{len(mine)} {'is' if len(mine) == 1 else 'are'} **{word}** ({', '.join(mine)})")
    known = findings.indicators(claims)
    support = sum(accepted[name]["supports"] == "yes" for name in known if name in accepted)
    tested = sum(name in accepted for name in known)
    text = (
        f"Of {len(claims)} claims, {tables.listed(parts)}. "
        f"Of the {tested} indicators that decide, {support} support their claim "
        f"and {tested - support} do not."
    )
    ways = [_robust(name, robust) for name in known if name in accepted]
    several = [row for row in ways if row["specifications"] > 1]
    if several:
        same = sum(row["share"] == (row["published"] == "yes") for row in several)
        text += f" Of the {len(several)} with other declared choices, {same} decide alike under all of these."
    return text


def brief(claims: Claims, accepted: Accepted, links: Links, wanted: Sequence[str]) -> str:
    """Give the verdicts alone, as the table ``ledger-table``, or ``ledger-a1-t1`` for some claims.

    Parameters
    ----------
    claims, accepted
        As in `summary`.
    links : mapping of str to str
        The page of each chapter that can be linked.
    wanted : sequence of str
        Ids of claims; all if there is none.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    BookError
        If there is no such claim.
    """
    unknown = [name for name in wanted if name not in claims]
    if unknown:
        raise BookError(f"The ledger takes nothing, 'whole' or ids of claims, not {unknown[0]!r}.")
    rows = []
    for claim in map(claims.__getitem__, wanted or claims):
        mine = [accepted[name] for name in claim.indicators if name in accepted]
        support = sum(row["supports"] == "yes" for row in mine)
        says = findings.UNTESTED
        if mine:
            link = links.get(claim.chapter)
            word = f"[{mine[0]['verdict']}]({link})" if link else mine[0]["verdict"]
            says = f"**{word}**, {support} of {len(mine)} indicators"
        rows.append({"Claim": f"**{claim.id}**", "In the book's words": claim.claim, "Verdict": says})
    which = "of this part" if wanted else "of the article"
    shown = tables.show(
        pd.DataFrame(rows),
        name="-".join(["ledger", *map(str.lower, wanted)]) if wanted else "ledger-table",
        caption=f"The claims {which} and what the figures say of them so far",
    )
    return str(shown.data)


def claims_table(claims: Claims, accepted: Accepted, links: Links) -> str:
    """Say for each claim what bears it out and what does not, as the table ``ledger-claims``.

    Parameters
    ----------
    claims, accepted
        As in `summary`.
    links : mapping of str to str
        The page of each chapter that is in the book.

    Returns
    -------
    str
        Markdown.
    """
    rows = []
    for name, one in claims.items():
        word = findings.accepted_verdict(one, accepted)
        says = f"{findings.DISCS.get(word, '')} {word}".strip()
        if one.chapter in links and word != findings.UNTESTED:
            says = f"[{says}]({links[one.chapter]})"
        sides = {
            side: [
                f"{mark} {indicator.question} "
                f"*{tables.number(float(accepted[key]['value']), indicator.digits)}*"
                for key, indicator in one.indicators.items()
                if key in accepted and accepted[key]["supports"] == side
            ]
            for side, mark in (("yes", "✓"), ("no", "✗"))
        }
        rows.append(
            {
                "Claim and verdict": f"**{name}** {one.claim}<br>**{says}**",
                "Answered as the claim has it": "<br>".join(sides["yes"]) or tables.MISSING,
                "Answered otherwise": "<br>".join(sides["no"]) or tables.MISSING,
            }
        )
    shown = tables.show(
        pd.DataFrame(rows),
        name="ledger-claims",
        caption="What holds of the article's claims, and what does not?",
        note="In italics the value of the indicator that decided; its unit, interval and rule are in "
        "{numref}`ledger-indicators`.",
    )
    return str(shown.data)


def indicators_table(claims: Claims, accepted: Accepted, links: Links, robust: pd.DataFrame) -> str:
    """Show every indicator with value, interval, p, rule and decision, as the table ``ledger-indicators``.

    Parameters
    ----------
    claims, accepted, links
        As in `claims_table`.
    robust
        As in `summary`.

    Returns
    -------
    str
        Markdown; an indicator without an accepted finding is left out, and if none has one, a sentence
        says so.
    """
    rows = []
    for one in claims.values():
        for name, indicator in one.indicators.items():
            if name not in accepted:
                continue
            row = accepted[name]
            title = f"[{name}]({links[one.chapter]})" if one.chapter in links else name
            rows.append(
                {
                    "Indicator": f"**{title}**",
                    "Supports": "✓ yes" if row["supports"] == "yes" else "✗ no",
                    "Value, 95 % interval": f"{tables.number(float(row['value']), indicator.digits)} "
                    f"{tables.interval(float(row['low']), float(row['high']), indicator.digits)}",
                    "*p*": tables.p_value(float(row["p"])) if row["p"] else tables.MISSING,
                    "Robustness": _share(name, robust),
                    "Verdict on its claim": row["verdict"],
                    "Unit and rule": f"{indicator.unit}; `{indicator.rule}`"
                    + (" *(amended)*" if indicator.amended else ""),
                }
            )
    if not rows:
        return "No finding has been accepted yet."
    shown = tables.show(
        pd.DataFrame(rows),
        name="ledger-indicators",
        caption="What did every indicator find, and by which rule was it decided?",
        note="A *p* is that of the indicator's null model; an indicator without one has none. Robustness: "
        "the share of the specifications, all made of declared choices, that support, and how many were run; "
        "a dash stands where no other choice was declared. *Amended*: something of its declaration was "
        "changed after it had been written, as its chapter tells.",
    )
    return str(shown.data)


def _robust(name: str, robust: pd.DataFrame) -> dict[str, Any]:
    return dict(robust.loc[name]) if name in robust.index else NO_ROWS


def _share(name: str, robust: pd.DataFrame) -> str:
    row = _robust(name, robust)
    if row["specifications"] < 2:
        return tables.MISSING
    return f"{tables.number(row['share'])} of {row['specifications']}"


#: What is asked of every case, under the word that ends the ids of its indicators.
QUESTIONS = {
    "gate": "Is the inside richer than the outside?",
    "interest": "Does the general line of interests part inside from outside?",
    "response": "Does joining, or supply, answer those whom the older arrangement does not serve?",
    "hold": "Does the division last?",
}


def cases_table(expected: Claims, accepted: Accepted, links: Links, titles: Mapping[str, str]) -> str:
    """Put the same questions to all cases, as the table ``cases-expectations``.

    Parameters
    ----------
    expected : mapping of str to Claim
        As `findings.predictions` reads them: each with an indicator for every one of `QUESTIONS`.
    accepted, links
        As in `claims_table`.
    titles : mapping of str to str
        The title of each chapter.

    Returns
    -------
    str
        Markdown: a row a case, a column a question, and in a cell whether it is as the theory leads one
        to expect, the value and its interval.
    """
    rows = []
    for name, one in expected.items():
        title = f"{name} {titles.get(one.chapter, one.chapter)}"
        row = {"Case": f"**[{title}]({links[one.chapter]})**" if one.chapter in links else f"**{title}**"}
        for asked, question in QUESTIONS.items():
            row[question] = _answer(one.indicators[f"{name}.{asked}"], accepted)
        rows.append(row)
    counts = {"Case": "*As expected*"}
    for asked, question in QUESTIONS.items():
        known = [f"{name}.{asked}" for name in expected if f"{name}.{asked}" in accepted]
        counts[question] = f"*{sum(accepted[key]['supports'] == 'yes' for key in known)} of {len(known)}*"
    shown = tables.show(
        pd.DataFrame([*rows, counts]),
        name="cases-expectations",
        caption="Four questions to five cases: where is it as the theory leads one to expect?",
        note="✓ as expected, ✗ not; then the value and its 95\u00a0% interval. The first two questions have "
        "one measure in all cases, a probability (0.5 is no difference); the measures of the other two "
        "are the case's own.",
    )
    return str(shown.data)


def _answer(indicator: findings.Indicator, accepted: Accepted) -> str:
    if indicator.id not in accepted:
        return tables.MISSING
    row = accepted[indicator.id]
    value = tables.number(float(row["value"]), indicator.digits)
    ends = tables.interval(float(row["low"]), float(row["high"]), indicator.digits)
    return f"{'✓' if row['supports'] == 'yes' else '✗'} {value}<br>{ends}"


def file(claims: Claims, accepted: Accepted, robust: pd.DataFrame) -> pd.DataFrame:
    """Give the ledger as a reader takes it away, one row an indicator.

    Parameters
    ----------
    claims, accepted, robust
        As in `summary`.

    Returns
    -------
    DataFrame
        With `FILE_COLUMNS`, all text as in the ledger; a claim without an accepted finding has one row
        that says so.
    """
    rows = []
    for name, one in claims.items():
        about = {"claim": name, "in the book's words": one.claim, "chapter": one.chapter}
        about["verdict"] = findings.accepted_verdict(one, accepted)
        found = [indicator for key, indicator in one.indicators.items() if key in accepted]
        for indicator in found:
            row = accepted[indicator.id]
            rows.append(
                about
                | {column: row[column] for column in ("indicator", "value", "low", "high", "p", "supports")}
                | {column: getattr(indicator, column) for column in ("question", "measure", "unit", "rule")}
                | {"amended": "yes" if indicator.amended else "no"}
                | _robust_cells(indicator.id, robust)
            )
        if not found:
            rows.append(about)
    return pd.DataFrame(rows, columns=FILE_COLUMNS, dtype=str).fillna("")


def _robust_cells(name: str, robust: pd.DataFrame) -> dict[str, str]:
    row, cells = _robust(name, robust), {}
    if row["specifications"]:
        cells["specifications"] = str(row["specifications"])
        cells["specifications that support"] = str(round(row["share"] * row["specifications"]))
    if row["without"]:
        cells["states left out, one at a time"] = str(row["without"])
        cells["states whose absence turns the decision"] = " ".join(row["turned_without"])
    if row["worlds"]:
        cells["placebo worlds"] = str(row["worlds"])
        cells["placebo worlds that support"] = str(row["worlds_support"])
    return cells
