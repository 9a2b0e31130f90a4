"""The printed packet of a session: the teacher's page, the slides with their notes, the participants' sheet.

All of it is made from the session's plan, its page and its own chapters, so that a packet needs neither the
built pages nor the run of the whole book.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from cybergov import paper, plain, references, sessions, slides
from cybergov.errors import BookError
from cybergov.material import Material, figures_named

STYLE = Path(__file__).with_name("packet.css")
#: For whom a packet is made, and the parts that it then has.
READERS = {
    "all": ("teacher", "slides", "students"),
    "teacher": ("teacher", "slides"),
    "students": ("students",),
}
#: Ruled lines for each answer.
LINES = 7


def path(root: Path, session: sessions.Session, reader: str = "all") -> Path:
    """Say where a packet is put: ``_build/seminar/1-puzzle.pdf``, or with the reader in its name.

    Parameters
    ----------
    root : Path
        The book's folder.
    session : Session
        Whose packet it is.
    reader : {"all", "teacher", "students"}
        For whom it is.
    """
    part = "" if reader == "all" else f"-{reader}"
    return root / "_build" / "seminar" / f"{session.number}-{session.name}{part}.pdf"


def document(
    session: sessions.Session,
    known: Sequence[sessions.Session],
    material: Material,
    reader: str = "all",
) -> str:
    """Put a packet into one document for `paper.print_html`.

    Parameters
    ----------
    session : Session
        Whose packet it is.
    known : sequence of Session
        All sessions of the seminar.
    material : Material
        Of the session's chapters.
    reader : {"all", "teacher", "students"}
        For whom it is.

    Returns
    -------
    str
        HTML with all pictures in it.

    Raises
    ------
    BookError
        If there is no such reader, or the session has no page.
    """
    if reader not in READERS:
        raise BookError(f"A packet is for one of {', '.join(READERS)}, not for {reader!r}.")
    heading = f"Session {session.number}. {session.title}"
    parts = {
        "teacher": lambda: _teacher(session, known, material),
        "slides": lambda: _slides(session, known, material),
        "students": lambda: _students(session, material),
    }
    names = {"teacher": "for the teacher", "slides": "slides and notes", "students": "for participants"}
    body = "\n".join(
        f'<section class="part {name}" style="page: {name}">\n{parts[name]()}\n</section>'
        for name in READERS[reader]
    )
    rules = "\n".join(
        f"@page {name} {{ @top-left {{ content: {paper.quoted(heading)}; }} "
        f"@top-right {{ content: {paper.quoted(names[name])}; }} }}"
        for name in READERS[reader]
    )
    return _DOCUMENT.format(
        title=escape(heading),
        style=STYLE.read_text(encoding="utf-8"),
        slides_style=slides.STYLE.read_text(encoding="utf-8"),
        rules=rules,
        body=body,
    )


def write(
    session: sessions.Session,
    known: Sequence[sessions.Session],
    material: Material,
    reader: str = "all",
) -> tuple[Path, int]:
    """Print a packet.

    Parameters
    ----------
    session, known, material, reader
        As in `document`.

    Returns
    -------
    (Path, int)
        The PDF and the number of its sheets.

    Raises
    ------
    BookError
        As `document` and `paper.print_html` do.
    """
    target = path(material.offer.root, session, reader)
    return target, paper.print_html(document(session, known, material, reader), target)


# --- its parts ------------------------------------------------------------------------------------


def _teacher(session: sessions.Session, known: Sequence[sessions.Session], material: Material) -> str:
    """Write the session's page as it stands in the book."""
    page = material.offer.root / f"{session.docname}.md"
    try:
        markdown = page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BookError(f"{session.docname}.md cannot be read: {error}") from None
    return plain.html(markdown, material.words, material.generated(known))


def _slides(session: sessions.Session, known: Sequence[sessions.Session], material: Material) -> str:
    """Write the slides, two a sheet, each above its notes."""
    made = slides.pages(session, known, material)
    shown = "\n".join(
        f'<div class="with-notes"><div class="frame">{slides.frame(page, session, at, len(made))}</div>\n'
        f'<div class="notes">{page.notes}</div></div>'
        for at, page in enumerate(made, 1)
    )
    return f"<h1>Slides with notes</h1>\n{shown}"


def _students(session: sessions.Session, material: Material) -> str:
    """Write what participants get: what to prepare and to read, and the exercises with room to write."""
    words, entries = material.words, material.offer.references
    parts = [
        f"<h1>{escape(f'Session {session.number}. {session.title}')}</h1>",
        '<p class="name">Name:</p>',
        "<h2>What you will be able to do</h2>",
        _list([plain.inline(one, words) for one in session.aims]),
        "<h2>To prepare</h2>",
        _list([plain.inline(one, words) for one in session.students]),
        "<h2>To read</h2>",
        _list(references.html(entries, session.required)),
    ]
    further = [*session.further, *session.chinese]
    if further:
        parts += ["<h3>Further reading</h3>", _list(references.html(entries, further))]
    shown: set[str] = set()
    for where, labels in (("in class", session.in_class), ("at home", session.at_home)):
        if labels:
            parts.append(f'<h2 class="work">Exercises {where}</h2>')
        parts += [_exercise(label, material, shown) for label in labels]
    return "\n".join(parts)


def _exercise(label: str, material: Material, shown: set[str]) -> str:
    """Write an exercise, the figures and tables that it names and that were not shown before, and lines."""
    one = material.offer.exercises[label]
    chapter = plain.inline(material.offer.title(one.chapter), material.words)
    title = plain.inline(one.title, material.words) or "Exercise"
    asked = material.asked(label)
    about = "".join(_named(name, material) for name in figures_named(asked) if name not in shown)
    shown.update(figures_named(asked))
    lines = '<div class="line"></div>' * LINES
    return (
        f'<section class="task">\n<h3>{title}</h3>\n<p class="from">From the chapter “{chapter}”</p>\n'
        f"{plain.html(asked, material.words)}\n{about}\n"
        f"{lines}\n</section>"
    )


def _named(label: str, material: Material) -> str:
    if not material.has_picture(label):
        return material.table(label)
    picture = material.picture(label)
    tall = ' class="tall"' if slides.is_tall(picture) else ""
    return (
        f'<figure{tall}><p class="chart-title">{escape(picture.title)}</p>\n{slides.image(picture)}\n'
        f"<figcaption>Fig.\u00a0{picture.number}. {picture.caption}</figcaption></figure>\n"
    )


def _list(items: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{one}</li>' for one in items)}</ul>"


_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
{slides_style}
</style>
<style>
{style}
{rules}
</style>
</head>
<body class="packet">
{body}
</body>
</html>
"""
