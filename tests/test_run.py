"""Chapters executed: fresh or stale, parameters, failures that leave the last good state."""

import copy
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import weakref
from contextlib import closing
from dataclasses import replace

import nbformat
import psutil
import pytest

from cybergov import altered, findings, run
from cybergov.errors import RunError

from .conftest import CHAPTER

# --- what runs, and when --------------------------------------------------------------------------


def test_chapters_run_once_and_are_fresh_afterwards(small_book):
    first = small_book.cybergov("run")
    assert first.returncode == 0, first.stderr
    assert first.stdout.count(" run ") == 2
    kept = small_book.kept()
    assert len(kept) == 2
    second = small_book.cybergov("run")
    assert second.stdout.count("fresh, not run") == 2
    assert small_book.kept() == kept


def test_force_runs_again_in_another_kernel(small_book):
    small_book.cybergov("run")
    before = small_book.kept()
    done = small_book.cybergov("run", "two", "--force")
    assert done.returncode == 0, done.stderr
    after = small_book.kept()
    changed = [path for path in before if before[path] != after[path]]
    assert [os.path.basename(path) for path in changed] == ["two.ipynb"]  # noqa: PTH119


def test_every_chapter_has_a_kernel_and_a_namespace_of_its_own(small_book):
    code = "import os\nassert 'left' not in globals()\nleft = 1\nprint(os.getpid())"
    for name in ("one", "two"):
        small_book.write(f"chapters/{name}.md", CHAPTER.format(title=name, code=code))
    outcomes = run.run(run.chapters(), workers=1)
    assert run.failures(outcomes) == []
    pids = {o.notebook.cells[-1].outputs[0].text for o in outcomes if o.notebook is not None}
    assert len(pids) == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_the_number_of_workers_does_not_change_what_is_found(small_book, workers):
    assert run.failures(run.run(run.chapters(), workers=workers)) == []
    found = run.recorded(run.published()[0])
    assert (found["A1.first"].value, found["A1.first"].low) == (2.0, 1.0)


def test_outputs_rest_on_library_data_claims_and_lock_and_not_on_the_ledger(small_book):
    before = run.digest()
    for name in (
        "lib/cybergov/measures/voting.py",
        "data/votes/votes.csv",
        "data/claims.yml",
        "requirements.txt",
    ):
        small_book.write(name, "# another")
        assert run.digest() != before, name
        before = run.digest()
    small_book.write("data/findings.csv", "indicator")
    assert run.digest() == before


def test_changed_code_is_stale_and_changed_prose_is_not(small_book):
    run.run(run.chapters())
    small_book.edit("chapters/two.md", "# Two", "# Two, with another heading")
    assert run.published()[1] == []
    small_book.edit("chapters/two.md", "print('two'", "print('three'")
    assert run.published()[1] == ["two"]


def test_a_kept_run_that_cannot_be_read_counts_as_none(small_book):
    run.run(run.chapters())
    for broken in ("", "{", '{"cells": []}', "\0"):
        path = run.executed_folder(small_book.root, run.digest()) / "two.ipynb"
        path.write_text(broken)
        assert run.published()[1] == ["two"], broken
    assert run.failures(run.run(run.chapters())) == []
    assert run.published()[1] == []


def test_undoing_a_change_finds_its_run_again(small_book):
    run.run(run.chapters())
    small_book.write("requirements.txt", "# changed")
    assert run.published()[1] == ["one", "two"]
    small_book.write("requirements.txt", "")
    assert run.published()[1] == []


def test_only_a_few_states_of_the_book_are_kept(small_book):
    for number in range(run.KEPT_DIGESTS + 2):
        small_book.write("requirements.txt", f"# {number}")
        run.run(run.choose(["two"], run.chapters()))
    assert len(list((small_book.root / "_build" / "executed").iterdir())) == run.KEPT_DIGESTS


def test_a_library_that_changes_while_a_chapter_runs_spoils_the_run(small_book):
    code = f"open({str(small_book.root / 'requirements.txt')!r}, 'w').write('# changed')"
    small_book.write("chapters/two.md", CHAPTER.format(title="Two", code=code))
    (failed,) = run.failures(run.run(run.choose(["two"], run.chapters())))
    assert "changed while it ran" in failed.error
    assert small_book.kept() == {}


