"""The book on paper: all pages as one document, printed by a browser into one PDF.

What is printed are the pages in ``_build/html``, with the static pictures of their charts and without
what only works on a screen. A browser prints twice: the first time to learn on which page each chapter
begins, the second time with these numbers in the table of contents.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from cybergov import run, takeaway
from cybergov.errors import BookError

#: Names under which Chromium and its kin are installed; the variable goes before them.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
BROWSER_VARIABLE = "CYBERGOV_BROWSER"
STYLE = Path(__file__).with_name("paper.css")
#: What is of use on a screen only, or folded away there: solutions are for after the work.
LEFT_OUT = (
    "script, style, noscript, button, .headerlink, .d-print-none, .chart-drawing, .chart-followed, "
    ".solution, details.chart-data, details.hide, .toggle-button, .visually-hidden, a[download]"
)
#: Attributes that name other elements by their ids.
_NAMING = ("aria-labelledby", "aria-describedby", "for", "headers")


_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
#: A browser that neither calls home nor asks anything.
QUIET = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Page:
    """A page of the book in its place: ``part`` is the heading of its part where it is the first of it."""

    docname: str
    part: str
    depth: int

    @property
    def mark(self) -> str:
        """What the ids on this page begin with, in a document that holds them all."""
        return re.sub(r"\W+", "-", self.docname)


def contents(root: Path) -> list[Page]:
    """List the pages in the order of ``_toc.yml``.

    Parameters
    ----------
    root : Path
        The book's folder.

    Returns
    -------
    list of Page
    """
    toc = run.contents(root)
    out = [Page(toc.root.docname, "", 0)]

    def add(docname: str, depth: int) -> None:
        for part in toc[docname].subtrees:
            for number, name in enumerate(part.items):
                out.append(Page(str(name), "" if number else part.caption or "", depth))
                add(str(name), depth + 1)

    add(toc.root.docname, 0)
    return out


# --- one document ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Article:
    """What is printed of a page: title, text as HTML, the words of its headings, style sheets."""

    page: Page
    title: str
    body: str
    headings: tuple[str, ...]
    styles: str


def articles(html: Path, pages: Sequence[Page]) -> list[Article]:
    """Read what the pages hold, fit for one document: links between pages lead to places in it.

    Parameters
    ----------
    html : Path
        Folder of the built pages.
    pages : sequence of Page
        From `contents`.

    Returns
    -------
    list of Article

    Raises
    ------
    BookError
        If a page has not been built, or has no article with a heading.
    """
    marks = {(html / f"{page.docname}.html").resolve(): page.mark for page in pages}
    out = []
    for path, page in zip(marks, pages, strict=True):
        if not path.exists():
            raise BookError(f"There is no page {page.docname}.html in {html.name}: make the pages first.")
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        article = soup.select_one("article.bd-article")
        heading = article.find("h1") if article else None
        if article is None or heading is None:
            raise BookError(f"{page.docname}.html has no article with a heading to print.")
        _fit_for_paper(article, page, path, marks)
        headings = tuple(" ".join(one.get_text().split()) for one in article.find_all(_HEADINGS))
        title = heading.get_text().strip()
        out.append(Article(page, title, article.decode_contents(), headings, _styles(soup, path)))
    return out


def document(chapters: Sequence[Article], book: takeaway.Citation, begins: Mapping[str, int]) -> str:
    """Put all pages into one, with a title and a table of contents before them.

    Parameters
    ----------
    chapters : sequence of Article
        From `articles`.
    book : Citation
        Of the book.
    begins : mapping of str to int
        Number of the sheet on which a page begins, by its mark; those that are missing are left blank.

    Returns
    -------
    str
        HTML.
    """
    bodies, entries, rules = [], [], []
    for one in chapters:
        page, title = one.page, one.title
        if page.part:
            entries.append(f'<li class="part">{escape(page.part)}</li>')
        entries.append(
            f'<li class="depth-{page.depth}"><a href="#{page.mark}"><span>{escape(title)}</span></a>'
            f'<span class="sheet">{begins.get(page.mark, "")}</span></li>'
        )
        part = f'<h1 class="part-heading">{escape(page.part)}</h1>' if page.part else ""
        bodies.append(
            f'<section class="chapter" id="{page.mark}" style="page: {_sheet(page)}">{part}'
            f'<article class="bd-article bd-content">{one.body}</article></section>'
        )
        rules.append(f"@page {_sheet(page)} {{ @top-right {{ content: {quoted(title)}; }} }}")
    return _DOCUMENT.format(
        title=escape(book.title),
        author=escape(book.author),
        version=escape(book.version),
        year=escape(book.year),
        styles=chapters[0].styles,
        style=STYLE.read_text(encoding="utf-8") + "\n".join(rules),
        contents="\n".join(entries),
        body="\n".join(bodies),
    )


def _fit_for_paper(article: Tag, page: Page, path: Path, marks: Mapping[Path, str]) -> None:
    """Take away what paper cannot show, and give ids, links and pictures the names they need together."""
    for tag in article.select(LEFT_OUT):
        tag.decompose()
    for tag in article.select("[id]"):
        tag["id"] = f"{page.mark}--{tag['id']}"
    for name in _NAMING:
        for tag in article.select(f"[{name}]"):
            tag[name] = " ".join(f"{page.mark}--{one}" for one in str(tag[name]).split())
    for link in article.select("a[href]"):
        address = _address(str(link["href"]), path, marks)
        if address:
            link["href"] = address
        else:  # slides, files: words on paper
            del link["href"]
    for picture in article.select("img[src]"):
        source = str(picture["src"])
        if not urlsplit(source).scheme:
            picture["src"] = (path.parent / unquote(source)).resolve().as_uri()
    for fold in article.select("details"):
        fold["open"] = ""
    # Below the headings of parts; from the lowest, so that none is lowered twice.
    for level in (5, 4, 3, 2, 1):
        for heading in article.select(f"h{level}"):
            heading.name = f"h{level + 1}"


def _address(href: str, path: Path, marks: Mapping[Path, str]) -> str:
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target not in marks:
        return ""
    return f"#{marks[target]}--{unquote(parts.fragment)}" if parts.fragment else f"#{marks[target]}"


def _styles(soup: BeautifulSoup, path: Path) -> str:
    """Name the style sheets of the pages, by where they are on this machine."""
    links = [str(tag["href"]).split("?")[0] for tag in soup.select("link[rel=stylesheet][href]")]
    return "\n".join(
        f'<link rel="stylesheet" href="{(path.parent / link).resolve().as_uri()}"/>' for link in links
    )


def _sheet(page: Page) -> str:
    return f"of-{page.mark}"


def quoted(text: str) -> str:
    """Write a text as a string of a style sheet."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_DOCUMENT = """<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8"/>
