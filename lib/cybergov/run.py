"""Chapters executed: by papermill, each in a fresh kernel, kept until something they rest on changes.

What is kept is the executed notebook, one file a chapter under ``_build/executed/<digest>/``. The
digest covers the library, the tables, the claims and the lock, so nothing kept can be stale: a
change in any of them looks in another folder. The pages are made from these same files.
"""

import ast
import copy
import hashlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from itertools import chain
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import nbformat
import yaml
from tabulate import tabulate
from tqdm import tqdm
from traitlets.config import Config

from cybergov import altered, data, findings, kernels
from cybergov import cluster as clusters
from cybergov.errors import BookError, RunError
from cybergov.files import write_atomically

#: Results, not inputs: a change in them makes no chapter stale.
LEDGERS = {"findings.csv"}
#: Tags that make a cell be left out or fail in silence: what was checked would not be the chapter.
REFUSED_TAGS = {"skip-execution", "raises-exception"}
#: Kept runs of other states of the book, so that undoing a change needs no new run.
KEPT_DIGESTS = 5
DEFAULT_TIMEOUT = 120


# --- chapters and their parameters ----------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """One analytic choice of a chapter, with the published value as its default."""

    name: str
    default: Any
    choices: tuple[Any, ...] = ()

    def parse(self, text: str, chapter: str) -> Any:
        """Read a value given on the command line as the kind of the default.

        Raises
        ------
        RunError
            If the text is of another kind, or a word that is none of the declared choices.
        """
        where = f"{chapter}: the parameter {self.name}"
        kind = type(self.default)
        if kind is str:
            if self.choices and text not in self.choices:
                raise RunError(f"{where} takes one of {', '.join(map(repr, self.choices))}, not {text!r}.")
            return text
        try:
            # YAML takes 1_0 for a number and 010 for eight.
            value = int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else yaml.safe_load(text)
        except yaml.YAMLError:
            value = None
        if kind is int and not re.fullmatch(r"-?[0-9]{1,15}", text):
            value = None
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise RunError(
                f"{where} takes {_KINDS.get(kind, kind.__name__)} such as {self.default!r}, not {text!r}."
            )
        return value


_KINDS = {int: "a whole number", float: "a number", bool: "true or false", list: "a list"}


@dataclass(frozen=True)
class Chapter:
    """An executable chapter: its name (the path under ``chapters/``), file and cells as read."""

    name: str
    path: Path
    docname: str
    notebook: nbformat.NotebookNode = field(repr=False)
    root: Path = field(repr=False)

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The chapter's parameters, read from the assignments of its ``parameters`` cell."""
        declared = findings.indicators(findings.all_declared(self.root))
        choices: dict[str, tuple[Any, ...]] = {}
        for one in declared.values():
            if one.chapter == self.name:
                for name, values in one.choices.items():
                    choices[name] = tuple(dict.fromkeys([*choices.get(name, ()), *values]))
        found = {}
        for cell in self.notebook.cells:
            if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", []):
                for name, value in _assignments(cell.source, self.name):
                    found[name] = Parameter(name, value, choices.get(name, ()))
        return found

    @property
    def title(self) -> str:
        """The chapter's heading."""
        for cell in self.notebook.cells:
            for line in cell.source.splitlines():
                if cell.cell_type == "markdown" and line.startswith("# "):
                    return str(line[2:].strip())
        return self.name


def _assignments(source: str, chapter: str) -> list[tuple[str, Any]]:
    try:
        return [
            (node.targets[0].id, ast.literal_eval(node.value))
            for node in ast.parse(source).body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        ]
    except (SyntaxError, ValueError):
        raise RunError(
            f"{chapter}: the parameters cell may only assign plain values, such as first_year = 1998."
        ) from None


def contents(root: Path) -> Any:
    """Read ``_toc.yml``.

    Returns
    -------
    SiteMap of sphinx-external-toc
        Names of pages in the order of the book, each with what stands below it.

    Raises
    ------
    RunError
        If it cannot be read.
    """
    from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

    try:
        return parse_toc_yaml(root / "_toc.yml")
    except (MalformedError, OSError) as error:
        raise RunError(f"_toc.yml cannot be read: {error}") from None


