"""What it takes to run all chapters again, beside the ways one would otherwise go.

Run by hand, on a machine with nothing else to do: ``.venv/bin/python tests/benchmarks/rerun.py [--rounds N]
[CHAPTER ...]``. In every round, one after another over copies of the book:

* ours: ``cybergov run --force``;
* (a) a stock ``jupyter-book build`` that executes: without this book's Sphinx extension, pages included;
* (b) jupyter-cache's parallel executor;
* (c) the chapters' code as bare scripts, as many at a time as chapters are run;
* the code alone: each chapter once in one process that has imported the libraries, for its CPU seconds.

Then what it takes when nothing has changed: ``cybergov build``, which must run no chapter, beside a bare
``jupyter-book build`` of the stock pages.

The ratios count, for the seconds depend on the machine. CPU seconds are the machine's.
"""

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import psutil
import yaml

from cybergov import data, findings, kernels, run, takeaway

PROGRAMS = Path(sys.executable).parent
CORES = os.cpu_count() or 1
PROCESSES = run.usual_workers()
#: Goals: ours at most this part of each.
GOALS = {"stock build (a)": 1 / 3, "jupyter-cache (b)": 0.6, "bare scripts (c)": 0.85}
#: CPU seconds a chapter beyond its own computation.
BEYOND = 0.4
#: Goal: a build of ours with nothing changed at most so many times a bare one.
UNCHANGED = 1.2
REBUILDS = 5


def taken(work: Callable[[], object]) -> tuple[float, float]:
    """Time one call: seconds on the clock, and CPU seconds of the machine.

    The machine's, for kernels may be forks of a process that outlives the command: nobody waits for them.
    """
    before, begin = psutil.cpu_times(), time.perf_counter()
    work()
    clock, after = time.perf_counter() - begin, psutil.cpu_times()
    return clock, after.user + after.system - before.user - before.system


