"""Country briefs: two sheets on any member state, each made by one run of one chapter.

The chapter (`CHAPTER`) has the state as its parameter. What its cells show becomes the brief: cells with
the tag ``sheet-1`` make the first sheet, those with ``sheet-2`` the second; those with ``page-only`` are not
run. All briefs are printed as one document, which is then cut, for a browser takes as long to start as to
print fifty sheets.
"""

import copy
import html
import os
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Any

import nbformat
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject
from tqdm import tqdm

from cybergov import data, paper, places, profiles, run, sheets
from cybergov.errors import BookError, BriefError
from cybergov.files import write_atomically

#: The chapter that makes a brief, and its parameter.
CHAPTER, PARAMETER = "seminar/brief", "iso3"
SHEETS = ("sheet-1", "sheet-2")
#: Tag of cells that no brief needs, only the chapter's page.
PAGE_ONLY = "page-only"
STYLE = Path(__file__).with_name("brief.css")
SCRIPT = Path(__file__).with_name("briefs.js")


@dataclass(frozen=True)
class Brief:
    """The brief of one state: its code, its name and its two sheets as HTML."""

    iso3: str
    name: str
    body: str = field(repr=False)

    @property
    def mark(self) -> str:
        """The id of the brief in a document."""
        return f"brief-{self.iso3}"


# --- which states ----------------------------------------------------------------------------------


def find(codes: Sequence[str]) -> list[str]:
    """Find the member states that are meant, by code or by name.

    Parameters
    ----------
    codes : sequence of str
        Codes of ISO 3166-1 (alpha-3) or names of states, in any case, with or without accents.

    Returns
    -------
    list of str
        Their codes in the order given, each once.

    Raises
    ------
    BookError
        If one is neither the code nor a name of a member state; the nearest one is named.
    """
    names = places.names_of_states()
    known = {_plain(word): iso3 for iso3, words in names.items() for word in (*words, iso3)}
    found = []
    for word in codes:
        iso3 = known.get(_plain(word))
        if iso3 is None:
            near = _nearest(_plain(word), known)
            hint = f" Did you mean {known[near]} ({names[known[near]][0]})?" if near else ""
            raise BookError(
                f"{word!r} is neither the code nor the name of a member state of the United Nations; "
                f"expected a code such as KEN, or a name such as Kenya.{hint}"
            )
        found.append(iso3)
    return list(dict.fromkeys(found))


def _nearest(word: str, known: Iterable[str]) -> str:
    """Give the code or name that is most like a word, of equals the one with its beginning; or nothing."""
    kind = [one for one in known if (len(one) == 3) == (len(word) <= 3)]
    near = get_close_matches(word, kind, 10, 0.6)

    def likeness(one: str) -> tuple[float, int]:
        alike = [a == b for a, b in zip(one, word, strict=False)]
        return SequenceMatcher(None, one, word).ratio(), [*alike, False].index(False)

    return max(near, key=likeness, default="")


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.replace("’", "'")).casefold()
    return " ".join("".join(sign for sign in letters if not unicodedata.combining(sign)).split())


# --- making ----------------------------------------------------------------------------------------


def make(
    codes: Sequence[str],
    *,
    workers: int | None = None,
    cluster: str | None = None,
    root: Path | None = None,
) -> list[Brief]:
    """Make the briefs of states, each by a run of the chapter in a kernel of its own.

    Parameters
    ----------
    codes : sequence of str
        Codes of member states, from `find`.
    workers : int, optional
        Runs at a time; `run.usual_workers` by default.
    cluster : str, optional
        Address of a Dask scheduler whose workers run the chapter.
    root : Path, optional
        The book's folder.

    Returns
    -------
    list of Brief
        In the order of the codes.

    Raises
    ------
    BriefError
        If the chapter failed for a state; all failures are listed.
    BookError
        If the book has no such chapter, or the cluster cannot be used.
    """
    root = root or data.root()
    chapter = run.choose([CHAPTER], run.chapters(root))[0]
    names = places.names_of_states()
    notebook = copy.deepcopy(chapter.notebook)
    notebook.cells = [cell for cell in notebook.cells if PAGE_ONLY not in cell.metadata.get("tags", [])]
    tasks = (
        run.task_for(chapter, parameters={PARAMETER: iso3}, notebook=notebook, root=root) for iso3 in codes
    )
    made: dict[str, Brief] = {}
    failed: list[run.Outcome] = []
    with (
        _prepared(),
        closing(run.run_tasks(tasks, workers=workers, cluster=cluster)) as coming,
        tqdm(total=len(codes), desc="briefs", unit="brief", leave=False) as bar,
    ):
        for number, outcome in coming:
            iso3 = codes[number]
            if outcome.notebook is None:
                failed.append(replace(outcome, chapter=iso3))
            else:
                made[iso3] = Brief(iso3, names[iso3][0], _body(iso3, outcome.notebook))
            bar.set_postfix_str(iso3)
            bar.update()
    if failed:
        failed.sort(key=lambda outcome: codes.index(outcome.chapter))
        table = run.failures_table(failed).replace("chapter", "state  ", 1)
        raise BriefError(
            f"{len(failed)} of {len(codes)} briefs could not be made, and none was written:\n{table}"
        )
    return [made[iso3] for iso3 in codes]


