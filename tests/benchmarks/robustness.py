"""What many specifications cost: two workers beside one, and memory as their number grows.

Run by hand, on a machine with nothing else to do: ``.venv/bin/python tests/benchmarks/robustness.py``.

* Workers: the same runs of real chapters with one worker and with two, in turn; goal: 1.7 times as fast.
* Memory: a book of one small chapter, 1,000 and then 10,000 specifications (``--quick``: 100 and 1,000);
  the most memory that the command itself held, and all its processes together, at any time.
* Each of these again on a local Dask cluster of two workers.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from cybergov import data, findings, robustness

ROUNDS = 3
GOAL = 1.7
CHAPTER = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# Small

```{code-cell} ipython3
:tags: [parameters]
a = 0
b = 0
c = 0
d = 0
```

```{code-cell} ipython3
from cybergov import findings
findings.record("A1.small", a + b / 10 + c / 100 + d / 1000, interval=(0, 9))
```
"""


def two_workers() -> None:
    """Run the same specifications with one worker and with two."""
    root = data.root()
    names = ["A1.split", "S1.camps", "O3.overlap", "M1.blocs", "C2.gate"]
    cases = robustness.planned(names, kinds=[robustness.CHOICES], at_most=8, root=root)
    foundations = robustness.Foundations(root)
    clock: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS + 1):
            for workers, seconds in clock.items():
                rows = robustness.Rows(Path(folder))
                begin = time.perf_counter()
                lost = robustness.execute(cases, rows, foundations, workers=workers)
                if lost:
                    raise SystemExit(f"{len(lost)} runs were lost.")
                if number:  # the first round warms up
                    seconds.append(time.perf_counter() - begin)
    one, two = median(clock[1]), median(clock[2])
    print(
        f"{len(cases)} runs: 1 worker {one:.1f} s, 2 workers {two:.1f} s: {one / two:.2f} times, goal {GOAL}"
    )


def small_book(folder: Path, each: int) -> None:
    """Write a book of one chapter whose indicator has ``each`` values of four choices."""
    values = list(range(each))
    (folder / "chapters").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "chapters" / "small.md").write_text(CHAPTER)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n- file: chapters/small\n")
    (folder / "_config.yml").write_text("execute:\n  timeout: 60\n")
    (folder / "intro.md").write_text("# Small\n")
    (folder / "requirements.txt").write_text("")
    (folder / "data" / "datapackage.json").write_text('{"name": "small", "resources": []}')
    (folder / "data" / "claims.yml").write_text(
        "A1:\n  claim: Something is so.\n  part: The puzzle\n  chapter: small\n  indicators:\n    A1.small:\n"
        "      question: Is it?\n      measure: A number\n      tables: [none]\n      unit: points\n"
        "      rule: value > 1\n      tolerance: 0.001\n"
        f"      choices: {{a: {values}, b: {values}, c: {values}, d: {values}}}\n"
    )


def memory_of(process: psutil.Process) -> tuple[int, int]:
    """Give the unshared memory of a process, and of it with all that it started, in bytes."""
    own, every = 0, 0
    for one in [process, *process.children(recursive=True)]:
        try:
            held = one.memory_full_info().uss
        except psutil.Error:
            continue  # it has just ended
        own += held if one == process else 0
        every += held
    return own, every


@contextmanager
def two_dask_workers(book: Path) -> Iterator[list[str]]:
    """Start a local cluster beside a book; gives the option that names it."""
    from distributed import LocalCluster

    with (
        contextlib.chdir(book),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        yield ["--cluster", cluster.scheduler_address]


def memory(specifications: int, clustered: bool) -> tuple[float, float, float, int]:
    """Run that many specifications: seconds, the most MB of the command, of all it started, and rows."""
    with contextlib.ExitStack() as stack:
        book = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "book"
        small_book(book, 10)
        options = stack.enter_context(two_dask_workers(book)) if clustered else []
        command = [sys.executable, "-m", "cybergov", "robustness", "--at-most", str(specifications)]
        begin = time.perf_counter()
        running = psutil.Popen(
            [*command, *options],
            cwd=book,
            env={**os.environ, "PYTHONPATH": str(data.root() / "lib")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        most = most_of_all = 0
        while running.poll() is None:
            own, every = memory_of(running)
            most, most_of_all = max(most, own), max(most_of_all, every)
            time.sleep(0.5)
        seconds = time.perf_counter() - begin
        if running.returncode:
            raise SystemExit(f"{specifications} specifications ended with {running.returncode}.")
        rows = len(robustness.read_snapshot(book / "_build" / "robustness.csv"))
    return seconds, most / 2**20, most_of_all / 2**20, rows


def show_memory(sizes: tuple[int, int], clustered: bool) -> None:
    """Print what each size took."""
    where = "on a local cluster" if clustered else "on this machine"
    for size in sizes:
        seconds, most, every, rows = memory(size, clustered)
        print(
            f"{rows:,} specifications {where}: {seconds:.0f} s ({1000 * seconds / rows:.0f} ms each), "
            f"at most {most:.0f} MB in the command, {every:.0f} MB in all its processes"
        )


def main() -> None:
    """Print the three parts."""
    findings.all_declared()  # a book that cannot be read is told before anything is measured
    sizes = (100, 1000) if "--quick" in sys.argv else (1000, 10_000)
    two_workers()
    show_memory(sizes, clustered=False)
    show_memory(sizes, clustered=True)


if __name__ == "__main__":
    main()