def call(command: Sequence[str | Path], folder: Path) -> None:
    """Run a program in a copy of the book, with one thread a process, as `cybergov run` has it."""
    environment = {**os.environ, **kernels.ONE_THREAD, "PYTHONPATH": str(folder / "lib")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        input="y\n",  # jupyter-cache asks whether it may make its folder
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def copy_of_book(target: Path, names: Sequence[str]) -> list[run.Chapter]:
    """Copy the book with the chapters named (all if none is), and the tables as checked before."""
    root = data.root()
    made = shutil.ignore_patterns(*takeaway.LEFT_OUT)
    shutil.copytree(root, target, ignore=made)
    if (root / "_build" / ".validated").exists():
        shutil.copytree(root / "_build" / ".validated", target / "_build" / ".validated")
    if names:
        contents = [{"file": f"chapters/{name}"} for name in names]
        toc = {"format": "jb-book", "root": "intro", "chapters": contents}
        (target / "_toc.yml").write_text(yaml.safe_dump(toc))
    return run.chapters(target)


def without_extension(book: Path) -> None:
    """Make a copy a stock one: Jupyter Book itself executes, nothing of this book takes part."""
    path = book / "_config.yml"
    settings = yaml.safe_load(path.read_text())
    settings["execute"]["execute_notebooks"] = "force"
    settings["sphinx"]["extra_extensions"].remove("cybergov.pages")
    del settings["sphinx"]["config"]["html_math_renderer"]  # comes with the extension
    path.write_text(yaml.safe_dump(settings))


def cached(book: Path, chapters: Sequence[run.Chapter]) -> None:
    """Execute chapters by jupyter-cache's own parallel executor, into an empty cache."""
    shutil.rmtree(book / ".jupyter_cache", ignore_errors=True)
    program, cache = PROGRAMS / "jcache", book / ".jupyter_cache"
    paths = [chapter.path for chapter in chapters]
    call([program, "notebook", "-p", cache, "add", "--reader", "myst_nb_md", *paths], book)
    call(
        [program, "project", "-p", cache, "execute", "--executor", "local-parallel", "--timeout", "600"], book
    )


def bare(book: Path, chapters: Sequence[run.Chapter]) -> None:
    """Run each chapter's code as a script, as many at a time as chapters are run."""

    def one(chapter: run.Chapter) -> None:
        code = "\n".join(cell.source for cell in chapter.notebook.cells if cell.cell_type == "code")
        script = chapter.path.with_suffix(".bare.py")
        script.write_text(code)
        environment = {
            **os.environ,
            **kernels.ONE_THREAD,
            findings.CHAPTER_VARIABLE: chapter.name,
            "PYTHONPATH": str(book / "lib"),
        }
        done = subprocess.run(
            [sys.executable, script.name],
            cwd=script.parent,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{chapter.name} as a script failed: {done.stderr[-1000:]}")

    with ThreadPoolExecutor(PROCESSES) as threads:
        list(threads.map(one, chapters))


def alone(book: Path, chapters: Sequence[run.Chapter]) -> float:
    """CPU seconds of the chapters' code by itself: each in a fork of one process that knows the libraries."""
    reader, writer = os.pipe()
    total = 0.0
    for chapter in chapters:
        child = os.fork()
        if not child:
            os.chdir(chapter.path.parent)
            os.environ[findings.CHAPTER_VARIABLE] = chapter.name
            space: dict[str, object] = {"__name__": "__main__"}
            begin = time.process_time()
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
                for cell in chapter.notebook.cells:
                    if cell.cell_type == "code":
                        exec(compile(cell.source, chapter.name, "exec"), space)
            os.write(writer, f"{time.process_time() - begin}\n".encode())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(f"{chapter.name} by itself failed.")
        total += float(os.read(reader, 100))
    return total


def unchanged(book: Path, stock: Path) -> tuple[float, float]:
    """Build both again with nothing changed: median seconds of ours and of a bare build."""
    ours: list[str | Path] = [PROGRAMS / "cybergov", "build"]
    bare_build: list[str | Path] = [PROGRAMS / "jupyter-book", "build", "."]
    call(ours, book)
    call(bare_build, stock)
    kept = {path: path.stat().st_mtime_ns for path in (book / "_build" / "executed").rglob("*.ipynb")}
    pairs = [
        (taken(lambda: call(ours, book))[0], taken(lambda: call(bare_build, stock))[0])
        for _ in range(REBUILDS)
    ]
    if not kept or kept != {path: path.stat().st_mtime_ns for path in kept}:
        raise SystemExit("A build with nothing changed ran chapters again.")
    mine, bare_seconds = (median(column) for column in zip(*pairs, strict=True))
    return mine, bare_seconds


def main() -> None:
    """Print medians and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("chapters", nargs="*", help="all if none is named")
    options = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in kernels.ONE_THREAD.items()):
        # One thread a process also for the code alone: the libraries read this as they are imported.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **kernels.ONE_THREAD})
    with tempfile.TemporaryDirectory() as folder:
        book, stock = Path(folder) / "ours", Path(folder) / "stock"
        chapters = copy_of_book(book, options.chapters)
        copy_of_book(stock, options.chapters)
        without_extension(stock)
        call([PROGRAMS / "cybergov", "run", "--force"], book)  # what is checked or compiled once
        ways: dict[str, Callable[[], object]] = {
            "ours": lambda: call([PROGRAMS / "cybergov", "run", "--force"], book),
            "stock build (a)": lambda: call([PROGRAMS / "jupyter-book", "build", "--all", "."], stock),
            "jupyter-cache (b)": lambda: cached(book, chapters),
            "bare scripts (c)": lambda: bare(book, chapters),
        }
        rounds = [{name: taken(work) for name, work in ways.items()} for _ in range(options.rounds)]
        import cybergov.warm  # noqa: F401  the libraries, for the forks of `alone`

        own = median(alone(book, chapters) for _ in range(options.rounds))
        print(f"{len(chapters)} chapters, {CORES} cores, median of {options.rounds} rounds")
        clock = {name: median(one[name][0] for one in rounds) for name in ways}
        cpu = {name: median(one[name][1] for one in rounds) for name in ways}
        for name in ways:
            ratio = (
                ""
                if name == "ours"
                else f"  ours is {clock['ours'] / clock[name]:.2f} of it, goal {GOALS[name]:.2f}"
            )
            print(f"{name:<18}{clock[name]:7.1f} s {cpu[name]:7.1f} CPU s{ratio}")
        beyond = (cpu["ours"] - own) / len(chapters)
        print(
            f"the code alone    {own:17.1f} CPU s; ours is {beyond:.2f} a chapter beyond it, goal {BEYOND}",
            flush=True,
        )
        if not options.chapters:  # a part of the book does not stand up to the ledger
            again, bare_again = unchanged(book, stock)
            print(
                f"nothing changed   {again:7.1f} s, a bare build {bare_again:.1f} s: ours is {again / bare_again:.2f} of it, "
                f"goal {UNCHANGED}"
            )


if __name__ == "__main__":
    main()
