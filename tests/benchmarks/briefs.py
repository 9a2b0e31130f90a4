"""What the briefs of all member states cost, beside the way one would otherwise go.

Run by hand, on a machine with nothing else to do: ``.venv/bin/python tests/benchmarks/briefs.py``. One after another:

* ours: ``cybergov brief --all``, with pages, PDFs and the index;
* stock: for a few states, papermill from the chapter turned into a notebook, in a kernel from nothing, and a
  browser of its own for each PDF; as many states at a time as there are cores; drawn out to all states.

The ratio counts, for the seconds depend on the machine; the goal for all briefs is two minutes on two cores.
CPU seconds are the machine's, so that anything else that runs counts too.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil

from cybergov import briefs, data, kernels, paper, places

PROGRAMS = Path(sys.executable).parent
CORES = os.cpu_count() or 1
#: Goal: seconds for all briefs on two cores, with nothing else to do.
GOAL = 120
FEW = ("KEN", "USA", "TUV", "PRK", "BIH", "GBR")


def taken(work: Callable[[], object]) -> tuple[float, float]:
    """Time one call: seconds on the clock, and CPU seconds of the machine."""
    before, begin = psutil.cpu_times(), time.perf_counter()
    work()
    clock, after = time.perf_counter() - begin, psutil.cpu_times()
    return clock, after.user + after.system - before.user - before.system


def call(*command: str | Path) -> None:
    """Run a program in the book's folder, with one thread a process."""
    root = data.root()
    environment = {**os.environ, **kernels.ONE_THREAD, "PYTHONPATH": str(root / "lib")}
    done = subprocess.run(command, cwd=root, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")


def stock(states: Sequence[str], folder: Path) -> None:
    """Make briefs as stock tools would: papermill and a browser for each."""
    source = folder / "brief.ipynb"
    call(PROGRAMS / "jupytext", "--to", "ipynb", "--output", source, f"chapters/{briefs.CHAPTER}.md")
    names = places.names_of_states()
    chapter = data.root() / "chapters" / briefs.CHAPTER

    def one(iso3: str) -> None:
        done, page = folder / f"{iso3}.ipynb", folder / f"{iso3}.pdf"
        call(
            *(PROGRAMS / "papermill", source, done, "--cwd", chapter.parent),
            *("-p", briefs.PARAMETER, iso3, "--no-progress-bar", "-k", "python3"),
        )
        shown = [
            output["data"]["text/html"]
            for cell in nbformat.read(done, as_version=4).cells
            if cell.cell_type == "code"
            for output in cell.outputs
            if "text/html" in output.get("data", {})
        ]
        body = f'<article class="brief">{"".join(shown)}</article>'
        paper.print_html(briefs.document([briefs.Brief(iso3, names[iso3][0], body)]), page)

    with ThreadPoolExecutor(CORES) as threads:
        list(threads.map(one, states))


def main() -> None:
    """Print seconds and the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", nargs="*", default=list(FEW), help="states of the stock way")
    few = briefs.find(parser.parse_args().few)
    every = len(places.names_of_states())
    command = (sys.executable, "-m", "cybergov", "brief")
    call(*command, few[0])  # tables that are checked once
    with tempfile.TemporaryDirectory() as folder:
        there, its_cpu = taken(lambda: stock(few, Path(folder)))
    factor = every / len(few)
    ours, our_cpu = taken(lambda: call(*command, "--all"))
    print(f"{every} briefs, {CORES} cores, load {os.getloadavg()[0]:.1f}")
    print(f"ours   {ours:7.1f} s {our_cpu:7.1f} CPU s  goal {GOAL} s")
    print(
        f"stock  {there * factor:7.1f} s {its_cpu * factor:7.1f} CPU s, drawn out from {len(few)}: "
        f"ours is {ours / (there * factor):.2f} of its seconds"
    )


if __name__ == "__main__":
    main()
