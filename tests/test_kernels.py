"""Kernels forked from a process with the libraries imported: as fresh as any other, and none left behind."""

import ast
import signal
import sys
import time
from contextlib import closing

import nbformat
import psutil
import pytest

from cybergov import kernels, run

from .conftest import CHAPTER, ROOT, copy_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")

# Forked kernels know the libraries before any cell imports them.
FORKED = "import sys\nprint('papermill' in sys.modules)"


@pytest.fixture(autouse=True)
def forks(request, monkeypatch):
    if "small_book" in request.fixturenames:
        book = request.getfixturevalue("small_book")
        monkeypatch.delenv(kernels.SWITCH)
        del book.environment[kernels.SWITCH]


def outcomes_of(book, *codes, **options):
    """Run chapters with this code one after another, each as chapter two."""
    tasks = []
    for code in codes:
        book.write("chapters/two.md", CHAPTER.format(title="Two", code=code))
        (chapter,) = run.choose(["two"], run.chapters())
        tasks.append(run.task_for(chapter, **options))
    return [outcome for _, outcome in sorted(run.run_tasks(tasks, workers=1))]


def texts_of(book, *codes):
    outcomes = outcomes_of(book, *codes)
    assert [outcome.error for outcome in outcomes] == [""] * len(codes)
    return [outcome.notebook.cells[-1].outputs[0].text.strip() for outcome in outcomes]


def by_command(book, code, **environment):
    """Run chapter two by the command, so that the environment is another; return its text."""
    book.write("chapters/two.md", CHAPTER.format(title="Two", code=code))
    done = book.cybergov("run", "two", "--force", env={**book.environment, **environment})
    assert done.returncode == 0, done.stderr
    kept = run.stored(run.choose(["two"], run.chapters())[0], book.root, run.digest())
    assert kept is not None
    return kept.cells[-1].outputs[0].text.strip()


def test_a_kernel_is_forked_and_the_switch_starts_it_from_nothing(small_book):
    assert by_command(small_book, FORKED) == "True"
    assert by_command(small_book, FORKED, **{kernels.SWITCH: "no"}) == "False"


@pytest.mark.parametrize(
    ("leave", "look"),
    [
        ("import pandas as pd\npd.left = 1", "import pandas as pd\nprint(hasattr(pd, 'left'))"),
        ("import builtins\nbuiltins.left = 1", "import builtins\nprint(hasattr(builtins, 'left'))"),
        ("import os\nos.environ['LEFT'] = '1'", "import os\nprint('LEFT' in os.environ)"),
        ("import os\nos.chdir('/')", "import os\nprint(os.getcwd() == '/')"),
        ("import sys\nsys.path.append('/left')", "import sys\nprint('/left' in sys.path)"),
        ("left = 1", "print('left' in globals())"),
        (
            "import altair as alt\nfrom cybergov import charts\nalt.theme.enable('dark')",
            "import altair as alt\nfrom cybergov import charts\nprint(alt.theme.active != 'book')",
        ),
        (
            "import pandas as pd\npd.set_option('display.precision', 1)",
            "import pandas as pd\nprint(pd.get_option('display.precision') == 1)",
        ),
        (
            "import numpy as np, random\nnp.random.seed(1)\nrandom.seed(1)",
            "import numpy as np, random\nprint(round(np.random.rand(), 3) == 0.417 or round(random.random(), 3) == 0.134)",
        ),
    ],
    ids=["pandas", "builtins", "environment", "folder", "path", "namespace", "theme", "options", "seeds"],
)
def test_nothing_leaks_from_a_chapter_into_the_next(small_book, leave, look):
    here = f"{leave}\n{look}"  # where it was left, it is seen
    seen, elsewhere = texts_of(small_book, here, f"import sys\nassert 'papermill' in sys.modules\n{look}")
    assert (seen, elsewhere) == ("True", "False")


def test_no_two_forks_draw_the_same_numbers(small_book):
    code = "import numpy as np, random, uuid\nprint((np.random.rand(), random.random(), str(uuid.uuid4())))"
    drawn = [ast.literal_eval(text) for text in texts_of(small_book, code, code, code)]
    for kind in zip(*drawn, strict=True):
        assert len(set(kind)) == 3


