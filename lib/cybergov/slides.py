"""Slides of a session: one HTML file that needs no other, shown by any browser, with speaker notes.

A deck is made from the session's plan, the figures of its chapters and the verdicts of the ledger. It is
shown by reveal.js, which comes with the package sphinx-revealjs and is set into each file, so that a deck
can be carried on a stick or sent by mail.
"""

import importlib.resources
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from cybergov import findings, plain, references, sessions, takeaway
from cybergov.errors import BookError
from cybergov.files import write_atomically
from cybergov.material import Material, Picture, Row, figures_named

#: Folder of the decks under the pages of the book.
FOLDER = "seminar/slides"
#: The canvas in pixels; a projector scales it. A test holds all words of the book to 24 pixels on it.
WIDTH, HEIGHT = 1280, 720
#: Indicators on a slide of a claim; more take another slide.
MOST_ROWS = 3
#: A figure higher than this share of its width becomes larger beside its question than above it.
TALL = 0.625
#: A figure whose words are smaller than this on the canvas says how it is enlarged.
SMALL = 12
#: Room for a figure on the canvas, above its question and beside it: width and height.
ROOM = {False: (1184, 470), True: (792, 560)}
STYLE = Path(__file__).with_name("slides.css")
#: Where the package has reveal.js, and what of it a deck needs.
REVEAL = ("sphinx_revealjs", "_static/revealjs")
SCRIPTS = ("dist/reveal.js", "plugin/notes/notes.js", "plugin/zoom/zoom.js")

_SETTINGS = {
    "width": WIDTH,
    "height": HEIGHT,
    "margin": 0,
    "center": False,
    "controls": False,
    "hash": True,
    "transition": "none",
    "backgroundTransition": "none",
    "zoomLevel": 3,
}


@dataclass(frozen=True)
class Page:
    """One slide as it is shown: what it is called, its body and its notes as HTML."""

    kind: str
    name: str
    body: str
    notes: str


# --- the slides of a session ----------------------------------------------------------------------


def pages(
    session: sessions.Session, known: Sequence[sessions.Session], material: Material, up: str = ""
) -> list[Page]:
    """Make the slides of a session.

    Parameters
    ----------
    session : Session
        From `sessions.sessions`.
    known : sequence of Session
        All sessions of the seminar, to count them and to name the next one.
    material : Material
        Of the session's chapters.
    up : str
        Way from the deck to the top of the book's pages, such as ``../../``; without it, the deck has no
        links into the book.

    Returns
    -------
    list of Page
        The opening, the slides of the plan, the closing.
    """
    made = [_opening(session, len(known), material)]
    for one in session.slides:
        notes = plain.html(one.notes, material.words)
        if isinstance(one, sessions.FigureSlide):
            made.append(_figure(one, material, notes))
        elif isinstance(one, sessions.ClaimSlide):
            made += claim_pages(one.claim, material, notes)
        elif isinstance(one, sessions.ExerciseSlide):
            made.append(_exercise(one.exercise, material, notes))
        else:
            points = "".join(f"<li>{plain.inline(point, material.words)}</li>" for point in one.points)
            title = plain.inline(one.title, material.words)
            made.append(Page("words", one.title, f"<h2>{title}</h2>\n<ul>{points}</ul>", notes))
    following = next((one.title for one in known if one.number == session.number + 1), "")
    return [*made, _closing(session, material, up, following)]


def _opening(session: sessions.Session, count: int, material: Material) -> Page:
    aims = "".join(f"<li>{plain.inline(aim, material.words)}</li>" for aim in session.aims)
    title = plain.inline(session.title, material.words)
    book = takeaway.Citation.of(material.offer.root).title
    body = (
        f'<p class="above">{escape(book)}<br>Session {session.number} of {count}</p>\n'
        f"<h1>{title}</h1>\n<ul>{aims}</ul>\n"
        '<p class="keys">→ next · S notes in a window · T notes on the slide · ? all keys</p>'
    )
    plan = "".join(
        f"<li>{time} ({block.how}): {plain.inline(block.what, material.words)}</li>"
        for time, block in sessions.timed(session.blocks)
    )
    return Page("opening", session.title, body, f"<p>The {sessions.LENGTH} minutes:</p>\n<ul>{plan}</ul>")


def _figure(one: sessions.FigureSlide, material: Material, notes: str) -> Page:
    picture = material.picture(one.figure)
    ask = f'<p class="ask">{plain.inline(one.ask, material.words)}</p>'
    body = f"<h2>{escape(picture.title)}</h2>\n{_shown(picture, ask)}"
    about = f'<p class="caption">Fig.\u00a0{picture.number}. {picture.caption}</p>'
    return Page("figure", picture.title, body, f"{notes}\n{about}")


