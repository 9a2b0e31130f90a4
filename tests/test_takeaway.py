"""What is taken away: notebooks that run, one file that is the whole, references that say what they are of."""

import subprocess
import sys
import zipfile

import nbformat
import pytest

from cybergov import findings, run, takeaway
from cybergov.errors import BookError

from .conftest import ROOT

CITATION = takeaway.Citation("The book", "The authors", "1.2", "2026", "https://example.org/book")


@pytest.fixture
def executed(small_book):
    small_book.edit(
        "chapters/one.md", "# One", "# One\n\nIt is {glue:text}`A1.first` and {glue:text}`unknown`."
    )
    small_book.write(
        "CITATION.cff", "title: T\nversion: 1\ndate-released: 2026-01-01\nauthors: [{name: N}]\n"
    )
    outcomes = run.run(run.chapters(small_book.root), root=small_book.root)
    return small_book, {one.chapter: one.notebook for one in outcomes}


def test_a_notebook_has_the_outputs_and_the_numbers_in_its_text(executed):
    book, kept = executed
    one, _ = run.chapters(book.root)
    made = takeaway.notebook(one, kept["one"])
    nbformat.validate(made)
    text = "\n".join(cell.source for cell in made.cells if cell.cell_type == "markdown")
    assert "It is 2.000 and {glue:text}`unknown`." in text
    assert made == takeaway.notebook(one, kept["one"])  # the same, ids included
    assert made.metadata.kernelspec.name == "python3"


def test_a_notebook_runs_beside_the_unpacked_compendium_and_says_where_not(executed, tmp_path):
    book, kept = executed
    pages = tmp_path / "pages"
    takeaway.write(book.root, pages, kept)
    with zipfile.ZipFile(pages / "take-away/compendium.zip") as file:
        file.extractall(tmp_path / "elsewhere")
    folder = tmp_path / "elsewhere/cybergov-compendium"
    assert (folder / "chapters/one.md").read_bytes() == (book.root / "chapters/one.md").read_bytes()
    code = "import json, sys\nfor cell in json.load(open(sys.argv[1]))['cells']:\n    if cell['cell_type'] == 'code': exec(''.join(cell['source']))"
    done = book.call(sys.executable, "-c", code, "one.ipynb", cwd=folder / "notebooks", env=None)
    assert done.returncode == 0, done.stderr
    apart = tmp_path / "apart"
    apart.mkdir()
    (apart / "one.ipynb").write_text((pages / "take-away/notebooks/one.ipynb").read_text())
    done = book.call(sys.executable, "-c", code, "one.ipynb", cwd=apart)
    assert done.returncode == 1
    assert done.stderr.strip() == "Put this notebook into the folder notebooks of the unpacked compendium."


def test_the_same_compendium_is_the_same_bytes_and_holds_nothing_that_is_made(executed, tmp_path):
    book, kept = executed
    notebooks = {one.name: takeaway.notebook(one, kept[one.name]) for one in run.chapters(book.root)}
    first, again = tmp_path / "a.zip", tmp_path / "b.zip"
    book.write(".venv/large", "x")
    takeaway.bundle(book.root, notebooks, first)
    (book.root / "intro.md").touch()
    takeaway.bundle(book.root, notebooks, again)
    assert first.read_bytes() == again.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    assert not [name for name in names if "_build" in name or ".venv" in name]
    assert "cybergov-compendium/notebooks/two.ipynb" in names


def test_the_compendium_of_the_book_is_what_is_kept_under_version():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("NOT TESTED: this copy of the book is under no version control")
    tracked = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    assert {path.relative_to(ROOT).as_posix() for path in takeaway.sources(ROOT)} >= tracked


def test_references_hold_what_a_reader_needs():
    bibtex = CITATION.bibtex("One: a chapter", "key")
    assert bibtex.startswith("@incollection{key,\n")
    for part in (
        "{The authors}",
        "{One: a chapter}",
        "{The book}",
        "{2026}",
        "{Version 1.2}",
        "https://example.org/book",
    ):
        assert part in bibtex
    lines = CITATION.ris("One: a chapter").split("\r\n")
    assert lines[0] == "TY  - CHAP"
    assert "TI  - One: a chapter" in lines
    assert lines[-2:] == ["ER  - ", ""]
    assert CITATION.words("One").endswith("In The book, version 1.2. https://example.org/book")


def test_the_citation_of_the_book_is_read_from_its_file():
    found = takeaway.Citation.of(ROOT)
    assert found.version in (ROOT / "pyproject.toml").read_text()
    assert found.year.isdigit()


def test_a_citation_file_without_a_title_is_one_sentence(small_book):
    small_book.write("CITATION.cff", "version: 1")
    with pytest.raises(BookError, match=r"CITATION\.cff: expected title, authors, version and date-released"):
        takeaway.Citation.of(small_book.root)


@pytest.mark.parametrize("repository", ["https://github.com/me/book", "https://github.com/me/book.git"])
def test_with_a_repository_a_chapter_runs_in_a_browser(small_book, repository):
    one = run.chapters(small_book.root)[0]
    launches = takeaway.launches(one, repository, "gh-pages")
    assert launches == {
        "Binder": "https://mybinder.org/v2/gh/me/book/HEAD?urlpath=lab/tree/chapters/one.md",
        "Colab": "https://colab.research.google.com/github/me/book/blob/gh-pages/take-away/notebooks/one.ipynb",
    }
    block = takeaway.block(one, CITATION, ["votes"], "../", launches)
    for name in ("cybergov.pdf", "cybergov.epub"):  # the workflow that publishes puts them there
        assert f'href="../take-away/{name}"' in block


def test_without_a_repository_there_is_no_button(small_book):
    one = run.chapters(small_book.root)[0]
    assert takeaway.launches(one, "", "gh-pages") == {}
    block = takeaway.block(one, CITATION, ["votes"], "../", {})
    assert "Run it in a browser" not in block
    assert ".pdf" not in block
    assert 'href="../take-away/notebooks/one.ipynb"' in block
    assert 'href="../take-away/tables/votes.csv"' in block


def test_a_notebook_for_a_repository_fetches_the_book_only_where_it_must(executed):
    book, kept = executed
    one, _ = run.chapters(book.root)
    setup = takeaway.notebook(one, kept["one"], "https://github.com/me/book").cells[1].source
    assert "git clone --quiet --depth 1 https://github.com/me/book /content/book" in setup
    assert "google.colab" in setup
    assert "git clone" not in takeaway.notebook(one, kept["one"]).cells[1].source
    compile(setup, "setup", "exec")


def test_the_tables_of_a_chapter_are_those_of_its_indicators():
    named = takeaway.tables_of("puzzle", findings.all_declared(ROOT))
    assert "votes" in named
    assert len(named) == len(set(named))


def test_previews_escape_what_they_show():
    head = takeaway.open_graph('A "title"', "<b>", "Book")
    assert 'property="og:title" content="A &quot;title&quot;"' in head
    assert 'content="&lt;b&gt;"' in head
    assert "og:image" not in head