def test_a_forked_kernel_finds_itself_in_the_place_of_any_other(small_book):
    code = """
import json, os, signal, sys, threading, multiprocessing
environment = {k: v for k, v in os.environ.items() if k not in ("JPY_PARENT_PID", "JUPYTER_RUNTIME_DIR", "CYBERGOV_FORK")}
print(json.dumps([
    sys.path, os.getcwd(), sorted(environment.items()), sys.argv[0], sys.argv[3:], sorted(globals()), __name__,
    os.environ["JPY_PARENT_PID"] == str(os.getppid()), os.getpgid(0) == os.getpid(), os.getsid(0) == os.getpid(),
    [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)],
    multiprocessing.get_start_method(allow_none=True), sys.modules["__main__"].__dict__ is globals(),
    sorted(thread.name.rstrip("0123456789") for thread in threading.enumerate()),
]))"""
    forked, other = by_command(small_book, code), by_command(small_book, code, **{kernels.SWITCH: "no"})
    assert forked == other


def test_a_forked_kernel_shows_frames_as_any_other(small_book):
    code = "import pandas as pd\npd.reset_option('display.max_columns')\nprint(pd.DataFrame([range(20)], columns=['a column'] * 20))"
    forked, other = by_command(small_book, code), by_command(small_book, code, **{kernels.SWITCH: "no"})
    assert forked == other
    assert "..." not in forked


def test_a_kernel_that_dies_hangs_or_fails_is_reported_as_ever(small_book):
    small_book.write("_config.yml", "execute:\n  timeout: 2\n")
    killed, hanging, failing, interrupted = outcomes_of(
        small_book,
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "import time\ntime.sleep(60)",
        "1 / 0",
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)",
    )
    assert "the kernel died" in killed.error
    assert "longer than its time limit of 2 s" in hanging.error
    assert (failing.raised, failing.error) == ("ZeroDivisionError", "ZeroDivisionError: division by zero")
    assert interrupted.raised == "KeyboardInterrupt"


def sleeping_kernel(book, run_on):
    """Start a chapter that waits; return the iterator, and its kernel's and its own process."""
    mark = book.root / "started"
    code = f"import os, time\nopen({str(mark)!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}} ')\ntime.sleep(60)"
    book.write("chapters/two.md", CHAPTER.format(title="Two", code=code))
    (chapter,) = run.choose(["two"], run.chapters())
    quick = next(one for one in run.chapters() if one.name == "one")
    coming = run.run_tasks([run.task_for(chapter), run.task_for(quick)], workers=2)
    assert next(coming)[0] == 1
    deadline = time.monotonic() + run_on
    while not (mark.exists() and len(mark.read_text().split()) == 2):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return coming, *[psutil.Process(int(pid)) for pid in mark.read_text().split()]


def test_a_kernel_ends_with_the_process_of_its_chapter(small_book):
    coming, kernel, chapter = sleeping_kernel(small_book, 30)
    with closing(coming):
        chapter.send_signal(signal.SIGKILL)
        ((number, outcome),) = list(coming)
        assert (number, outcome.raised) == (0, "")
        assert "was killed" in outcome.error
        assert psutil.wait_procs([kernel], timeout=5)[1] == []


def test_no_process_and_no_zombie_is_left_of_a_chapter(small_book):
    (text,) = texts_of(small_book, "import os\nprint(os.getpid(), os.getppid())")
    for pid in map(int, text.split()):
        gone = not psutil.pid_exists(pid)
        assert gone or psutil.wait_procs([psutil.Process(pid)], timeout=5)[1] == []


def test_another_library_than_the_one_imported_is_never_hidden(small_book):
    small_book.write("lib/cybergov/__init__.py", "name = 'another'")
    code = "import cybergov\nprint(cybergov.name)"
    (text,) = texts_of(small_book, code)
    assert text == "another"


def test_a_library_that_changed_since_it_was_imported_is_not_forked(monkeypatch):
    monkeypatch.setattr(kernels, "_warm", True)
    monkeypatch.setattr(kernels, "_imported", [])
    assert kernels.prepare() is False


def test_where_nothing_was_imported_beforehand_nothing_is_forked():
    assert kernels.prepare() is False


def test_a_real_chapter_comes_out_the_same_to_the_last_byte(tmp_path):
    book = copy_of(ROOT, tmp_path / "copy")
    names, found = ("quasi_public_good", "reference/methods/inequality"), []
    for environment in ({}, {kernels.SWITCH: "no"}):
        done = book.cybergov("run", *names, "--force", env={**book.environment, **environment})
        assert done.returncode == 0, done.stderr
        notebooks = [nbformat.reads(text.decode(), as_version=4) for text in book.kept().values()]
        found.append([cell.get("outputs") for notebook in notebooks for cell in notebook.cells])
    assert len(found[0]) > 10
    assert found[0] == found[1]