# --- parameters -----------------------------------------------------------------------------------


def test_a_run_with_other_parameters_is_never_mixed_with_the_published_one(small_book):
    small_book.cybergov("run")
    small_book.cybergov("accept")
    published = small_book.kept()
    ledger = (small_book.root / "data/findings.csv").read_text()
    done = small_book.cybergov("run", "one", "-p", "start", "2", "-p", "scale", "0.5")
    assert done.returncode == 0, done.stderr
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("A1.first")]
    assert "2 [1, 3]" in row
    assert "1 [2, 3]" in row
    assert "_build/runs/one/start=2,scale=0.5.ipynb" in done.stdout
    after = small_book.kept()
    assert {path: after[path] for path in published} == published
    assert (small_book.root / "data/findings.csv").read_text() == ledger
    assert small_book.cybergov("check").returncode == 0


def test_a_parameter_given_its_published_value_changes_nothing(small_book):
    small_book.cybergov("run")
    done = small_book.cybergov("run", "one", "-p", "start", "1")
    assert "fresh, not run" in done.stdout


def test_without_names_only_chapters_that_know_the_parameter_run(small_book):
    small_book.edit("chapters/two.md", "start = 1\n", "")
    done = small_book.cybergov("run", "-p", "start", "2")
    assert done.returncode == 0, done.stderr
    assert "Left out, for they have none of these parameters: two." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["one", "-p", "strat", "2"],
            "No parameter 'strat'. one takes start, scale, how, loud. Did you mean start?",
        ),
        (["-p", "nothing", "2"], "No parameter 'nothing'. one takes start, scale, how, loud; two takes"),
        (
            ["one", "-p", "start", "soon"],
            "one: the parameter start takes a whole number such as 1, not 'soon'.",
        ),
        (["one", "-p", "start", "1.5"], "takes a whole number such as 1, not '1.5'."),
        (["one", "-p", "start", "true"], "takes a whole number such as 1, not 'true'."),
        (["one", "-p", "scale", "wide"], "takes a number such as 2.0, not 'wide'."),
        (["one", "-p", "loud", "1"], "takes true or false such as False, not '1'."),
        (["one", "-p", "how", "plane"], "takes one of 'plain', 'fancy', not 'plane'."),
        (["three"], "There is no executable chapter 'three'; there are one, two."),
        (["tow"], "Did you mean two?"),
        (["--table", "votes", "none.csv"], "votes"),
        (["--workers", "0"], "0"),
        (["one", "-p", "start", "1_0"], "takes a whole number such as 1, not '1_0'."),
        (["one", "-p", "start", "1", "-p", "start", "2"], "The parameter start is given twice"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_runs(small_book, arguments, sentence):
    done = small_book.cybergov("run", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert small_book.kept() == {}


def test_a_parameters_cell_may_hold_only_plain_values(small_book):
    small_book.edit("chapters/one.md", "start = 1", "start = sum([1])")
    done = small_book.cybergov("run", "one", "-p", "start", "2")
    assert done.returncode == 2
    assert "one: the parameters cell may only assign plain values" in done.stderr


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        (1, "7", 7),
        (1, "-7", -7),
        (2.0, "7", 7.0),
        (True, "false", False),
        ("a", "b c", "b c"),
        ([1], "[1, 2]", [1, 2]),
    ],
)
def test_a_value_is_read_as_the_kind_of_its_default(default, text, value):
    parsed = run.Parameter("x", default).parse(text, "one")
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize("tag", sorted(run.REFUSED_TAGS))
def test_a_cell_that_would_not_run_or_fail_in_silence_is_refused(small_book, tag):
    small_book.edit("chapters/two.md", ":tags: [parameters]", f":tags: [parameters, {tag}]")
    done = small_book.cybergov("run")
    assert done.returncode == 2
    assert f"chapters/two.md: a cell is tagged {tag}; every cell must run." in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("requirements.txt", None, "requirements.txt cannot be read"),
        ("_config.yml", b"execute: 5", "execute: timeout must be a number"),
        ("chapters/two.md", b"\xff\xfe", "chapters/two.md cannot be read as UTF-8 text"),
        ("data/claims.yml", b"A1: [", "claims.yml: is not valid YAML"),
        ("_toc.yml", b"format: nothing", "_toc.yml cannot be read"),
    ],
)
def test_a_broken_file_of_the_book_is_one_sentence(small_book, name, content, sentence):
    path = small_book.root / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    done = small_book.cybergov("run", "-p", "start", "2")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_long_temporary_folder_is_no_obstacle(small_book, tmp_path):
    far = tmp_path / ("far" * 30)
    far.mkdir()
    done = small_book.cybergov("run", env={**small_book.environment, "TMPDIR": str(far)})
    assert done.returncode == 0, done.stderr
    assert list(far.iterdir()) == []


