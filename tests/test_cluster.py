"""Chapters run by the workers of a Dask cluster: the same outputs, and none lost when a worker dies."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace

import nbformat
import psutil
import pytest

from cybergov import run

from .conftest import CHAPTER, Book


def started(book, module, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", module, "--no-dashboard", *map(str, arguments)],
        cwd=book.root,
        env=book.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ended(processes):
    """Kill processes and all that they started."""
    family = []
    for process in processes:
        if psutil.pid_exists(process.pid):
            family += [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for one in family:
        one.kill()
    assert psutil.wait_procs(family, timeout=20)[1] == []
    for process in processes:
        process.wait()


@contextmanager
def cluster(book, folder, workers=2, worker_book=None):
    """A scheduler and workers in the book's folder; give its address and the workers' processes."""
    place = folder / "scheduler.json"
    scheduler = started(
        book, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", 0, "--scheduler-file", place
    )
    processes = []
    try:
        deadline = time.monotonic() + 60
        while not (place.exists() and place.read_text().endswith("}")):
            assert time.monotonic() < deadline, "the scheduler never started"
            time.sleep(0.1)
        address = json.loads(place.read_text())["address"]
        for number in range(workers):
            scratch = folder / f"worker{number}"
            processes.append(
                started(
                    worker_book or book,
                    "distributed.cli.dask_worker",
                    address,
                    *("--nthreads", 1, "--local-directory", scratch),
                )
            )
        yield address, processes
    finally:
        ended([*processes, scheduler])


def outputs_of(book):
    return {
        path: [cell.get("outputs") for cell in nbformat.reads(text.decode(), as_version=4).cells]
        for path, text in book.kept().items()
    }


def test_a_cluster_finds_the_same_and_the_death_of_a_worker_loses_nothing(small_book, tmp_path):
    small_book.write("chapters/two.md", CHAPTER.format(title="Two", code="print(1 / 3, start)"))
    assert small_book.cybergov("run").returncode == 0
    here = outputs_of(small_book)
    with cluster(small_book, tmp_path) as (address, workers):
        done = small_book.cybergov("run", "--force", "--cluster", address)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(" run ") == 2
        assert outputs_of(small_book) == here

        code = "import time\ntime.sleep(0.5)\nprint(start)"
        small_book.write("chapters/two.md", CHAPTER.format(title="Two", code=code))
        task = run.task_for(run.choose(["two"], run.chapters())[0])
        tasks = (replace(task, parameters={"start": number}) for number in range(8))
        found = []
        for number, outcome in run.run_tasks(tasks, cluster=address):
            found.append(number)
            assert outcome.error == ""
            assert outcome.notebook is not None
            assert outcome.notebook.cells[-1].outputs[0].text.strip() == str(number)
            if len(found) == 2:
                ended(workers[:1])
        assert sorted(found) == list(range(8))


def test_own_tables_and_failures_travel(small_book, tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("a,b\n1,2\n")
    code = "import json, os\nplace = json.loads(os.environ['CYBERGOV_TABLES'])['votes']\nprint(place, open(place).read())"
    small_book.write("chapters/two.md", CHAPTER.format(title="Two", code=code))
    (chapter,) = run.choose(["two"], run.chapters())
    good = run.task_for(chapter, tables={"votes": own})
    with cluster(small_book, tmp_path, workers=1) as (address, _):
        bad = replace(good, tables={})
        outcomes = dict(run.run_tasks([good, bad], cluster=address))
    assert outcomes[0].error == ""
    assert outcomes[0].notebook is not None
    place, content = outcomes[0].notebook.cells[-1].outputs[0].text.split(" ", 1)
    assert content.strip() == "a,b\n1,2"
    assert place.endswith("own.csv")
    assert place != str(own)
    assert outcomes[1].raised == "KeyError"


def test_workers_with_another_book_are_refused(small_book, tmp_path):
    other = Book(tmp_path / "other")
    for path in small_book.root.rglob("*.*"):
        if path.is_file():
            other.write(str(path.relative_to(small_book.root)), path.read_text())
    other.write("requirements.txt", "# another")
    with cluster(small_book, tmp_path, workers=1, worker_book=other) as (address, _):
        done = small_book.cybergov("run", "--cluster", address)
    assert done.returncode == 2
    assert "has another book: its library, tables, lock or Python differ" in done.stderr
    assert "Traceback" not in done.stderr
    assert small_book.kept() == {}


@pytest.mark.parametrize("command", ["run", "build"])
@pytest.mark.parametrize("address", ["127.0.0.1:9", "nonsense://here"])
def test_an_address_where_nobody_answers_is_one_sentence(small_book, command, address):
    began = time.monotonic()
    done = small_book.cybergov(command, "--cluster", address)
    assert time.monotonic() - began < 30
    assert done.returncode == 2
    assert f"No Dask scheduler answers at '{address}'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cluster_without_workers_is_one_sentence(small_book, tmp_path):
    with cluster(small_book, tmp_path, workers=0) as (address, _):
        done = small_book.cybergov("run", "--cluster", address)
    assert done.returncode == 2
    assert "has no workers; start some with `dask worker" in done.stderr
    assert "Traceback" not in done.stderr


def test_dask_is_imported_only_for_a_cluster():
    code = "import sys, cybergov.cli\nassert not {'dask', 'distributed'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
