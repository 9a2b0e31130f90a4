"""What several tests need: the command in a process of its own, small books, a copy of the real one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from cybergov import kernels, student, takeaway
from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent

CLAIMS = """
A1:
  claim: Something is so.
  part: The puzzle
  chapter: one
  indicators:
    A1.first: &indicator
      question: Is it?
      measure: A number
      tables: [none]
      unit: points
      rule: low > 0
      tolerance: 0.001
      choices: {start: [1, 2], how: [plain, fancy]}
    A1.second: *indicator
"""

CHAPTER = """---
jupytext:
  text_representation: {{extension: .md, format_name: myst}}
kernelspec: {{display_name: Python 3, language: python, name: python3}}
---

# {title}

```{{code-cell}} ipython3
:tags: [parameters]
start = 1
scale = 2.0
how = "plain"
loud = False
```

```{{code-cell}} ipython3
{code}
```
"""

ONE = """
from cybergov import findings
findings.record("A1.first", start * scale, interval=(start, 3.0))
findings.record("A1.second", 2.0, interval=(1.0, 3.0))
"""


class Book:
    """A folder with a book in it, and the commands that a user runs there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # The library beside the book, if it has one, before the one that is installed.
        self.environment = {**os.environ, "PYTHONPATH": str(root / "lib"), "COLUMNS": "200", "NO_COLOR": "1"}

    def call(self, *command: str | Path, **options) -> subprocess.CompletedProcess[str]:
        options = {"cwd": self.root, "env": self.environment, "timeout": 1800, **options}
        return subprocess.run(
            [str(part) for part in command], check=False, text=True, capture_output=True, **options
        )

    def cybergov(self, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
        return self.call(sys.executable, "-m", "cybergov", *arguments, **options)

    def jupyter_book(self) -> subprocess.CompletedProcess[str]:
        return self.call(PROGRAMS / "jupyter-book", "build", ".")

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def kept(self) -> dict[str, bytes]:
        """Content of everything that runs have kept, by path."""
        return {str(path): path.read_bytes() for path in (self.root / "_build").rglob("*.ipynb")}


@pytest.fixture
def small_book(tmp_path, monkeypatch):
    """A book of two chapters that run in a second, without tables."""
    # Chapters this small would wait for libraries that they do not import; tests of forks switch them on.
    monkeypatch.setenv(kernels.SWITCH, "no")
    book = Book(tmp_path / "small")
    book.write(
        "_toc.yml", "format: jb-book\nroot: intro\nchapters:\n- file: chapters/one\n- file: chapters/two\n"
    )
    book.write("_config.yml", "execute:\n  timeout: 30\n")
    book.write("requirements.txt", "")
    book.write("intro.md", "# A small book\n")
    book.write("data/datapackage.json", '{"name": "small", "resources": []}')
    book.write("data/claims.yml", CLAIMS)
    book.write("chapters/one.md", CHAPTER.format(title="One", code=ONE))
    book.write("chapters/two.md", CHAPTER.format(title="Two", code="import os\nprint('two', os.getpid())"))
    monkeypatch.chdir(book.root)
    return book


def copy_of(source: Path, target: Path) -> Book:
    """The book as it stands in a folder, without what is made from it."""
    made = shutil.ignore_patterns(*takeaway.LEFT_OUT, "*.egg-info")
    shutil.copytree(source, target, ignore=made)
    return Book(target)


@pytest.fixture(scope="session")
def built_book(tmp_path_factory):
    """The real book, built once for all processes of a test run by the command that the README names."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, built = shared / "book", shared / "book-is-built"
    with FileLock(shared / "book.lock"):
        if built.exists():
            return Book(folder)
        shutil.rmtree(folder, ignore_errors=True)
        book = copy_of(ROOT, folder)
        done = book.cybergov("build")
        assert done.returncode == 0, done.stdout + done.stderr
        built.touch()
        return book


@pytest.fixture(scope="session")
def edition(built_book):
    """The student edition of the built book, made once by the command."""
    with FileLock(built_book.root.with_name("edition.lock")):
        made = built_book.root / "_build" / student.FOLDER
        if not made.exists():
            done = built_book.cybergov("student")
            assert done.returncode == 0, done.stdout + done.stderr
        return made


@pytest.fixture(scope="session")
def html(built_book):
    """Folder of the built pages."""
    return built_book.root / "_build/html"


LEAN = ("puzzle", "manifestations/legitimacy", "reference/status", "reference/bibliography")


@pytest.fixture(scope="session")
def lean_book(tmp_path_factory):
    """The real book with a few of its chapters, built: how pages are made does not depend on how many there are."""
    book = copy_of(ROOT, tmp_path_factory.mktemp("lean") / "copy")
    chapters = [{"file": f"chapters/{name}"} for name in LEAN]
    book.write("_toc.yml", yaml.safe_dump({"format": "jb-book", "root": "intro", "chapters": chapters}))
    shutil.rmtree(book.root / "chapters/seminar/sessions")  # a plan without a page stops a build
    intro = (book.root / "intro.md").read_text()
    book.write("intro.md", re.sub(r"\[([^]]+)\]\(chapters/[^)]+\)", r"\1", intro))
    claims = yaml.safe_load((book.root / "data/claims.yml").read_text())
    for claim in claims.values():
        if claim.get("chapter") not in (None, *LEAN):
            del claim["chapter"], claim["indicators"]
    book.write("data/claims.yml", yaml.safe_dump(claims, sort_keys=False, allow_unicode=True, width=10_000))
    (book.root / "data/predictions.yml").unlink()  # the cases are left out
    ledger = (book.root / "data/findings.csv").read_text().splitlines(keepends=True)
    kept = [f"{name}," for claim in claims.values() for name in claim.get("indicators", ())]
    book.write(
        "data/findings.csv", "".join(ledger[:1] + [row for row in ledger[1:] if row.startswith(tuple(kept))])
    )
    done = book.cybergov("build")
    assert done.returncode == 0, done.stdout + done.stderr
    return book


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium without a network; tests that ask for it skip loudly where there is none."""
    with chromium.launch() as started:
        yield started