def test_chapters_are_known_by_several_spellings(small_book):
    known = run.chapters()
    assert [c.name for c in run.choose(["chapters/two.md", "./chapters/one"], known)] == ["one", "two"]
    with pytest.raises(RunError):
        run.choose(["intro"], known)


# --- failures -------------------------------------------------------------------------------------


def fails(book, code, **options):
    """Run a good chapter one and this chapter two; return the finished process."""
    book.write("chapters/two.md", CHAPTER.format(title="Two", code=code))
    return book.cybergov("run", **options)


def test_failures_are_collected_and_shown_together(small_book):
    small_book.edit("chapters/one.md", "start * scale", "1 / 0")
    done = fails(small_book, "import pandas as pd\npd.DataFrame({'a': [1]})['b']")
    assert done.returncode == 1
    assert "2 of 2 chapters failed" in done.stderr
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert "KeyError: 'b'" in done.stderr
    assert "cell 2: import pandas as pd" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failure_leaves_the_last_good_state(small_book):
    small_book.cybergov("run")
    before = small_book.kept()
    done = fails(small_book, "raise ValueError('no longer')")
    assert done.returncode == 1
    assert small_book.kept() == before


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "the kernel died"),
        ("import time\ntime.sleep(60)", "the cell ran longer than its time limit of 3 s"),
        (
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
            "the process that ran the chapter was killed",
        ),
    ],
    ids=["killed kernel", "hanging cell", "killed worker"],
)
def test_a_chapter_that_dies_is_named_and_takes_no_other_with_it(small_book, code, sentence):
    small_book.write("_config.yml", "execute:\n  timeout: 3\n")
    done = fails(small_book, code)
    assert done.returncode == 1
    (row,) = [line for line in done.stderr.splitlines() if sentence[:20] in line]
    assert row.startswith("two")
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert [path for path in small_book.kept() if path.endswith("one.ipynb")]
    assert not [path for path in small_book.kept() if path.endswith("two.ipynb")]


def test_a_full_disk_leaves_the_last_good_state_and_no_scraps(small_book):
    small_book.cybergov("run")
    before = small_book.kept()
    limit = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); "
    limit += "sys.argv = ['cybergov', 'run']; runpy.run_module('cybergov', run_name='__main__')"
    small_book.write("chapters/two.md", CHAPTER.format(title="Two", code="print('x' * 300_000)"))
    done = small_book.call(sys.executable, "-c", limit)
    assert done.returncode == 1
    assert "could not be kept in _build" in " ".join(done.stderr.split())
    assert small_book.kept() == before
    assert not list((small_book.root / "_build" / "executed").rglob(".*"))


def test_a_time_limit_that_is_no_number_is_refused(small_book):
    small_book.write("_config.yml", "execute:\n  timeout: soon\n")
    done = small_book.cybergov("run")
    assert done.returncode == 2
    assert "_config.yml: execute: timeout must be a number of seconds" in done.stderr


def test_a_chapter_that_the_contents_name_must_be_there(small_book):
    (small_book.root / "chapters/two.md").unlink()
    done = small_book.cybergov("run")
    assert done.returncode == 2
    assert "_toc.yml names chapters/two, but there is no chapters/two.md." in done.stderr


