"""The real book: every chapter run again, every finding checked, pages that are never stale.

The book is built once from a copy of its sources, and once with a few of its chapters for the tests
that build it anew. What a test changes, it changes in a copy.
"""

import os
import re
import shutil
import signal
import subprocess
import time

import nbformat
import pytest
from bs4 import BeautifulSoup

from cybergov import data, findings, run, sessions, tables

from .conftest import PROGRAMS, ROOT, Book

pytestmark = pytest.mark.book


@pytest.fixture
def whole(built_book, tmp_path):
    """A copy of the built book that a test may change."""
    shutil.copytree(built_book.root, tmp_path / "book", symlinks=True)
    return Book(tmp_path / "book")


@pytest.fixture
def book(lean_book, tmp_path):
    """A copy of the built book of a few chapters that a test may change."""
    shutil.copytree(lean_book.root, tmp_path / "book", symlinks=True)
    return Book(tmp_path / "book")


def page(book, name="chapters/puzzle"):
    return (book.root / "_build/html" / f"{name}.html").read_text(encoding="utf-8")


def finished(book):
    """When each kept execution of the book's present state came to its end."""
    folder = run.executed_folder(book.root, run.digest(book.root))
    return {
        path.relative_to(folder).as_posix(): nbformat.read(path, as_version=4).metadata.cybergov.finished
        for path in folder.rglob("*.ipynb")
    }


# --- one execution --------------------------------------------------------------------------------


def test_every_chapter_of_the_contents_has_a_page(built_book):
    made = {path.stem for path in (built_book.root / "_build/html/chapters").rglob("*.html")}
    assert {"puzzle", "legitimacy", "status", "bibliography"} <= made
    assert (built_book.root / "_build/html/index.html").exists()


def run_again(first, second, *arguments):
    """Run every chapter of a copy anew and hold its outputs against those of the original."""
    done = second.cybergov("run", "--force", *arguments)
    assert done.returncode == 0, done.stderr
    of = run.digest(second.root)
    assert of == run.digest(first.root)
    paths = list(run.executed_folder(second.root, of).rglob("*.ipynb"))
    assert len(paths) == len(run.chapters(second.root))
    for path in paths:
        before = run.executed_folder(first.root, of) / path.relative_to(run.executed_folder(second.root, of))
        once, again = (nbformat.read(p, as_version=4) for p in (before, path))
        assert once.metadata.cybergov.finished != again.metadata.cybergov.finished
        for one, other in zip(once.cells, again.cells, strict=True):
            assert one.get("outputs") == other.get("outputs"), one.source


def test_every_chapter_runs_again_to_the_last_digit_and_every_finding_holds(built_book, whole):
    run_again(built_book, whole, "--workers", "2")
    done = whole.cybergov("check")
    assert done.returncode == 0, done.stderr
    assert f"All {len(findings.read_ledger(whole.root / 'data/findings.csv'))} findings hold" in done.stdout


def test_one_worker_gives_what_two_give(lean_book, book):
    run_again(lean_book, book, "--workers", "1")


def test_what_is_published_is_what_was_checked(built_book):
    (folder,) = (built_book.root / "_build/executed").iterdir()
    declared, ledger = findings.all_declared(), findings.read_ledger(built_book.root / "data/findings.csv")
    for chapter in run.chapters(built_book.root):
        found = findings.read_back(nbformat.read(folder / f"{chapter.name}.ipynb", as_version=4))
        boxes = BeautifulSoup(page(built_book, chapter.docname), "html.parser").select(".admonition.verdict")
        claims = {findings.indicators(declared)[name].claim for name in found}
        assert len(boxes) == len(claims), chapter.name  # a page of reference has neither
        items = {item.get_text().split()[0]: item.get_text() for box in boxes for item in box.select("li")}
        titles = " ".join(title.get_text() for box in boxes for title in box.select(".admonition-title"))
        assert set(items) == set(found), chapter.name
        for name, finding in found.items():
            row, one = ledger[name], findings.indicators(declared)[name]
            assert float(row["value"]) == pytest.approx(finding.value, rel=1e-5)
            words = findings.DECISIONS[declared[one.claim].expected][row["supports"] == "yes"]
            assert f"{words}: {tables.number(finding.value, one.digits)} (" in items[name]
            assert tables.interval(finding.low, finding.high, one.digits) in items[name]
            assert f"Verdict on {one.claim}: {row['verdict']}" in titles