def _shown(picture: Picture, words: str) -> str:
    """Write a figure with words beneath it, or beside it if it is tall, and where it comes from."""
    shape = "beside" if is_tall(picture) else "above"
    enlarge = " Alt+click enlarges (Linux: Ctrl+click)." if letters(picture) < SMALL else ""
    return (
        f'<div class="show {shape}">\n<div class="picture">{image(picture)}</div>\n{words}\n</div>\n'
        f'<p class="credit">{escape(picture.credit)}{enlarge}</p>'
    )


def claim_pages(name: str, material: Material, notes: str) -> list[Page]:
    """Make the slides of a claim, or of what is expected of a case, from the accepted ledger.

    Parameters
    ----------
    name : str
        Id of the claim or case.
    material : Material
        With the ledger.
    notes : str
        HTML, for the first of them.

    Returns
    -------
    list of Page
        One for every `MOST_ROWS` indicators, and one without a table for what is not tested.
    """
    claim = material.offer.claims[name]
    word = findings.accepted_verdict(claim, material.accepted)
    rows = material.rows(name)
    parts = [rows[at : at + MOST_ROWS] for at in range(0, len(rows), MOST_ROWS)] or [[]]
    origin = (
        "What the theory leads one to expect, as this book reads it."
        if claim.expected
        else "The claim of Cai and Zhang (2024) in the book's words."
    )
    made = []
    for at, part in enumerate(parts, 1):
        heading = f"{'Case' if claim.expected else 'Claim'} {name}"
        if len(parts) > 1:
            heading += f" ({at} of {len(parts)})"
        lines = "".join(_line(row, material) for row in part)
        table = (
            '<table>\n<thead><tr><th scope="col">Indicator</th><th scope="col">Question</th>'
            '<th scope="col">Value, 95\u00a0% interval, rule</th></tr></thead>\n'
            f"<tbody>{lines}</tbody>\n</table>"
            if part
            else ""
        )
        body = (
            f'<h2>{escape(heading)} <span class="verdict {word.replace(" ", "-")}">'
            f"{findings.DISCS.get(word, '')} {escape(word)}</span></h2>\n"
            f'<p class="claim">{plain.inline(claim.claim, material.words)}</p>\n{table}'
        )
        said = notes if at == 1 else "<p>As on the slide before.</p>"
        made.append(Page("claim", heading, body, f'{said}\n<p class="caption">{escape(origin)}</p>'))
    return made


def _line(row: Row, material: Material) -> str:
    mark, kind = ("✓", "yes") if row.supports else ("✗", "no")
    value = ", ".join(filter(None, [row.value, row.p])).replace(" ", "\u00a0").replace(",\u00a0p", ", p")
    return (
        f'<tr><th scope="row">{escape(row.indicator)}<br><span class="{kind}">{mark} {row.says}</span></th>'
        f"<td>{plain.inline(row.question, material.words)}</td>"
        f'<td><strong>{escape(value)}</strong><br><span class="unit">{plain.inline(row.unit, material.words)}'
        f"</span><br>rule: <code>{escape(row.rule)}</code></td></tr>"
    )


def _exercise(label: str, material: Material, notes: str) -> Page:
    one = material.offer.exercises[label]
    title = plain.inline(one.title, material.words)
    heading = f"Exercise: {title}" if title else "Exercise"
    asked = material.asked(label)
    task = f'<div class="task">{plain.html(asked, material.words)}</div>'
    named = [name for name in figures_named(asked) if material.has_picture(name)]
    shown = _shown(material.picture(named[0]), task) if named else task
    body = f"<h2>{heading}</h2>\n{shown}"
    return Page("exercise", one.title or "Exercise", body, notes)


def _closing(session: sessions.Session, material: Material, up: str, following: str) -> Page:
    offer = material.offer
    home = [plain.inline(offer.exercises[one].title, material.words) or "Exercise" for one in session.at_home]
    required = references.html(offer.references, session.required)
    chapters = []
    for name in session.chapters:
        title = escape(offer.title(name).split(":")[0])
        chapters.append(f'<a href="{up}{offer.pages[name]}.html">{title}</a>' if up else title)

    def named(keys: Sequence[str]) -> list[str]:
        return ["; ".join(" ".join(references.short(offer.references[key])) for key in keys)] if keys else []

    columns = (
        [("Exercises at home", home), ("In the book", chapters), ("Next", [escape(following)])],
        [
            ("To read", [_DOI.sub("", one) for one in required]),
            ("Further", named(session.further)),
            ("Chinese scholarship", named(session.chinese)),
        ],
    )
    lists = "".join(f"<dl>{''.join(_entry(name, items) for name, items in one)}</dl>" for one in columns)
    last = sessions.timed(session.blocks)[-1]
    notes = f"<p>{last[0]} ({last[1].how}): {plain.inline(last[1].what, material.words)}</p>"
    return Page(
        "closing",
        "After the session",
        f'<h2>After the session</h2>\n<div class="columns">{lists}</div>',
        notes,
    )


def _entry(name: str, items: Sequence[str]) -> str:
    there = [f"<dd>{one}</dd>" for one in items if one]
    return f"<dt>{name}</dt>{''.join(there)}" if there else ""