def chapters(root: Path | None = None) -> list[Chapter]:
    """All executable chapters, in the order of ``_toc.yml``.

    Raises
    ------
    RunError
        If the table of contents names a page that is missing or cannot be read as a notebook.
    """
    from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook

    root = root or data.root()
    out = []
    for docname in map(str, contents(root)):
        path = root / f"{docname}.md"
        if not path.exists():
            raise RunError(f"_toc.yml names {docname}, but there is no {docname}.md.")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"{docname}.md cannot be read as UTF-8 text: {error}") from None
        if is_myst_markdown_notebook(text):
            try:
                notebook = read_myst_markdown_notebook(text, path=str(path))
            except Exception as error:  # myst-nb raises its own, yaml's and markdown-it's errors here
                raise RunError(f"{docname}.md cannot be read as a notebook: {error}") from None
            for cell in notebook.cells:
                refused = REFUSED_TAGS.intersection(cell.metadata.get("tags", []))
                if refused:
                    raise RunError(f"{docname}.md: a cell is tagged {refused.pop()}; every cell must run.")
            out.append(Chapter(docname.removeprefix("chapters/"), path, docname, notebook, root))
    return out


def choose(names: Sequence[str], known: Sequence[Chapter]) -> list[Chapter]:
    """The chapters named (all if none is), in the order of the book.

    A name may be given as ``puzzle``, ``chapters/puzzle`` or ``chapters/puzzle.md``.

    Raises
    ------
    RunError
        If a name is no executable chapter; the nearest name is suggested.
    """
    by_name = {chapter.name: chapter for chapter in known}
    wanted = [name.removeprefix("./").removesuffix(".md").removeprefix("chapters/") for name in names]
    for name in wanted:
        if name not in by_name:
            near = get_close_matches(name, by_name, 1) or get_close_matches(
                name, [n.split("/")[-1] for n in by_name], 1
            )
            hint = f" Did you mean {near[0]}?" if near else ""
            raise RunError(f"There is no executable chapter {name!r}; there are {', '.join(by_name)}.{hint}")
    return [chapter for chapter in known if not wanted or chapter.name in wanted]


def assign(
    given: Iterable[tuple[str, str]], chosen: Sequence[Chapter], named: bool
) -> dict[str, dict[str, Any]]:
    """Give each chapter the parameters that are meant for it.

    Parameters
    ----------
    given : iterable of (str, str)
        Names and values as typed.
    chosen : sequence of Chapter
        The chapters of this run.
    named : bool
        Whether the user named them; a named chapter must know every parameter.

    Returns
    -------
    dict of str to dict
        Values by chapter and parameter; those equal to the default are left out, for they change
        nothing. Chapters that know none of the parameters given are left out.

    Raises
    ------
    RunError
        For an unknown name or a value of the wrong kind, before anything runs.
    """
    given = list(given)
    for name, _ in given:
        ignorant = [chapter for chapter in chosen if name not in chapter.parameters]
        if len(ignorant) == len(chosen) or (named and ignorant):
            raise RunError(f"No parameter {name!r}. {_known_parameters(ignorant, name)}")
    out: dict[str, dict[str, Any]] = {}
    for chapter in chosen:
        mine = {n: chapter.parameters[n].parse(t, chapter.name) for n, t in given if n in chapter.parameters}
        if mine or not given:
            out[chapter.name] = {n: v for n, v in mine.items() if v != chapter.parameters[n].default}
    return out


def _known_parameters(of: Sequence[Chapter], name: str) -> str:
    parts = [
        f"{chapter.name} takes {', '.join(chapter.parameters) if chapter.parameters else 'none'}"
        for chapter in of
    ]
    near = get_close_matches(name, [n for chapter in of for n in chapter.parameters], 1)
    return "; ".join(parts) + "." + (f" Did you mean {near[0]}?" if near else "")


# --- fresh or stale -------------------------------------------------------------------------------


def digest(root: Path | None = None) -> str:
    """Digest of everything but a chapter's own cells that its outputs rest on.

    The library, the tables and claims (not the ledgers, which are results), the lock and the
    version of Python; 16 hexadecimal digits.
    """
    root = root or data.root()
    files = [
        path
        for folder in (root / "lib" / "cybergov", root / "data")
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    ]
    files = [path for path in files if not (path.parent == root / "data" and path.name in LEDGERS)]
    total = hashlib.sha256(f"python {sys.version_info.major}.{sys.version_info.minor}".encode())
    return _digest_of([*sorted(files), root / "requirements.txt"], root, total)


