"""The sheets of the simulated negotiation: the packet printed for a game, and the page of its tally."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

import pandas as pd
from markdown_it import MarkdownIt

from cybergov import briefs, paper, simulation, tables, tally
from cybergov.files import write_atomically

STYLE = Path(__file__).with_name("simulation.css")
#: Where the sheets are made, in the book's folder.
FOLDER = Path("_build") / "simulation"
VOTE_FILE = "votes.csv"
TITLE = "Simulation of an open-ended working group"
#: How the roles of delegations are printed.
_ROLE_WORDS = {"delegation": "", "sponsor": "sponsor of the draft", "rapporteur": "rapporteur, secretariat"}


# --- the packet -----------------------------------------------------------------------------------


def front(found: simulation.Texts, game: simulation.Cast) -> str:
    """Write the sheets that all get: cast, rounds, rules, roles, draft, voting sheet and positions.

    Parameters
    ----------
    found : Texts
        The texts of the exercise.
    game : Cast
        The delegations.

    Returns
    -------
    str
        HTML with its own style, for a document of the country briefs.
    """
    sheets = [
        _cover(found, game),
        f"<h2>Rounds</h2>{tables.html(simulation.rounds(found), 'What happens when, in minutes')}"
        f"<h2>Agenda</h2>{_html(simulation.write_agenda(found))}",
        f"<h2>Rules of procedure</h2>{_html(simulation.write_passages(found.rules))}"
        f"<h2>Roles</h2>{_html(simulation.write_passages(found.roles))}{_observers(found, game)}",
        f'<h2>Draft resolution: {escape(found.title)}</h2><p class="status">{escape(found.status)} Square '
        f"brackets hold what is still open.</p>{_html(simulation.write_draft(found))}",
        _voting_sheet(found, game),
        _positions(found),
    ]
    body = "\n".join(f'<section class="simulation-sheet">\n{one}\n</section>' for one in sheets)
    return f"<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n{body}"


def write_packet(
    root: Path,
    game: simulation.Cast,
    *,
    pdf: bool = True,
    workers: int | None = None,
    cluster: str | None = None,
) -> tuple[list[Path], bool]:
    """Make the packet of a game, and its blank vote file.

    Parameters
    ----------
    root : Path
        The book's folder.
    game : Cast
        The delegations.
    pdf : bool
        Whether a browser prints the packet too.
    workers, cluster
        Where the country briefs run.

    Returns
    -------
    tuple
        The files made, and whether the vote file is among them: one that may have votes in it is left.

    Raises
    ------
    BookError
        If there is no browser to print with, or the briefs cannot be made.
    """
    if pdf:
        paper.browser()  # a missing one is told before the work
    found, folder = simulation.texts(root), root / FOLDER
    made = briefs.make(sorted(game.codes), workers=workers, cluster=cluster, root=root)
    by_code = {one.iso3: one for one in made}
    in_order = [by_code[code] for code in game.codes]
    document = briefs.document(in_order, title=TITLE, before=front(found, game))
    files = [folder / "packet.html"]
    write_atomically(files[0], document)
    if pdf:
        files.append(folder / "packet.pdf")
        paper.print_html(document, files[-1])
    votes = folder / VOTE_FILE
    free = not votes.exists() or _is_blank(votes)
    if free:
        write_atomically(votes, tally.blank(game, [one.id for one in found.questions]))
        files.append(votes)
    return files, free


def _is_blank(path: Path) -> bool:
    try:
        return tally.is_blank(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return False  # whatever it is, it is not this command's


def _html(markdown: str) -> str:
    return str(MarkdownIt().render(markdown))


def _named(game: simulation.Cast) -> pd.DataFrame:
    shown = game.delegations.reset_index()
    shown["Role"] = shown["Role"].map(lambda role: _ROLE_WORDS.get(role, role))
    return shown.rename(columns={"iso3": "Code"})


def _cover(found: simulation.Texts, game: simulation.Cast) -> str:
    cast = _named(game)[["Seat", "State", "Code", "Role", *simulation.MARGINS]].astype({"Seat": str})
    even = pd.DataFrame({"Over": game.imbalance.index, "Distance from the membership": game.imbalance})
    resolutions = tables.listed(simulation.camp_years()[game.camp_year])
    return (
        f"<h1>{TITLE}</h1>\n<p><strong>{escape(found.title)}</strong></p>\n"
        f'<p class="status">{escape(found.status)}</p>\n'
        f"<p>{len(cast)} delegations, drawn with seed {game.seed}.</p>\n"
        f"{tables.html(cast, 'The cast, in the order of the seats')}"
        f"{tables.html(even.reset_index(drop=True), 'How balanced the cast is', digits=2)}"
        "<p>0 means that groups have the shares that they have among the member states; the figure is the "
        "share of delegations that would have to be of another group (index of Loosemore and Hanby). Camps "
        f"are told by the votes of {game.camp_year} on {escape(resolutions)}; income groups are those of the "
        "World Bank.</p>"
    )


def _observers(found: simulation.Texts, game: simulation.Cast) -> str:
    if not game.observers:
        return ""
    some = found.observers[: game.observers]
    return f"<h2>Observers</h2>{_html(simulation.write_passages(some))}"


def _voting_sheet(found: simulation.Texts, game: simulation.Cast) -> str:
    ids = [one.id for one in found.questions]
    head = "".join(
        f'<th scope="col">{escape(one.capitalize() if one == simulation.WHOLE else one)}</th>' for one in ids
    )
    empty = "<td></td>" * len(ids)
    rows = "".join(
        f'<tr><th scope="row">{seat}. {escape(state)} ({code})</th>{empty}</tr>\n'
        for code, seat, state in zip(
            game.codes, game.delegations["Seat"], game.delegations["State"], strict=True
        )
    )
    counts = "".join(f'<tr><th scope="row">{one}</th>{empty}</tr>\n' for one in (*tally.VOTES, "adopted?"))
    return (
        "<h2>Voting sheet</h2>\n<p>Y yes, N no, A abstain, – absent. The secretariat copies it into "
        f"<code>{VOTE_FILE}</code>, where the words stand in full.</p>\n"
        f'<table class="to-fill"><thead><tr><th scope="col">Delegation</th>{head}</tr></thead>\n'
        f"<tbody>\n{rows}{counts}</tbody></table>"
    )


def _positions(found: simulation.Texts) -> str:
    rows = "".join(
        f'<tr><th scope="row">{one.id}. {escape(one.title)}</th><td></td><td></td><td></td></tr>\n'
        for one in found.paragraphs
    )
    return (
        "<h2>Positions of the delegation of ______________________</h2>\n"
        "<p>To fill in before the first round, from the brief of the state. One copy for each delegation; it "
        "is shown to nobody before the debriefing.</p>\n"
        '<table class="to-fill positions"><thead><tr><th scope="col">Paragraph</th>'
        '<th scope="col">What the state wants, and which figure says so</th>'
        '<th scope="col">What it could live with</th><th scope="col">What it cannot accept</th></tr></thead>'
        f"\n<tbody>\n{rows}</tbody></table>"
    )


# --- the tally ------------------------------------------------------------------------------------


def write_tally(
    root: Path, counted: tally.Tally, game: simulation.Cast, found: simulation.Texts
) -> list[Path]:
    """Write the tally as a page and as CSV.

    Parameters
    ----------
    root : Path
        The book's folder.
    counted : Tally
        The votes of the room, counted.
    game : Cast
        The delegations.
    found : Texts
        The texts of the exercise.

    Returns
    -------
    list of Path
        ``tally.html``, and ``tally.csv`` with a row for each question.
    """
    page, rows = root / FOLDER / "tally.html", root / FOLDER / "tally.csv"
    write_atomically(page, tally_page(counted, game, found))
    write_atomically(rows, counted.questions.to_csv(float_format="%.6g", lineterminator="\n"))
    return [page, rows]


def tally_page(counted: tally.Tally, game: simulation.Cast, found: simulation.Texts) -> str:
    """Write the tally as a page that needs no other file."""
    states, asked = len(game.codes), len(counted.questions)
    passed = int(counted.questions["Adopted"].eq("yes").sum())
    chart = tally.votes_chart(
        counted.votes,
        game,
        title=f"{passed} of {asked} questions were adopted",
        description=f"Votes of {states} delegations on {asked} questions; {passed} were adopted.",
        name="simulated-votes",
        against=counted.record,
    )
    words = {"simple": "a majority", "two thirds": "two thirds"}[counted.majority]
    png, alt = base64.b64encode(chart.png).decode(), escape(chart.description, quote=True)
    parts = [
        f"<h1>{TITLE}: the tally</h1>",
        f"<p>{states} delegations, drawn with seed {game.seed}. Adopted by {words} of those present and "
        "voting; an abstention is no vote.</p>",
        f'<img src="data:image/png;base64,{png}" width="{chart.width}" alt="{alt}"/>',
        "<p>A frame marks a vote that is not the one of the state on the resolution compared.</p>",
        "<h2>What the room decided</h2>",
        _wide(tally.results(counted, found), "Votes and agreement, question by question", 2),
        "<p>Agreement is the index of Hix, Noury and Roland (2005): 1 if all vote alike, 0 if yes, no and "
        "abstain are even. Rice's index leaves abstentions out.</p>",
        _wide(counted.groups, "Agreement of pairs within groups, and with all others", 2),
        "<h2>The room beside the record</h2>",
    ]
    if counted.record.shape[1]:
        parts += [_wide(tally.against_record(counted, found), "Question by question", 2)]
    parts += [
        _wide(_reasons(counted, found), "Why these resolutions", None),
        _wide(tally.overall(counted), "All questions together", 2),
    ]
    away = tally.departures(counted)
    if len(away):
        parts.append(_wide(away, "Who departed from the record of the own state", 1))
    else:
        parts.append("<p>No delegation departed from the record of its state.</p>")
    parts += ["<h2>How to read it</h2>", *(f'<p class="note">{escape(one)}</p>' for one in tally.CAVEATS)]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{TITLE}: the tally</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f'<body>\n<main class="tally">\n{body}\n</main>\n</body>\n</html>\n'
    )


def _reasons(counted: tally.Tally, found: simulation.Texts) -> pd.DataFrame:
    rows: Sequence[tuple[str, str, str]] = [
        (one.id, one.comparable or "no recorded vote", one.reason.strip())
        for one in found.questions
        if one.id in counted.votes
    ]
    return pd.DataFrame(rows, columns=["Question", "Compared with", "Reason"])


def _wide(frame: pd.DataFrame, caption: str, digits: tables.Digits) -> str:
    return f'<div class="wide">{tables.html(frame, caption, digits=digits)}</div>'