def start_slow_run(book, scratch):
    """Start a run whose chapter two waits; return the process once that chapter is at work."""
    scratch.mkdir()
    mark = book.root / "started"
    code = f"open({str(mark)!r}, 'w').close()\nimport time\ntime.sleep(25)"
    book.write("chapters/two.md", CHAPTER.format(title="Two", code=code))
    process = subprocess.Popen(
        [sys.executable, "-m", "cybergov", "run"],
        cwd=book.root,
        env={**book.environment, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that were started in the background would hand down that interrupts are ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < deadline, "the chapter never started"
        time.sleep(0.05)
    return process


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=["killed", "interrupted", "ended"]
)
def test_a_run_that_is_stopped_leaves_the_last_good_state(small_book, how, tmp_path_factory):
    small_book.cybergov("run")
    before = small_book.kept()
    scratch = tmp_path_factory.mktemp("t") / "t"
    process = start_slow_run(small_book, scratch)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    if how is not signal.SIGKILL:
        assert "Interrupted" in errors
        assert "Traceback" not in errors
    assert psutil.wait_procs(children, timeout=20)[1] == [], "processes were left behind"
    assert [path.name for path in scratch.iterdir() if path.name.startswith("cybergov-")] == []
    assert {path: text for path, text in small_book.kept().items() if path in before} == before
    small_book.write("chapters/two.md", CHAPTER.format(title="Two", code="print('two')"))
    assert small_book.cybergov("run").returncode == 0


# --- tasks of other commands ----------------------------------------------------------------------


def tasks_of(book, code, count, **options):
    """So many tasks of one chapter with this code."""
    book.write("chapters/two.md", CHAPTER.format(title="Two", code=code))
    (chapter,) = run.choose(["two"], run.chapters())
    return [run.task_for(chapter, **options) for _ in range(count)]


def text_of(outcome):
    assert outcome.error == ""
    return outcome.notebook.cells[-1].outputs[0].text.strip()


def test_every_task_of_a_run_ends_once_and_under_its_own_number(small_book):
    tasks = tasks_of(small_book, "print(start)", 1)
    asked = [replace(tasks[0], parameters={"start": number}) for number in range(5)]
    found = dict(run.run_tasks(asked, workers=2))
    assert {number: text_of(outcome) for number, outcome in found.items()} == {n: str(n) for n in range(5)}


def test_tasks_are_drawn_only_when_a_worker_is_free_and_outcomes_are_dropped(small_book):
    (task,) = tasks_of(small_book, "print(start)", 1)
    drawn: list[int] = []
    kept: list[weakref.ref] = []

    def endless():
        while True:
            drawn.append(len(drawn))
            yield task

    with closing(run.run_tasks(endless(), workers=2)) as coming:
        for handed, (_, outcome) in enumerate(coming, start=1):
            assert len(drawn) <= handed + 4
            kept.append(weakref.ref(outcome))
            del outcome
            gc.collect()
            assert len([one for one in kept if one() is not None]) <= 4
            if handed == 6:
                break
    assert not multiprocessing.active_children()


def test_what_a_chapter_raised_is_named(small_book):
    ((_, outcome),) = run.run_tasks(tasks_of(small_book, "{}['a']", 1))
    assert (outcome.raised, outcome.error) == ("KeyError", "KeyError: 'a'")
    ((_, outcome),) = run.run_tasks(tasks_of(small_book, "print('well')", 1))
    assert outcome.raised == ""
    ((_, outcome),) = run.run_tasks(tasks_of(small_book, "import os\nos.kill(os.getpid(), 9)", 1))
    assert outcome.raised == ""
    assert "the kernel died" in outcome.error


def test_what_is_altered_reaches_the_kernel_and_is_unset_otherwise(small_book):
    code = f"import os\nprint(os.environ.get({altered.ALTERED_VARIABLE!r}))"
    change = altered.Alteration(without="NZL")
    ((_, plain),) = run.run_tasks(tasks_of(small_book, code, 1))
    ((_, other),) = run.run_tasks(tasks_of(small_book, code, 1, change=change))
    assert text_of(plain) == "None"
    assert text_of(other).strip() == change.to_json()


def test_a_task_may_run_other_cells_than_the_chapters_own(small_book):
    (chapter,) = run.choose(["two"], run.chapters())
    cells = copy.deepcopy(chapter.notebook)
    cells.cells = [cell for cell in cells.cells if cell.cell_type == "code"]
    cells.cells[-1].source = "print('other cells', start)"
    task = run.task_for(chapter, notebook=cells, parameters={"start": 2})
    ((_, outcome),) = run.run_tasks([task])
    assert text_of(outcome) == "other cells 2"
    assert "other cells" not in chapter.notebook.cells[-1].source


def test_an_iterator_that_is_closed_leaves_no_process(small_book):
    mark = small_book.root / "started"
    tasks = tasks_of(small_book, f"open({str(mark)!r}, 'w').close()\nimport time\ntime.sleep(60)", 1)
    quick = replace(tasks[0], chapter="one", path="chapters/one.md", notebook=run.chapters()[0].notebook)
    coming = run.run_tasks([tasks[0], quick], workers=2)
    assert next(coming)[0] == 1
    while not mark.exists():
        time.sleep(0.05)
    below = psutil.Process().children(recursive=True)
    sleeping = [process for process in below if "ipykernel" in " ".join(process.cmdline())]
    began = time.monotonic()
    coming.close()
    assert time.monotonic() - began < 5
    assert not multiprocessing.active_children()
    assert psutil.wait_procs(sleeping, timeout=5)[1] == []


# --- check and accept -----------------------------------------------------------------------------


def test_check_asks_for_a_run_before_it_judges(small_book):
    done = small_book.cybergov("check")
    assert done.returncode == 2
    assert "changed: one, two. Run `cybergov run` first." in done.stderr


def test_accept_shows_what_differs_and_check_then_holds(small_book):
    small_book.cybergov("run")
    done = small_book.cybergov("accept")
    assert done.returncode == 0, done.stderr
    assert "extra: not in the ledger yet" in done.stdout
    assert "All 2 findings hold." in small_book.cybergov("check").stdout
    assert "Nothing to accept" in small_book.cybergov("accept").stdout


def tamper(book, old, new):
    book.edit("data/findings.csv", old, new)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda book: tamper(book, "A1.first,2,", "A1.first,2.5,"), "value moved"),
        (lambda book: tamper(book, "yes", "no"), "supports flipped"),
        (lambda book: tamper(book, "A1.second,2,1,3,,yes,supported\n", ""), "extra: not in the ledger yet"),
        (lambda book: tamper(book, "A1.second", "A1.third"), "not declared, but in the ledger"),
    ],
    ids=["tampered value", "flipped verdict", "deleted finding", "undeclared finding"],
)
def test_check_catches_a_ledger_that_was_tampered_with(small_book, damage, sentence):
    small_book.cybergov("run")
    small_book.cybergov("accept")
    damage(small_book)
    done = small_book.cybergov("check")
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "ledger" in done.stderr


def test_a_declared_finding_that_no_chapter_records_is_caught(small_book):
    small_book.edit("chapters/one.md", 'findings.record("A1.second", 2.0, interval=(1.0, 3.0))', "")
    small_book.cybergov("run")
    done = small_book.cybergov("accept")
    assert done.returncode == 2
    assert "Nothing accepted: A1.second" in done.stderr
    assert not (small_book.root / "data/findings.csv").exists()


def test_an_undeclared_finding_fails_its_chapter(small_book):
    small_book.edit("chapters/one.md", '"A1.second"', '"A1.surprise"')
    done = small_book.cybergov("run", "one")
    assert done.returncode == 1
    assert "A1.surprise is declared neither in data/claims.yml nor" in done.stderr


def test_executed_notebooks_are_plain_notebooks(small_book):
    run.run(run.chapters())
    for path in (small_book.root / "_build").rglob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    assert set(run.recorded(run.published()[0])) == set(findings.indicators(findings.all_declared()))