def book_digest(root: Path) -> str:
    """Digest of everything that the pages rest on.

    What `digest` covers, the text and settings of the book, its bibliography, the accepted ledger,
    and when each kept execution came to its end; 16 hexadecimal digits.
    """
    of = digest(root)
    total = hashlib.sha256(of.encode())
    for chapter in chapters(root):
        kept = stored(chapter, root, of)
        total.update((kept.metadata.cybergov.finished if kept else "stale").encode())
    sources = [root / name for name in ("_toc.yml", "_config.yml", "references.bib", "data/findings.csv")]
    sources += [*root.glob("*.md"), *(root / "chapters").rglob("*.*")]
    return _digest_of(sorted(path for path in sources if path.is_file()), root, total)


def _digest_of(files: Iterable[Path], root: Path, total: Any) -> str:
    for path in files:
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        try:
            total.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise RunError(f"{path.relative_to(root)} cannot be read ({error.strerror}).") from None
    return str(total.hexdigest()[:16])


def executed_folder(root: Path, of: str) -> Path:
    """Where the executed notebooks of one state of the book are kept."""
    return root / "_build" / "executed" / of


def stored(chapter: Chapter, root: Path, of: str) -> nbformat.NotebookNode | None:
    """The kept execution of a chapter as it now stands, or None if it must run.

    A file that cannot be read counts as not there: the chapter runs again.
    """
    path = executed_folder(root, of) / f"{chapter.name}.ipynb"
    try:
        kept = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return None
    same = "cybergov" in kept.metadata and _cells(kept) == _cells(chapter.notebook)
    return kept if same else None


def _cells(notebook: nbformat.NotebookNode) -> tuple[Any, list[str]]:
    # What jupyter-cache compares too: the kernel and the source of the code cells.
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return notebook.metadata.get("kernelspec"), code


def _keep(chapter: Chapter, notebook: nbformat.NotebookNode, root: Path, of: str) -> None:
    folder = executed_folder(root, of)
    write_atomically(folder / f"{chapter.name}.ipynb", nbformat.writes(notebook))
    os.utime(folder)
    # Undoing a change finds its run again; older states only fill the disk.
    for old in sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT_DIGESTS]:
        shutil.rmtree(old, ignore_errors=True)