@contextmanager
def _prepared() -> Iterator[None]:
    """Have the server whose forks run the chapter compute once what all states are set beside."""
    before = os.environ.get(data.PREPARE_VARIABLE)
    os.environ[data.PREPARE_VARIABLE] = sheets.__name__
    try:
        yield
    finally:
        if before is None:
            del os.environ[data.PREPARE_VARIABLE]
        else:
            os.environ[data.PREPARE_VARIABLE] = before


def _body(iso3: str, notebook: nbformat.NotebookNode) -> str:
    """Put together what the cells of each sheet show."""
    parts = []
    for sheet in SHEETS:
        shown = [
            _text(output["data"]["text/html"])
            for cell in notebook.cells
            if cell.cell_type == "code" and sheet in cell.metadata.get("tags", [])
            for output in cell.outputs
            if "text/html" in output.get("data", {})
        ]
        if not shown:
            raise BriefError(f"The chapter {CHAPTER} has no cell with the tag {sheet} that shows HTML.")
        parts.append(f'<div class="{sheet}">\n' + "\n".join(shown) + "\n</div>")
    # A place that something leads to: the printed document tells by it where the brief begins.
    mark = f'<a class="brief-mark" href="#brief-{iso3}" aria-label="Link to this brief">#</a>'
    body = "\n".join(parts).replace("</h2>", f" {mark}</h2>", 1)
    return f'<article class="brief" id="brief-{iso3}">\n{body}\n</article>'


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


# --- documents -------------------------------------------------------------------------------------


def document(briefs: Sequence[Brief], *, title: str = "", before: str = "") -> str:
    """Put briefs into one HTML document that needs nothing else, for the screen and for the printer.

    Parameters
    ----------
    briefs : sequence of Brief
        From `make`.
    title : str, optional
        Of the document; by default it names the state, or says how many there are.
    before : str, optional
        HTML that is put before the briefs, such as the sheets of a simulation.

    Returns
    -------
    str
        HTML. On paper each brief begins on a sheet of its own and takes two.
    """
    if not title:
        title = (
            f"Country brief: {briefs[0].name}"
            if len(briefs) == 1
            else f"Country briefs of {len(briefs)} States"
        )
    entries = "".join(f'<li><a href="#{one.mark}">{html.escape(one.name)}</a></li>' for one in briefs)
    listed = f'<nav aria-label="Briefs"><ul>{entries}</ul></nav>' if len(briefs) > 1 else ""
    return _DOCUMENT.format(
        title=html.escape(title),
        style=STYLE.read_text(encoding="utf-8"),
        listed=listed,
        before=before,
        briefs="\n".join(one.body for one in briefs),
        script="",
    )


def index(briefs: Sequence[Brief], *, pdf: bool) -> str:
    """Make the page that lists briefs and can be searched by name, code and regional group.

    Parameters
    ----------
    briefs : sequence of Brief
        From `make`.
    pdf : bool
        Whether there is a PDF beside each page.

    Returns
    -------
    str
        HTML. Without scripts it shows the whole list and no field to search in.
    """
    names, world = places.names_of_states(), profiles.world()
    rows = []
    for one in sorted(briefs, key=lambda brief: _plain(brief.name)):
        group = str(world.states.at[one.iso3, "regional_group"])
        sought = _plain(" ".join([*names[one.iso3], one.iso3, group]))
        whole = str(world.states.at[one.iso3, "name"])
        printed = f' · <a href="{one.iso3}.pdf">PDF</a>' if pdf else ""
        rows.append(
            f'<li data-sought="{html.escape(sought)}"><a href="{one.iso3}.html">{html.escape(whole)}</a> '
            f"<code>{one.iso3}</code> <span>{html.escape(group)}{printed}</span></li>"
        )
    together = ' All of them in one file: <a href="briefs.pdf">briefs.pdf</a>.' if pdf else ""
    body = (
        '<main class="brief-index"><h1>Country briefs</h1>\n'
        f"<p>{len(briefs)} member states of the United Nations, two sheets each.{together}</p>\n"
        '<form role="search" hidden><label for="sought">Search by name, code or regional group</label>\n'
        '<input id="sought" type="search" autocomplete="off" spellcheck="false"/>\n'
        '<p id="found" role="status"></p></form>\n'
        f"<ol>{''.join(rows)}</ol></main>"
    )
    return _DOCUMENT.format(
        title="Country briefs",
        style=STYLE.read_text(encoding="utf-8"),
        listed="",
        before="",
        briefs=body,
        script=f"<script>\n{SCRIPT.read_text(encoding='utf-8')}</script>\n",
    )