def test_an_unchanged_book_runs_no_chapter(whole):
    before = finished(whole)
    done = whole.cybergov("build")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("fresh, not run") == len(before)
    assert whole.jupyter_book().returncode == 0
    assert finished(whole) == before


# --- never stale ----------------------------------------------------------------------------------


def test_a_changed_constant_of_the_library_is_on_the_page(book):
    assert book.jupyter_book().returncode == 0
    assert "Download as CSV" in page(book)
    book.edit("lib/cybergov/charts.py", "Download as CSV", "Take the figures away")
    done = book.jupyter_book()
    assert done.returncode == 0, done.stderr
    assert "Take the figures away" in page(book)
    assert "Download as CSV" not in page(book)


def test_a_changed_figure_is_on_the_page_and_the_build_fails_until_it_is_accepted(book):
    """Forty no votes of 2019 turned into yes votes move a finding beyond its tolerance."""
    published = page(book)
    votes = (book.root / "data/votes/votes.csv").read_text()
    changed, number = re.subn(r"(A/RES/74/247,[A-Z]{3}),no,", r"\1,yes,", votes, count=40)
    assert number == 40
    (book.root / "data/votes/votes.csv").write_text(changed)

    refused = book.cybergov("build")
    assert refused.returncode == 1
    assert "A1.split" in refused.stderr
    assert "value moved" in refused.stderr
    assert page(book) == published, "the last good pages are gone"

    bare = book.jupyter_book()
    assert bare.returncode != 0
    assert "findings differ from data/findings.csv" in bare.stderr
    assert page(book) != published, "a bare build left a stale page"
    assert "119\u201120\u201133" in page(book)

    assert book.cybergov("accept").returncode == 0
    assert book.cybergov("build").returncode == 0
    assert "119\u201120\u201133" in page(book)


def test_a_changed_claim_is_on_the_page(book):
    book.edit("data/claims.yml", "in recent years more sharply so", "in recent years a little more so")
    done = book.jupyter_book()
    assert done.returncode == 0, done.stderr
    assert "in recent years a little more so" in page(book)
    assert "in recent years a little more so" in page(book, "intro")


def test_a_changed_rule_that_flips_a_verdict_fails_the_build(book):
    """The three indicators of M4 that do not support it, on seats, people and hosts, would under a laxer rule."""
    before, seats = (book.root / "data/claims.yml").read_text().split("M4.seats:")
    assert seats.count("rule: p < 0.05") >= 3
    book.write("data/claims.yml", f"{before}M4.seats:{seats.replace('rule: p < 0.05', 'rule: p < 0.5', 3)}")
    done = book.cybergov("build")
    assert done.returncode == 1
    assert "supports flipped" in done.stderr
    assert "verdict flipped" in done.stderr


def test_a_changed_lock_runs_every_chapter_again(book):
    before = finished(book)
    with (book.root / "requirements.txt").open("a") as lock:
        lock.write("# another lock\n")
    assert book.jupyter_book().returncode == 0
    after = finished(book)
    assert set(after) == set(before)
    assert all(after[name] > before[name] for name in before)


def test_a_changed_cell_is_on_the_page_and_no_other_chapter_runs(book):
    before = finished(book)
    book.edit(
        "chapters/manifestations/legitimacy.md",
        "Which regional groups held the seats?",
        "Who held the seats?",
    )
    assert book.jupyter_book().returncode == 0
    assert "Who held the seats?" in page(book, "chapters/manifestations/legitimacy")
    changed = {name for name, when in finished(book).items() if before[name] != when}
    assert changed == {"manifestations/legitimacy.ipynb"}


def test_a_changed_caption_is_on_the_page_and_no_chapter_runs(book):
    """jupyter-cache compares code only; a caption stands in the cell's header."""
    before = finished(book)
    book.edit(
        "chapters/puzzle.md", "Each diamond is a cyber resolution", "Each lozenge is a cyber resolution"
    )
    assert book.jupyter_book().returncode == 0
    assert "Each lozenge is a cyber resolution" in page(book)
    assert finished(book) == before