_DOI = re.compile(r' (?:<a href="[^"]*">doi:|URL: <a )[^<]*.*?</a>\.')


def image(picture: Picture) -> str:
    """Write a figure's drawing, with its description for those who do not see it."""
    return (
        f'<img src="{picture.source}" alt="{escape(picture.description, quote=True)}" '
        f'width="{picture.width}" height="{picture.height}">'
    )


def is_tall(picture: Picture) -> bool:
    """Tell whether a figure is so high that its question stands beside it."""
    return picture.height / picture.width > TALL


def letters(picture: Picture) -> float:
    """Give the size in pixels that words of 12 pixels in a figure have on the canvas."""
    width, height = ROOM[is_tall(picture)]
    return 12 * min(width / picture.width, height / picture.height)


def small(session: sessions.Session, material: Material) -> list[tuple[str, float]]:
    """List the figures on a session's slides whose words are small, with their size in pixels."""
    pictures = [
        material.picture(one.figure) for one in session.slides if isinstance(one, sessions.FigureSlide)
    ]
    return [(one.label, letters(one)) for one in pictures if letters(one) < SMALL]


def frame(page: Page, session: sessions.Session, at: int, of: int) -> str:
    """Write a slide as it is seen, for the screen and for paper: its body and a line that places it."""
    return (
        f'<div class="slide {page.kind}">\n<div class="body">\n{page.body}\n</div>\n'
        f'<p class="place"><span>{session.number}. {escape(session.title)}</span>'
        f'<span class="number">{at} / {of}</span></p>\n</div>'
    )


# --- one file -------------------------------------------------------------------------------------


def deck(session: sessions.Session, made: Sequence[Page]) -> str:
    """Put slides into one file.

    Parameters
    ----------
    session : Session
        Whose slides they are.
    made : sequence of Page
        From `pages`.

    Returns
    -------
    str
        HTML with all styles, scripts and pictures in it. The same slides give the same bytes.

    Raises
    ------
    BookError
        If reveal.js is not where the package sphinx-revealjs has it.
    """
    slides = "\n".join(
        f'<section aria-label="{escape(page.name, quote=True)}">\n{frame(page, session, at, len(made))}\n'
        f'<aside class="notes">{page.notes}</aside>\n</section>'
        for at, page in enumerate(made, 1)
    )
    return _DECK.format(
        title=escape(f"{session.number}. {session.title}: slides"),
        licence=reveal("LICENSE").strip(),
        reveal_style=reveal("dist/reveal.css"),
        style=STYLE.read_text(encoding="utf-8"),
        slides=slides,
        scripts="\n".join(f"<script>\n{reveal(name)}\n</script>" for name in SCRIPTS),
        settings=json.dumps(_SETTINGS),
    )


@cache
def reveal(name: str) -> str:
    """Read a file of reveal.js, as it can stand within a page.

    Raises
    ------
    BookError
        If the package does not have it.
    """
    package, folder = REVEAL
    try:
        text = (importlib.resources.files(package) / folder / name).read_text(encoding="utf-8")
    except (ModuleNotFoundError, OSError):
        raise BookError(
            f"The package sphinx-revealjs has no {folder}/{name}, which slides need: make the environment "
            "with `make env`."
        ) from None
    # Within a script, these begin and end what the page takes for comments and for the script's end.
    return (
        re.sub(r"//# sourceMappingURL=\S+", "", text)
        .replace("<!--", "<\\!--")
        .replace("</script", "<\\/script")
    )


_DECK = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<!--
Shown by reveal.js, under the MIT licence:

{licence}
-->
<style>
{reveal_style}
</style>
<style>
{style}
</style>
</head>
<body>
<div class="reveal">
<div class="slides">
{slides}
</div>
</div>
{scripts}
<script>
Reveal.initialize({{...{settings}, plugins: [RevealNotes, RevealZoom]}}).then(() => {{
  const toggle = () => {{
    Reveal.configure({{showNotes: !Reveal.getConfig().showNotes}});
    Reveal.layout();
  }};
  Reveal.addKeyBinding({{keyCode: 84, key: "T", description: "Notes on the slide"}}, toggle);
}});
</script>
</body>
</html>
"""


def write(
    chosen: Sequence[sessions.Session],
    known: Sequence[sessions.Session],
    material: Material,
    folder: Path,
    *,
    up: str = "",
) -> list[Path]:
    """Write the decks of sessions, each as ``NAME.html``.

    Parameters
    ----------
    chosen : sequence of Session
        Whose decks are made.
    known : sequence of Session
        All sessions of the seminar.
    material : Material
        Of the chapters of those that are chosen.
    folder : Path
        Where they are put.
    up : str
        As in `pages`.

    Returns
    -------
    list of Path
    """
    written = []
    for one in chosen:
        path = folder / f"{one.name}.html"
        write_atomically(path, deck(one, pages(one, known, material, up)))
        written.append(path)
    return written