_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
{listed}
{before}
{briefs}
{script}</body>
</html>
"""


# --- files -----------------------------------------------------------------------------------------


def write(briefs: Sequence[Brief], folder: Path, *, pdf: bool = True, with_index: bool = False) -> list[Path]:
    """Write briefs as files: a page each, a PDF each, and for many an index.

    Parameters
    ----------
    briefs : sequence of Brief
        From `make`.
    folder : Path
        Made if need be. A file in it holds its old content or the new, never a part.
    pdf : bool
        Whether they are printed too, which takes a Chromium.
    with_index : bool
        Whether ``index.html`` and, if they are printed, ``briefs.pdf`` with all of them are written.

    Returns
    -------
    list of Path
        The files: ``KEN.html``, ``KEN.pdf`` and so on, the index last.

    Raises
    ------
    BookError
        If the browser is missing or does not print, or a brief does not take two sheets; then no file
        is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".briefs.") as scratch:
        printed = Path(scratch) / "briefs.pdf"
        if pdf:
            paper.print_html(document(briefs), printed)
            for one, writer in zip(briefs, cut(briefs, printed), strict=True):
                writer.write(Path(scratch) / f"{one.iso3}.pdf")
        out = []
        for one in briefs:
            out.append(folder / f"{one.iso3}.html")
            write_atomically(out[-1], document([one]))
            if pdf:
                out.append((Path(scratch) / f"{one.iso3}.pdf").replace(folder / f"{one.iso3}.pdf"))
        if with_index:
            if pdf:
                out.append(printed.replace(folder / "briefs.pdf"))
            out.append(folder / "index.html")
            write_atomically(out[-1], index(briefs, pdf=pdf))
    return out


def cut(briefs: Sequence[Brief], printed: Path) -> Iterator[PdfWriter]:
    """Cut a printed document into its briefs.

    Parameters
    ----------
    briefs : sequence of Brief
        In the order in which `document` had them.
    printed : Path
        The PDF of that document; sheets before the first brief are left out.

    Yields
    ------
    PdfWriter
        One a brief, with two sheets.

    Raises
    ------
    BookError
        If a brief does not take exactly two sheets, before the first is given.
    """
    reader = PdfReader(printed)
    begins = _begins(reader, briefs)
    ends = [*begins[1:], len(reader.pages)]
    wrong = [
        f"{one.iso3} ({end - begin})"
        for one, begin, end in zip(briefs, begins, ends, strict=True)
        if end - begin != len(SHEETS)
    ]
    if wrong:
        raise BookError(f"A brief takes {len(SHEETS)} sheets, but these do not: {', '.join(wrong)}.")
    for one, begin in zip(briefs, begins, strict=True):
        writer = PdfWriter()
        for page in reader.pages[begin : begin + len(SHEETS)]:
            added = writer.add_page(page)
            for name in ("/Annots", "/StructParents"):  # lead to places in the whole document
                added.pop(name, None)
        writer.root_object[NameObject("/Lang")] = TextStringObject("en")
        writer.metadata = None
        writer.add_metadata({"/Title": f"Country brief: {one.name}"})
        yield writer


def _begins(reader: PdfReader, briefs: Sequence[Brief]) -> list[int]:
    """Read on which sheet each brief begins, from 0."""
    found: Mapping[str, Any] = {
        str(name).lstrip("/"): place for name, place in reader.named_destinations.items()
    }
    begins = []
    for one in briefs:
        sheet = reader.get_destination_page_number(found[one.mark]) if one.mark in found else None
        if sheet is None:
            raise BookError(f"The browser printed no brief of {one.iso3}.")
        begins.append(sheet)
    return begins
