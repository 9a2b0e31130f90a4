"""The book as one document for paper."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from cybergov import paper
from cybergov.errors import BookError
from cybergov.takeaway import Citation

BOOK = Citation("A book & more", "Some One", "1.2", "2026")
TOC = """
format: jb-book
root: intro
parts:
- caption: First part
  chapters:
  - file: chapters/one
    sections:
    - file: chapters/more
- caption: Second part
  chapters:
  - file: chapters/two
"""
PAGE = """<html><head><link rel="stylesheet" href="{up}_static/a.css?v=1"/></head><body>
<article class="bd-article"><h1 id="top">{title}<a class="headerlink" href="#top">#</a></h1>{body}</article>
<footer>left out</footer></body></html>"""


def only(soup: BeautifulSoup, selector: str) -> Tag:
    (found,) = soup.select(selector)
    return found


@pytest.fixture
def pages(tmp_path):
    """A folder of built pages, and the list of them."""
    (tmp_path / "_toc.yml").write_text(TOC)
    html = tmp_path / "html"
    bodies = {
        "intro": '<p><a href="chapters/two.html#id1">there</a> <a href="https://x.org/a">out</a></p>',
        "chapters/one": '<h2 id="id1">Sub</h2><img src="../_static/p.png"/><script>alert(1)</script>'
        '<div class="solution"><p>the answer</p></div>',
        "chapters/more": '<p aria-labelledby="id1" id="id2">More</p>',
        "chapters/two": '<details class="chart-data"><p>figures</p></details>'
        '<details><summary>Fold</summary></details><p id="id1">Two <a href="#id1">self</a> '
        '<a href="../search.html">search</a> <a href="one.html">one</a></p>',
    }
    for name, body in bodies.items():
        path = html / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(up="../" * name.count("/"), title=f"Title of {name}", body=body))
    return html, paper.contents(tmp_path)


def test_pages_come_in_the_order_of_the_book_with_their_parts(pages):
    assert [(page.docname, page.part, page.depth) for page in pages[1]] == [
        ("intro", "", 0),
        ("chapters/one", "First part", 0),
        ("chapters/more", "", 1),
        ("chapters/two", "Second part", 0),
    ]


def test_links_between_pages_become_links_within_the_document(pages):
    html, listed = pages
    soup = BeautifulSoup(paper.document(paper.articles(html, listed), BOOK, {}), "html.parser")
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids)), "the same id on two pages"
    links = {link.get_text(): str(link.get("href", "")) for link in soup.select("article a")}
    assert links == {
        "there": "#chapters-two--id1",
        "out": "https://x.org/a",
        "self": "#chapters-two--id1",
        "search": "",
        "one": "#chapters-one",
    }
    # With an empty address, a printed link would lead to the file that was printed.
    assert [link.get_text() for link in soup.select("article a:not([href])")] == ["search"]
    assert {href[1:] for href in links.values() if href.startswith("#")} <= set(ids)
    assert only(soup, "#chapters-more--id2")["aria-labelledby"] == "chapters-more--id1"


def test_what_paper_cannot_show_is_left_out_and_folds_stand_open(pages):
    html, listed = pages
    text = paper.document(paper.articles(html, listed), BOOK, {})
    soup = BeautifulSoup(text, "html.parser")
    for words in ("alert(1)", "the answer", "left out", "figures</p>", "headerlink"):
        assert words not in str(soup.body), words
    assert all(fold.has_attr("open") for fold in soup.select("details"))
    # Chapters stand below parts, and pictures and styles are found from elsewhere.
    assert [heading.get_text() for heading in soup.select("section.chapter h1")] == [
        "First part",
        "Second part",
    ]
    assert only(soup, "#chapters-one h2").get_text() == "Title of chapters/one"
    assert only(soup, "#chapters-one h3").get_text() == "Sub"
    assert only(soup, "img")["src"] == (html / "_static/p.png").resolve().as_uri()
    assert only(soup, "link")["href"] == (html / "_static/a.css").resolve().as_uri()
    assert "A book &amp; more" in text


def test_the_table_of_contents_has_the_sheets_it_is_given(pages):
    html, listed = pages
    text = paper.document(paper.articles(html, listed), BOOK, {"chapters-two": 17})
    soup = BeautifulSoup(text, "html.parser")
    lines = [line.get_text(" ", strip=True) for line in soup.select(".book-contents li")]
    assert lines == [
        "Title of intro",
        "First part",
        "Title of chapters/one",
        "Title of chapters/more",
        "Second part",
        "Title of chapters/two 17",
    ]


def test_a_page_that_was_not_built_is_named(pages):
    html, listed = pages
    (html / "chapters/two.html").unlink()
    with pytest.raises(BookError, match=r"no page chapters/two\.html .* make the pages first"):
        paper.document(paper.articles(html, listed), BOOK, {})


def test_without_a_browser_one_sentence_says_what_is_needed(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(paper.BROWSER_VARIABLE, raising=False)
    with pytest.raises(BookError, match=r"None of chromium, .* is on PATH"):
        paper.browser()
    monkeypatch.setenv(paper.BROWSER_VARIABLE, "lynx")
    with pytest.raises(BookError, match="CYBERGOV_BROWSER names lynx"):
        paper.browser()


def test_a_browser_that_fails_leaves_the_old_file(pages, monkeypatch, tmp_path):
    html, _ = pages
    failing = tmp_path / "browser"
    failing.write_text("#!/bin/sh\necho 'no display' >&2\nexit 3\n")
    failing.chmod(0o755)
    monkeypatch.setenv(paper.BROWSER_VARIABLE, str(failing))
    (tmp_path / "CITATION.cff").write_text(
        "title: T\nversion: 1.0\ndate-released: 2026-01-01\nauthors: [{name: N}]\n"
    )
    target = tmp_path / "book.pdf"
    target.write_text("before")
    with pytest.raises(BookError, match="did not print: no display"):
        paper.write_pdf(tmp_path, html, target)
    assert target.read_text() == "before"
    assert not list(Path(tmp_path).glob(".paper.*"))