# --- one chapter, in a process of its own ---------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """All that a worker process needs to run one chapter; from `task_for`.

    ``path`` is relative to ``root``, for a worker may have its own copy of the book elsewhere;
    ``tables`` are absolute paths of the reader's own files. ``altered`` is handed to the chapter's
    kernel as JSON, in the environment variable that `data` names.
    """

    chapter: str
    path: str
    notebook: nbformat.NotebookNode = field(repr=False)
    root: str
    timeout: float
    parameters: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    altered: str = ""
    scratch: str = ""


def task_for(
    chapter: Chapter,
    *,
    parameters: Mapping[str, Any] | None = None,
    tables: Mapping[str, str | Path] | None = None,
    change: altered.Alteration | None = None,
    notebook: nbformat.NotebookNode | None = None,
    root: Path | None = None,
) -> Task:
    """Make the task that runs a chapter.

    Parameters
    ----------
    chapter : Chapter
        From `chapters`.
    parameters : mapping, optional
        Values other than the published ones, by parameter.
    tables : mapping of str to path, optional
        The reader's own files in place of tables.
    change : Alteration, optional
        How the tables that the chapter loads are altered.
    notebook : NotebookNode, optional
        Cells to run in place of the chapter's own.
    root : Path, optional
        The book's folder; by default the one that the chapter was read from.

    Returns
    -------
    Task
        For `run_tasks`.
    """
    root = root or chapter.root
    return Task(
        chapter.name,
        chapter.path.relative_to(root).as_posix(),
        chapter.notebook if notebook is None else notebook,
        str(root),
        _timeout(root),
        dict(parameters or {}),
        {name: str(Path(path).resolve()) for name, path in (tables or {}).items()},
        "" if change is None else change.to_json(),
    )


@dataclass(frozen=True)
class Outcome:
    """What became of one chapter: an executed notebook, or the cell and the error it stopped at.

    ``raised`` is the class of the error that the chapter's own code raised, such as ``KeyError``; it
    is empty if the chapter came to its end, or was stopped or killed.
    """

    chapter: str
    notebook: nbformat.NotebookNode | None = field(default=None, repr=False)
    cell: str = ""
    error: str = ""
    seconds: float = 0.0
    fresh: bool = False
    kept: Path | None = None
    raised: str = ""


def _kernel_options(sockets: str) -> dict[str, Any]:
    # Sockets in the file system instead of the network: kernels that start at the same moment cannot
    # pick the same port. A socket's path may have about a hundred characters.
    files = os.name == "posix" and len(os.fsencode(sockets)) < 80
    transport = {"transport": "ipc", "ip": f"{sockets}/kernel"} if files else {}
    return {
        "config": Config({"KernelManager": transport}),
        "extra_arguments": ["--Application.log_level=50"],  # what matters comes back as an error
        "shutdown_kernel": "immediate",  # its outputs have come; asking it to end takes longer
        "coalesce_streams": True,  # how many messages a cell's prints come in is a matter of timing
    }


def _execute(task: Task, results: Connection) -> Outcome:
    """Run one chapter with papermill; called in a process that serves this chapter alone."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    folder = Path(task.root, task.path).parent
    library = str(Path(task.root, "lib"))
    os.environ |= {
        findings.CHAPTER_VARIABLE: task.chapter,
        data.TABLES_VARIABLE: json.dumps(task.tables),
        # The chapter's library is the one beside it, whichever copy of it gave the order to run.
        "PYTHONPATH": os.pathsep.join(filter(None, [library, os.environ.get("PYTHONPATH", "")])),
        **kernels.ONE_THREAD,
        "JUPYTER_RUNTIME_DIR": task.scratch,
    }
    os.environ.pop(altered.ALTERED_VARIABLE, None)
    if task.altered:
        os.environ[altered.ALTERED_VARIABLE] = task.altered
    kernels.prepare([results])
    threading.Thread(target=_end_with_parent, args=(task.scratch,), daemon=True).start()
    source = copy.deepcopy(task.notebook)
    started: list[nbformat.NotebookNode] = []

    def note_start(cell: nbformat.NotebookNode, cell_index: int) -> None:
        if cell.cell_type == "code":
            started.append(cell)

    def failed(error: str, raised: str = "") -> Outcome:
        place = ""
        if started:
            first = next((line for line in started[-1].source.splitlines() if line.strip()), "")
            place = f"cell {len(started)}: {first[:60]}"
        seconds = time.perf_counter() - begin
        return Outcome(task.chapter, cell=place, error=error, seconds=seconds, raised=raised)

    begin = time.perf_counter()
    try:
        done = papermill.execute_notebook(
            source,
            None,
            parameters=task.parameters,
            cwd=str(folder),
            progress_bar=False,
            execution_timeout=task.timeout,
            on_cell_start=note_start,
            **_kernel_options(tempfile.mkdtemp(dir=task.scratch)),
        )
    except papermill.PapermillExecutionError as error:
        last = " ".join(str(error.evalue).split())
        return failed(f"{error.ename}: {last}" if last else error.ename, error.ename)
    except CellTimeoutError:
        return failed(
            f"the cell ran longer than its time limit of {task.timeout:g} s (execute: timeout in _config.yml)"
        )
    except DeadKernelError:
        return failed("the kernel died: it was killed, or ran out of memory")
    except Exception as error:
        # Whatever else keeps a chapter from running (no kernel to be had, a full disk) is this
        # chapter's failure, to be shown beside those of the others.
        return failed(f"{type(error).__name__}: {' '.join(str(error).split())}")

    # Outputs go onto the notebook as it was read: papermill's own metadata would make it another
    # notebook to jupyter-cache. With parameters, the cell that papermill added is kept instead.
    if task.parameters:
        notebook = done
    else:
        notebook = copy.deepcopy(task.notebook)
        for cell, ran in zip(notebook.cells, done.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    of_cells = [cell.metadata.papermill.duration or 0.0 for cell in done.cells if cell.cell_type == "code"]
    seconds = time.perf_counter() - begin
    notebook.metadata["cybergov"] = {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(sum(os.times()[:4]), 2),
        "seconds_of_cells": [round(duration, 3) for duration in of_cells],
        "finished": datetime.now(UTC).isoformat(timespec="microseconds"),
        "parameters": task.parameters,
    }
    return Outcome(task.chapter, notebook, seconds=seconds)


def _end_with_parent(scratch: str) -> None:
    """Leave no chapter running when the run that ordered it was killed; its kernel then ends too."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(1)


def _serve(task: Task, results: Connection) -> None:
    """Run a task and send its outcome: what the process of one chapter does."""
    # An interrupt at the terminal reaches every process there; the run that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    results.send(_execute(task, results))


def _start(task: Task) -> tuple[Connection, BaseProcess]:
    """Start a process for a task, so that a killed one takes no other chapter with it."""
    # Not "fork": a forked copy of a process with threads may hold locks for ever. The fork server
    # has a socket in the temporary folder, whose path may have about a hundred bytes.
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    forks = forks and len(os.fsencode(tempfile.gettempdir())) < 60
    context: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        light = ["cybergov.run", "nbclient", "papermill"]
        context.set_forkserver_preload(light if kernels.switched_off() else ["cybergov.warm"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(task, theirs))
    process.start()
    theirs.close()
    return ours, process


def _finish(task: Task, results: Connection, process: BaseProcess) -> Outcome:
    """Wait for what a process of `_start` sends, and for its end."""
    try:
        outcome: Outcome = results.recv()
    except (EOFError, OSError):
        outcome = Outcome(
            task.chapter, error="the process that ran the chapter was killed, or ran out of memory"
        )
    results.close()
    process.join()
    return outcome


def _isolated(task: Task) -> Outcome:
    """Run one task in a process of its own."""
    try:
        started = _start(task)
    except (OSError, EOFError) as error:
        return _not_started(task, error)
    return _finish(task, *started)


def _not_started(task: Task, error: Exception) -> Outcome:
    return Outcome(task.chapter, error=f"no process could be started for the chapter ({error})")


# --- many chapters --------------------------------------------------------------------------------


def usual_workers() -> int:
    """Count the tasks that are run at a time: one more than there are cores.

    A chapter waits a third of a second while its kernel starts and ends; the one that is more uses it.
    """
    return (os.cpu_count() or 1) + 1


def run_tasks(
    tasks: Iterable[Task], *, workers: int | None = None, cluster: str | None = None
) -> Generator[tuple[int, Outcome], None, None]:
    """Run tasks side by side, and hand over each outcome as it comes.

    Parameters
    ----------
    tasks : iterable of Task
        From `task_for`. May be a generator, and as long as you like: a task is drawn when a worker is
        free for it, and an outcome is dropped once it was handed over.
    workers : int, optional
        Tasks at a time; `usual_workers` by default.
    cluster : str, optional
        Address of a Dask scheduler whose workers run the tasks, each in its own copy of the book.

    Yields
    ------
    (int, Outcome)
        The task's place in `tasks`, from 0, and what became of it; in the order in which they end. A
        task that fails is an outcome with an error. Closing the iterator, or an interrupt, ends what
        still runs here.

    Raises
    ------
    RunError
        If the cluster does not answer, or its workers have another book.
    """
    if cluster is not None:
        yield from _run_on(cluster, tasks)
        return
    most = workers or usual_workers()
    numbered = enumerate(tasks)
    running: dict[Connection, tuple[int, Task, BaseProcess]] = {}
    ended: deque[tuple[int, Outcome]] = deque()
    # Sockets and connection files of all kernels, so that nothing of a run stays behind
    with tempfile.TemporaryDirectory(prefix="cybergov-") as scratch:
        try:
            while True:
                drawn = None
                while len(running) < most and (drawn := next(numbered, None)) is not None:
                    number, task = drawn[0], replace(drawn[1], scratch=scratch)
                    try:
                        results, process = _start(task)
                    except (OSError, EOFError) as error:
                        ended.append((number, _not_started(task, error)))
                        break
                    running[results] = number, task, process
                # The next tasks have started by now, for whoever takes an outcome may need long.
                while ended:
                    yield ended.popleft()
                if running:
                    ready = wait(list(running))
                    for results in [results for results in running if results in ready]:
                        number, task, process = running[results]
                        ended.append((number, _finish(task, results, process)))
                        del running[results]
                elif drawn is None:
                    return
        finally:
            for _, _, process in running.values():
                process.terminate()
            for _, _, process in running.values():
                process.join()


def _run_on(address: str, tasks: Iterable[Task]) -> Generator[tuple[int, Outcome], None, None]:
    drawn = iter(tasks)
    first = next(drawn, None)
    if first is None:
        return
    root = Path(first.root)
    of = digest(root)
    sent: dict[int, str] = {}

    def orders() -> Iterator[_Order]:
        for number, task in enumerate(chain([first], drawn)):
            sent[number] = task.chapter
            yield _Order(task, of, {name: Path(file).read_bytes() for name, file in task.tables.items()})

    with clusters.connected(address, digest) as client:
        for number, result in clusters.spread(client, _on_worker, orders()):
            chapter = sent.pop(number)
            if isinstance(result, Exception):
                reason = " ".join(str(result).split())
                yield number, Outcome(chapter, error=f"no worker of the cluster could run it: {reason}")
            else:
                yield number, result


@dataclass(frozen=True)
class _Order:
    """A task for a worker elsewhere: what its book must be, and the reader's own files."""

    task: Task
    digest: str
    files: dict[str, bytes] = field(repr=False)


def _on_worker(order: _Order) -> Outcome:
    """Run a task in the copy of the book that this worker of a cluster has."""
    root = data.root()
    if digest(root) != order.digest:
        # Seen on connecting, unless the worker came later or the book there has changed since.
        return Outcome(order.task.chapter, error=f"a worker's book differs from the one here: {root}")
    # Dask's workers are daemons, which multiprocessing allows no processes of their own.
    multiprocessing.current_process().daemon = False
    with tempfile.TemporaryDirectory(prefix="cybergov-") as scratch:
        tables = {}
        for name, content in order.files.items():
            path = Path(scratch, name, Path(order.task.tables[name]).name)
            path.parent.mkdir()
            path.write_bytes(content)
            tables[name] = str(path)
        return _isolated(replace(order.task, root=str(root), tables=tables, scratch=scratch))


def run(
    chosen: Sequence[Chapter],
    *,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    tables: Mapping[str, str | Path] | None = None,
    workers: int | None = None,
    force: bool = False,
    root: Path | None = None,
    cluster: str | None = None,
) -> list[Outcome]:
    """Run chapters that are not fresh, in parallel, and keep what they computed.

    Parameters
    ----------
    chosen : sequence of Chapter
        From `chapters` or `choose`.
    parameters : mapping, optional
        Values by chapter and parameter, from `assign`.
    tables : mapping of str to path, optional
        The reader's own files in place of tables.
    workers : int, optional
        Chapters at a time; `usual_workers` by default.
    force : bool
        Run fresh chapters too.
    root : Path, optional
        The book's folder.
    cluster : str, optional
        Address of a Dask scheduler; see `run_tasks`.

    Returns
    -------
    list of Outcome
        One a chapter, in the order given. A failure is an outcome with an error, and leaves what
        was kept of that chapter as it was. A run with other parameters or tables is kept under
        ``_build/runs/``, never among the published ones.
    """
    root = root or data.root()
    of = digest(root)
    own_tables = {name: str(Path(path).resolve()) for name, path in (tables or {}).items()}
    changed = {chapter.name: dict((parameters or {}).get(chapter.name, {})) for chapter in chosen}
    outcomes: dict[str, Outcome] = {}
    for chapter in chosen:
        kept = None if force or changed[chapter.name] or own_tables else stored(chapter, root, of)
        if kept is not None:
            seconds = kept.metadata.cybergov.seconds
            outcomes[chapter.name] = Outcome(chapter.name, kept, seconds=seconds, fresh=True)
    due = [chapter for chapter in chosen if chapter.name not in outcomes]
    if due:
        tasks = [
            task_for(chapter, parameters=changed[chapter.name], tables=own_tables, root=root)
            for chapter in due
        ]
        with (
            closing(run_tasks(tasks, workers=workers, cluster=cluster)) as coming,
            tqdm(total=len(due), desc="chapters", unit="chapter", leave=False) as bar,
        ):
            for number, outcome in coming:
                chapter = due[number]
                outcomes[chapter.name] = _saved(outcome, tasks[number], chapter, root, of)
                bar.set_postfix_str(chapter.name)
                bar.update()
    return [outcomes[chapter.name] for chapter in chosen]


def _saved(outcome: Outcome, task: Task, chapter: Chapter, root: Path, of: str) -> Outcome:
    if outcome.notebook is None:
        return outcome
    try:
        if task.parameters or task.tables:
            path = changed_run_path(root, task)
            write_atomically(path, nbformat.writes(outcome.notebook))
            return replace(outcome, kept=path)
        if digest(root) != of:
            # What it computed belongs to neither state of the book.
            return Outcome(
                task.chapter, error="the library, a table or the lock changed while it ran; run again"
            )
        _keep(chapter, outcome.notebook, root, of)
    except OSError as error:
        return Outcome(
            task.chapter,
            error=f"ran, but could not be kept in _build ({error.strerror}); what was there still stands",
        )
    return outcome


def changed_run_path(root: Path, task: Task) -> Path:
    """Where a run with other choices or tables is kept: a notebook named after what was changed."""
    what = {**task.parameters, **{name: Path(file).stem for name, file in task.tables.items()}}
    slug = ",".join(f"{name}={value}" for name, value in what.items())
    safe = "".join(sign if (sign.isascii() and sign.isalnum()) or sign in "=,._-" else "-" for sign in slug)
    if safe != slug or len(safe) > 120 or task.tables:
        # What the name no longer tells apart, a digest of the whole choice does.
        whole = repr((task.parameters, task.tables))
        safe = f"{safe[:120]}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"
    return root / "_build" / "runs" / task.chapter / f"{safe}.ipynb"


def _timeout(root: Path) -> float:
    # The same setting that a stock build reads, so that it stands in one place.
    try:
        config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8")) or {}
        return float((config.get("execute") or {}).get("timeout", DEFAULT_TIMEOUT))
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError):
        raise RunError("_config.yml: execute: timeout must be a number of seconds.") from None