<title>{title}</title>
{styles}
<style>
{style}
</style>
</head>
<body>
<section class="front">
<p class="book-title">{title}</p>
<p>{author}</p>
<p>Version {version}, {year}</p>
<p class="terms">Text and own tables: CC BY 4.0. Code: MIT.
Every number in this book was computed when it was made.</p>
</section>
<nav class="book-contents">
<h1>Contents</h1>
<ul>
{contents}
</ul>
</nav>
{body}
</body>
</html>
"""


# --- printing -------------------------------------------------------------------------------------


def browser() -> str:
    """Find the browser that prints.

    Returns
    -------
    str
        Path of the program.

    Raises
    ------
    BookError
        If there is none.
    """
    named = os.environ.get(BROWSER_VARIABLE)
    found = next((path for path in map(shutil.which, [named] if named else BROWSERS) if path), None)
    if found is None:
        where = (
            f"{BROWSER_VARIABLE} names {named}, which is not"
            if named
            else f"None of {', '.join(BROWSERS)} is"
        )
        raise BookError(f"{where} on PATH: a PDF is printed by Chromium, such as Debian's package chromium.")
    return found


def has_chinese_font() -> bool:
    """Tell whether fontconfig knows a font with Chinese characters; true where it cannot be asked."""
    program = shutil.which("fc-list")
    if program is None:
        return True
    found = subprocess.run(
        [program, ":lang=zh-cn", "family"], check=False, capture_output=True, text=True
    ).stdout
    return bool(found.strip())


def write_pdf(root: Path, html: Path, target: Path) -> int:
    """Print the built pages into one PDF, with bookmarks, links and a table of contents.

    Parameters
    ----------
    root : Path
        The book's folder.
    html : Path
        Folder of the built pages.
    target : Path
        The file to write; it holds the old content or the new, never a part.

    Returns
    -------
    int
        Number of its sheets.

    Raises
    ------
    BookError
        If there is no browser, a page is missing, or the browser does not print.
    """
    program, pages, book = browser(), contents(root), takeaway.Citation.of(root)
    chapters = articles(html, pages)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".paper.") as folder:
        source, printed = Path(folder) / "book.html", Path(folder) / "book.pdf"
        begins: dict[str, int] = {}
        for _ in range(3):
            source.write_text(document(chapters, book, begins), encoding="utf-8")
            print_page(program, source, printed)
            reader = PdfReader(printed)
            found = _begins(reader, pages)
            if found == begins:
                break
            begins = found
        else:
            raise BookError("The table of contents does not settle: chapters move when it is filled in.")
        writer = PdfWriter(clone_from=reader)
        writer.add_metadata(
            {"/Title": book.title, "/Author": book.author, "/Subject": f"Version {book.version}"}
        )
        writer.page_mode = "/UseOutlines"
        _mend_bookmarks(writer, chapters)
        whole = Path(folder) / "whole.pdf"
        writer.write(whole)
        whole.replace(target)
    return len(reader.pages)


def print_html(html: str, target: Path) -> int:
    """Print one document that needs no other file.

    Parameters
    ----------
    html : str
        The document.
    target : Path
        The PDF to write; it holds the old content or the new, never a part.

    Returns
    -------
    int
        Number of its sheets.

    Raises
    ------
    BookError
        If there is no browser, or it does not print.
    """
    program = browser()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".paper.") as folder:
        source, printed = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(html, encoding="utf-8")
        print_page(program, source, printed)
        sheets = len(PdfReader(printed).pages)
        printed.replace(target)
    return sheets


def print_page(program: str, source: Path, printed: Path) -> None:
    """Let the browser print a file; a fresh profile, no network, no window."""
    command = [
        program,
        "--headless",
        *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *QUIET,
        "--allow-file-access-from-files",
        f"--user-data-dir={source.parent / 'profile'}",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
        "--timeout=300000",
        f"--print-to-pdf={printed}",
        source.as_uri(),
    ]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
    except subprocess.TimeoutExpired:
        raise BookError("The browser did not print within 15 minutes.") from None
    if done.returncode or not printed.exists():
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BookError(f"The browser did not print: {last}")


def _mend_bookmarks(writer: PdfWriter, chapters: Sequence[Article]) -> None:
    """Give bookmarks the words of their headings.

    Chromium writes a heading twice that it moved to the next sheet, and without the space where it broke it.
    """
    words = chain(["Contents"], *((one.page.part, *one.headings) for one in chapters))
    for bookmark in _bookmarks(writer.root_object["/Outlines"].get_object()):
        printed = "".join(str(bookmark["/Title"]).split())
        title = next((one for one in words if one and "".join(one.split()) in printed), None)
        if title is None:
            raise BookError(f"The bookmark {bookmark['/Title']!r} belongs to no heading of the book.")
        bookmark[NameObject("/Title")] = TextStringObject(title)


def _bookmarks(parent: Any) -> Iterator[Any]:
    """Walk through bookmarks in the order of the document."""
    node = parent.get("/First")
    while node is not None:
        bookmark = node.get_object()
        yield bookmark
        yield from _bookmarks(bookmark)
        node = bookmark.get("/Next")


def _begins(reader: PdfReader, pages: Sequence[Page]) -> dict[str, int]:
    """Read on which sheet each page of the book begins."""
    places = {str(name).lstrip("/"): place for name, place in reader.named_destinations.items()}
    found = {}
    for page in pages:
        number = reader.get_destination_page_number(places[page.mark]) if page.mark in places else None
        if number is None:
            raise BookError(f"The browser printed no {page.docname}.")
        found[page.mark] = number + 1
    return found