def test_a_chapter_run_again_by_force_gets_a_new_page(book):
    assert book.jupyter_book().returncode == 0
    before = (book.root / "_build/html/chapters/puzzle.html").stat().st_mtime_ns
    assert book.cybergov("run", "puzzle", "--force").returncode == 0
    assert book.jupyter_book().returncode == 0
    assert (book.root / "_build/html/chapters/puzzle.html").stat().st_mtime_ns > before


def test_a_broken_cache_is_made_again(book):
    assert book.jupyter_book().returncode == 0
    (folder,) = (book.root / "_build/.jupyter_cache").iterdir()
    (folder / "complete").unlink()
    for file in folder.rglob("base.ipynb"):
        file.unlink()
    os.utime(book.root / "chapters/puzzle.md")
    done = book.jupyter_book()
    assert done.returncode == 0, done.stderr


def test_a_failing_chapter_leaves_the_last_good_pages(book):
    published = page(book)
    book.edit(
        "chapters/puzzle.md",
        "split = voting.difference_in_differences",
        "split = 1 / 0 * voting.difference_in_differences",
    )
    for done in (book.cybergov("build"), book.jupyter_book()):
        assert done.returncode != 0
        assert "ZeroDivisionError" in done.stdout + done.stderr
    assert page(book) == published


def test_a_warning_fails_the_build_and_leaves_the_last_good_pages(book):
    published = page(book)
    book.edit("chapters/puzzle.md", "## Limits", "See {ref}`nowhere`.\n\n## Limits")
    for attempt in ("first", "second"):  # what Sphinx has read once it does not warn of again
        done = book.cybergov("build")
        assert done.returncode == 1, attempt
        assert "nowhere" in done.stderr, attempt
        assert page(book) == published


def test_a_changed_reference_is_on_the_pages_that_cite_it(book):
    assert book.jupyter_book().returncode == 0
    book.edit("references.bib", "Nye, Jr., Joseph S.", "Zzz, Joseph S.")
    assert book.jupyter_book().returncode == 0
    assert "Zzz" in page(book)


def test_a_renamed_chapter_leaves_neither_page_nor_link(book):
    assert book.jupyter_book().returncode == 0
    old, new = book.root / "chapters/reference/bibliography.md", book.root / "chapters/reference/works.md"
    old.rename(new)
    book.edit("_toc.yml", "chapters/reference/bibliography", "chapters/reference/works")
    for build in (book.jupyter_book, lambda: book.cybergov("build")):
        done = build()
        assert done.returncode == 0, done.stderr
        assert not (book.root / "_build/html/chapters/reference/bibliography.html").exists()
        assert "reference/bibliography.html" not in page(book, "chapters/reference/works")
        assert "reference/works.html" in page(book)
        assert "reference/bibliography.html" not in page(book)


def test_a_new_title_is_in_the_contents_of_every_page(book):
    assert book.jupyter_book().returncode == 0
    book.edit("chapters/puzzle.md", "# The puzzle: a common need", "# The riddle: a common need")
    assert book.jupyter_book().returncode == 0
    assert "The riddle: a common need" in page(book, "chapters/manifestations/legitimacy")