def failures(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those that did not come to an end."""
    return [outcome for outcome in outcomes if outcome.notebook is None]


def failures_table(failed: Iterable[Outcome]) -> str:
    """One table of what failed: chapter, cell and the error's last line."""
    rows = [(outcome.chapter, outcome.cell or "–", outcome.error) for outcome in failed]
    return tabulate(rows, headers=["chapter", "cell", "error"], maxcolwidths=[None, 40, 80])


def published(root: Path | None = None) -> tuple[dict[str, nbformat.NotebookNode], list[str]]:
    """The kept executions of all chapters, and the names of those that are stale.

    Returns
    -------
    (dict of str to NotebookNode, list of str)
        Fresh executed notebooks by chapter; chapters that must run first.
    """
    root = root or data.root()
    of = digest(root)
    kept = {chapter.name: stored(chapter, root, of) for chapter in chapters(root)}
    fresh = {name: notebook for name, notebook in kept.items() if notebook is not None}
    return fresh, [name for name, notebook in kept.items() if notebook is None]


def recorded(notebooks: Mapping[str, nbformat.NotebookNode]) -> dict[str, findings.Finding]:
    """All findings of executed chapters, by indicator.

    Raises
    ------
    BookError
        If two chapters recorded the same indicator.
    """
    out: dict[str, findings.Finding] = {}
    for chapter, notebook in notebooks.items():
        for name, found in findings.read_back(notebook).items():
            if name in out:
                raise BookError(f"{name} is recorded by two chapters, {chapter} is the second.")
            out[name] = found
    return out


def hold(notebooks: Mapping[str, nbformat.NotebookNode], root: Path | None = None) -> None:
    """Hold the findings of executed chapters to the accepted ledger.

    Raises
    ------
    BookError
        If one is not as ``data/findings.csv`` has it, with a table of old and new: what was made from the
        chapters would contradict itself.
    """
    root = root or data.root()
    declared = {name: one for name, one in findings.all_declared(root).items() if one.chapter in notebooks}
    mine = findings.indicators(declared)
    accepted = findings.read_ledger(root / "data" / "findings.csv")
    of_these = {name: row for name, row in accepted.items() if name in mine}
    differing = findings.differences(recorded(notebooks), declared, of_these)
    if differing:
        raise BookError(
            "Nothing was made, for findings are not as data/findings.csv has them; see `cybergov accept`.\n"
            + findings.differences_table(differing)
        )


def held(
    chosen: Sequence[Chapter],
    *,
    workers: int | None = None,
    cluster: str | None = None,
    root: Path | None = None,
) -> dict[str, nbformat.NotebookNode]:
    """Run what is stale of chapters, as `run` does, for something that is made from their outputs.

    Returns
    -------
    dict of str to NotebookNode
        Executions by chapter.

    Raises
    ------
    BookError
        If a chapter does not come to its end, or for what `hold` refuses.
    """
    outcomes = run(chosen, workers=workers, root=root, cluster=cluster)
    failed = failures(outcomes)
    if failed:
        raise BookError(f"Chapters failed:\n{failures_table(failed)}")
    notebooks = {one.chapter: one.notebook for one in outcomes if one.notebook is not None}
    hold(notebooks, root)
    return notebooks
