"""The book as files of their own: printed, and for electronic readers."""

import posixpath
import re
import zipfile
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from cybergov import paper
from tests.browser import chromium

# Each looks at all pages or decks, and a busy machine takes its time.
pytestmark = [pytest.mark.book, pytest.mark.browser, pytest.mark.timeout(2400)]
XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"


# --- PDF ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(built_book, tmp_path_factory):
    if chromium.found() is None:
        pytest.skip("NOT TESTED: without a Chromium no book is printed")
    target = tmp_path_factory.mktemp("paper") / "book.pdf"
    sheets = paper.write_pdf(built_book.root, built_book.root / "_build/html", target)
    reader = PdfReader(target)
    assert len(reader.pages) == sheets
    return reader


def outline(entries, depth=0):
    """Bookmarks of a PDF: depth, title and sheet."""
    for entry in entries:
        if isinstance(entry, list):
            yield from outline(entry, depth + 1)
        else:
            yield depth, entry


def test_the_printed_book_has_bookmarks_for_parts_and_chapters(printed, built_book):
    pages = paper.contents(built_book.root)
    marks = list(outline(printed.outline))
    titles = [entry.title for _, entry in marks]
    for page in pages:
        if page.part:
            assert page.part in titles
        text = (built_book.root / f"{page.docname}.md").read_text(encoding="utf-8")
        heading = re.search(r"^# (.+)$", text, re.MULTILINE)
        assert heading is not None
        assert heading[1].replace("'", "’") in titles
    assert len(marks) > 3 * len(pages), "sections have bookmarks too"


def test_the_table_of_contents_tells_where_chapters_begin(printed, built_book):
    text = "\n".join(printed.pages[number].extract_text() for number in range(1, 5))
    places = {str(name).lstrip("/"): place for name, place in printed.named_destinations.items()}
    pages = paper.contents(built_book.root)
    begins = [printed.get_destination_page_number(places[page.mark]) + 1 for page in pages]
    assert begins == sorted(begins)
    told = [int(number) for number in re.findall(r"(?<=\s)(\d+)\s*$", text, re.MULTILINE)]
    assert set(begins) <= set(told)
    for page, sheet in zip(pages, begins, strict=True):
        heading = built_book.root / f"{page.docname}.md"
        title = re.search(r"^# (.+)$", heading.read_text(encoding="utf-8"), re.MULTILINE)
        assert title is not None
        words = re.sub(r"\W+", "", title[1])[:25]
        assert words in re.sub(r"\W+", "", printed.pages[sheet - 1].extract_text()), page.docname


def test_links_of_the_printed_book_stay_in_it_or_lead_to_the_net(printed):
    outside = []
    for page in printed.pages:
        for annotation in page.get("/Annots") or ():
            action = annotation.get_object().get("/A")
            if action is not None and "/URI" in action.get_object():
                outside.append(str(action.get_object()["/URI"]))
    assert outside
    assert [address for address in outside if not address.startswith(("http://", "https://"))] == []


def test_the_printed_book_is_tagged_and_says_what_it_is(printed):
    assert printed.metadata is not None
    assert "Fragmentation" in printed.metadata.title
    assert printed.metadata.author
    catalogue = printed.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue


def test_charts_and_references_are_printed_and_solutions_are_not(printed):
    text = "".join(page.extract_text() for page in printed.pages)
    assert text.count("Verdict on ") >= 15
    assert "Biermann" in text
    assert "Table 1" in text
    assert "Solution to Exercise" not in text
    assert "Download as CSV" not in text


# --- EPUB -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def epub(built_book):
    done = built_book.cybergov("epub")
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(built_book.root / "_build/cybergov.epub") as file:
        assert file.namelist()[0] == "mimetype"
        assert file.read("mimetype") == b"application/epub+zip"
        return {name: file.read(name) for name in file.namelist()}


def documents(epub):
    return {
        name: ElementTree.fromstring(content) for name, content in epub.items() if name.endswith(".xhtml")
    }


def test_every_page_of_the_epub_is_well_formed_and_without_scripts(epub):
    found = documents(epub)
    assert len(found) >= 35
    for name, document in found.items():
        for tag in ("script", "button", "iframe"):
            assert document.find(f".//{XHTML}{tag}") is None, (name, tag)
    assert not [name for name in epub if name.endswith((".js", ".woff2"))]


def test_the_epub_lists_each_of_its_files(epub):
    (name,) = (name for name in epub if name.endswith(".opf"))
    package = ElementTree.fromstring(epub[name])
    folder = posixpath.dirname(name)
    listed = {posixpath.join(folder, unquote(item.attrib["href"])) for item in package.iter(f"{OPF}item")}
    there = set(epub) - {"mimetype", "META-INF/container.xml", name}
    assert listed == there
    title = package.find(".//{http://purl.org/dc/elements/1.1/}title")
    assert title is not None
    assert "Fragmentation" in str(title.text)


def test_links_and_pictures_of_the_epub_are_in_it(epub):
    found = documents(epub)
    ids = {name: {tag.get("id") for tag in document.iter()} for name, document in found.items()}
    pictures = 0
    for name, document in found.items():
        for tag in document.iter():
            address = tag.get("href") or tag.get("src")
            if not address or urlsplit(address).scheme:
                continue
            parts = urlsplit(address)
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
                if parts.path
                else name
            )
            assert target in epub, (name, address)
            if parts.fragment and target in ids:
                assert unquote(parts.fragment) in ids[target], (name, address)
        for picture in document.iter(f"{XHTML}img"):
            pictures += 1
            assert picture.get("alt"), (name, picture.get("src"))
    assert pictures >= 140


def test_the_epub_leaves_solutions_and_hidden_code_to_the_pages(epub):
    whole = b"".join(content for name, content in epub.items() if name.endswith(".xhtml")).decode()
    assert "Verdict on A1" in whole
    assert "Solution to Exercise" not in whole
    assert "Show code" not in whole