def test_a_build_that_was_killed_leaves_nothing_stale(book):
    assert book.jupyter_book().returncode == 0
    book.edit("lib/cybergov/charts.py", "Download as CSV", "Take the figures away")
    assert book.cybergov("run").returncode == 0
    environment = book.root / "_build/.doctrees/environment.pickle"
    before = environment.stat().st_mtime_ns
    process = subprocess.Popen(
        [PROGRAMS / "jupyter-book", "build", "."],
        cwd=book.root,
        env=book.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while environment.stat().st_mtime_ns == before and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert book.jupyter_book().returncode == 0
    assert "Take the figures away" in page(book)
    assert "Download as CSV" not in page(book)


def test_pages_of_another_state_are_replaced_when_the_change_is_undone(book):
    published = page(book)
    book.edit("chapters/puzzle.md", "Each diamond is", "Each lozenge is")
    assert book.jupyter_book().returncode == 0
    book.edit("chapters/puzzle.md", "Each lozenge is", "Each diamond is")
    assert book.cybergov("build").returncode == 0
    assert page(book) == published


# --- other choices, other tools -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chapter", "parameters"),
    [
        ("puzzle", {"break_year": "2015", "rows": "all", "resample": "states"}),
        (
            "puzzle",
            {"resolution_set": "core and adjacent", "abstentions": "left out", "track_kinds": "processes"},
        ),
        ("manifestations/legitimacy", {"groups": "all six", "index": "Gallagher"}),
    ],
)
def test_every_declared_choice_runs_and_stays_apart(lean_book, book, chapter, parameters):
    ledger = (book.root / "data/findings.csv").read_text()
    given = [part for name, value in parameters.items() for part in ("-p", name, value)]
    done = book.cybergov("run", chapter, *given)
    assert done.returncode == 0, done.stderr
    assert "with other choices than the published ones" in done.stdout
    assert (book.root / "data/findings.csv").read_text() == ledger
    assert finished(book) == finished(lean_book)


def test_a_readers_own_table_stands_in_for_one_run(book):
    own = book.root / "own.csv"
    text = (book.root / "data/votes/tracks.csv").read_text()
    own.write_text("".join(line for line in text.splitlines(keepends=True) if "Protocol" not in line))
    done = book.cybergov("run", "puzzle", "--table", "tracks", str(own))
    assert done.returncode == 0, done.stderr
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("A1.tracks")]
    published, now = re.findall(r"([\d.]+) \[", row)
    assert published != now


def test_the_chapters_open_with_jupytext(built_book, tmp_path):
    for chapter in run.chapters(built_book.root):
        target = tmp_path / "chapter.ipynb"
        made = subprocess.run(
            [PROGRAMS / "jupytext", "--to", "ipynb", "--output", target, chapter.path],
            check=False,
            capture_output=True,
        )
        assert made.returncode == 0, made.stderr
        cells = nbformat.read(target, as_version=4).cells
        code = [cell for cell in chapter.notebook.cells if cell.cell_type == "code"]
        assert sum(cell.cell_type == "code" for cell in cells) == len(code)


# --- what is said, and what is not ----------------------------------------------------------------


def test_every_declared_choice_is_a_parameter_and_the_first_is_the_published_one():
    for chapter in run.chapters(ROOT):
        for one in findings.indicators(findings.all_declared()).values():
            if one.chapter == chapter.name:
                for name, values in one.choices.items():
                    assert chapter.parameters[name].default == values[0], (one.id, name)


def test_every_cited_reference_is_in_the_bibliography_and_every_entry_is_cited():
    text = "".join(path.read_text() for path in [ROOT / "intro.md", *(ROOT / "chapters").rglob("*.md")])
    text += (ROOT / "lib/cybergov/findings.py").read_text()
    cited = {key.strip() for keys in re.findall(r"\{cite:\w+\}`([^`]+)`", text) for key in keys.split(",")}
    cited |= set(data.load("sources")["bibkey"].dropna())  # the list of sources cites them
    for one in sessions.sessions(ROOT):  # their pages list what is to be read
        cited.update(one.required, one.further, one.chinese)
    listed = set(re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text(), re.MULTILINE))
    assert cited == listed


def test_nothing_of_a_machine_is_in_the_sources():
    made = (
        "_build",
        ".venv",
        ".git",
        "__pycache__",
        ".pytest_cache",
        ".hypothesis",
        ".mypy_cache",
        ".ruff_cache",
    )
    for path in ROOT.rglob("*"):
        if (
            path.is_file()
            and not set(path.relative_to(ROOT).parts) & set(made)
            and path.name != "test_book.py"
        ):
            text = path.read_bytes()
            for word in (b"/root/", b"/home/runner", b"/work/", b"--index-url", b"files.pythonhosted"):
                assert word not in text, f"{path} holds {word!r}"


def test_every_requirement_is_pinned_with_a_hash():
    lock = (ROOT / "requirements.txt").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", lock, flags=re.MULTILINE).strip())
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"^[a-z0-9._-]+(\[[a-z,]+\])?==", entry), entry[:60]
        assert "--hash=sha256:" in entry, entry[:60]
