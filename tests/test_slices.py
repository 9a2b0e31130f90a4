"""Slices of chapters: what a finding rests on stays, everything else goes."""

import ast
import contextlib
import io
import multiprocessing
import os

import nbformat
import pytest

from cybergov import data, findings, run, slices

from .conftest import ROOT

HEAD = "from cybergov import findings"
RECORD = 'findings.record("A1.first", value, interval=(0, 1))'


def notebook(*cells, parameters=None):
    new = nbformat.v4.new_notebook()
    if parameters:
        new.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for cell in cells:
        new.cells.append(nbformat.v4.new_code_cell(cell))
    return new


def kept(*cells, wanted=("A1.first",), **options):
    """Source of the cells that are left, without the import that every case needs."""
    left = slices.slice_for(notebook(HEAD, *cells, **options), wanted)
    return [cell.source for cell in left.cells if cell.source != HEAD]


#: Rule, statements of which all stay.
STAY = {
    "a name that is needed": ["a = 1", "value = a"],
    "a name that is needed through another": ["a = 1", "b = [a]", "value = b[0]"],
    "subscript assignment": ["d = {}", "d['x'] = 1", "value = d['x']"],
    "attribute assignment": ["d = object", "d.x = 1", "value = d.x"],
    "subscript of a part": ["d = {}", "d['x']['y'] = 1", "value = d['x']"],
    "del of a part": ["d = {1: 2}", "del d[1]", "value = len(d)"],
    "augmented assignment": ["value = 1", "value += 1"],
    "augmented assignment in place": ["a = []", "value = a", "a += [1]"],
    "a method as a statement": ["rows = []", "rows.whatever(1)", "value = len(rows)"],
    "a method of a part as a statement": ["rows = []", "rows[0].whatever(1)", "value = len(rows)"],
    "a method in a chain": ["rows = []", "rows.one().other()", "value = len(rows)"],
    "a changing method within an assignment": ["rows = [1]", "last = rows.pop()", "value = len(rows)"],
    "a changing method within a comprehension": ["rows = []", "x = [rows.append(1) for _ in 'ab']", "value = len(rows)"],
    "inplace": ["frame = 1", "x = frame.drop(inplace=True)", "value = frame"],
    "out": ["import numpy as np", "a = np.zeros(1)", "x = np.add(1, 2, out=a)", "value = a[0]"],
    "an argument of an unknown function": ["import lib", "a = []", "lib.fill(a)", "value = len(a)"],
    "a changing function within an assignment": ["import numpy as np", "a = np.eye(2)", "x = np.fill_diagonal(a, 3)", "value = a[0, 0]"],
    "an argument of an unknown method": ["import lib", "a = []", "b = lib.new()", "b.load(a)", "value = len(a)"],
    "an argument of a function that gives no value": ["import numpy as np", "a = np.eye(2)", "np.fill_diagonal(a, 3)", "value = a[0, 0]"],
    "the state of a module": ["import pandas as pd", "pd.set_option('x', 1)", "value = pd.f()"],
    "the state of a package": ["import numpy as np", "from numpy import linalg", "np.seterr(all='raise')", "value = linalg.norm([1])"],
    "an alias": ["a = []", "b = a", "b.append(1)", "value = len(a)"],
    "an alias the other way": ["a = []", "value = a", "a.append(1)"],
    "a part": ["a = [[]]", "b = a[0]", "b.append(1)", "value = a"],
    "a view that a method gives": ["import numpy as np", "a = np.zeros(4)", "b = a.reshape(2, 2)", "b[0, 0] = 1", "value = a[0]"],
    "a container": ["a = []", "d = {'x': a}", "d['x'].append(1)", "value = a"],
    "two names of one generator": ["import numpy as np", "a = np.random.default_rng(1)", "b = np.random.default_rng(a)", "x = b.random()", "value = a.random()"],
    "what a list was given": ["a = []", "d = []", "d.append(a)", "d[0].append(1)", "value = a"],
    "what an item was given": ["a = []", "d = {}", "d['x'] = a", "d['x'].append(1)", "value = a"],
    "an element in a loop": ["a = [{}]", "for one in a:\n    one['x'] = 1", "value = a"],
    "an element out of a call": ["a = [{}]", "for i, one in enumerate(a):\n    one['x'] = 1", "value = a"],
    "an element of a copy": ["a = [[]]", "b = a.copy()", "b[0].append(1)", "value = a"],
    "a view by position": ["a = frame", "b = a", "b.loc[0] = 1", "value = a"],
    "unpacking": ["a = [{}, {}]", "b, c = a", "b['x'] = 1", "value = a"],
    "a loop": ["value = 0", "for i in range(3):\n    value = i"],
    "a branch": ["value = 0", "if True:\n    value = 1"],
    "a with": ["value = 0", "with open('x') as f:\n    value = 1"],
    "a try": ["value = 0", "try:\n    value = 1\nexcept OSError as error:\n    value = 2"],
    "a while": ["value = 0", "while value < 3:\n    value = value + 1"],
    "a walrus": ["x = [last := 1]", "value = last"],
    "a walrus in a comprehension": ["x = [last := one for one in 'ab']", "value = last"],
    "a name in a nested function": ["a = 1", "def f():\n    def g():\n        return a\n    return g()", "value = f()"],
    "a name in a lambda": ["a = 1", "f = lambda: a", "value = f()"],
    "a name in a comprehension": ["a = 1", "value = [a for _ in 'ab']"],
    "a name in the first iterable": ["a = [1]", "value = [a for a in a]"],
    "a default": ["a = 1", "def f(x=a):\n    return x", "value = f()"],
    "a decorator": ["from functools import cache", "@cache\ndef f():\n    return 1", "value = f()"],
    "a function of a function": ["a = 1", "def g():\n    return a", "def f():\n    return g()", "value = f()"],
    "a later binding that a function looks up": ["def f():\n    return a", "a = 2", "value = f()"],
    "a later binding behind a table of functions": ["def f():\n    return a", "table = {'x': f}", "a = 2", "value = table['x']()"],
    "a later binding behind a table of lambdas": ["table = {'x': lambda: a}", "a = 2", "value = table['x']()"],
    "a later binding behind a closure": ["def make():\n    def f():\n        return a\n    return f", "g = make()", "a = 2", "value = g()"],
    "a later binding behind a generator": ["g = (a for _ in 'ab')", "a = 2", "value = list(g)"],
    "a function that changes its argument": ["def f(x):\n    x.append(1)\n    return 1", "a = []", "y = f(a)", "value = a"],
    "a function that changes part of its argument": ["def f(x):\n    for one in x:\n        one['a'] = 1", "a = [{}]", "y = f(a)", "value = a"],
    "a function that has its argument changed": ["def f(x):\n    g(x)", "def g(x):\n    x.append(1)", "a = []", "y = f(a)", "value = a"],
    "a function with one inside that changes its argument": ["def f(x):\n    def g(y):\n        y.append(1)\n        return 1\n    z = g(x)\n    return z", "a = []", "y = f(a)", "value = a"],
    "a function that changes a global": ["rows = []", "def f():\n    rows.append(1)\n    return 1", "y = f()", "value = len(rows)"],
    "a function that gives a global": ["rows = []", "def f():\n    return rows", "y = f()", "y.append(1)", "value = len(rows)"],
    "a function that gives its argument": ["rows = []", "def f(x):\n    return x", "y = f(rows)", "y.append(1)", "value = len(rows)"],
    "draws": ["import numpy as np", "rng = np.random.default_rng(1)", "x = rng.random()", "value = rng.random()"],
    "draws of a function that is given a generator": ["import numpy as np", "rng = np.random.default_rng(1)", "def f(r):\n    return r.random()", "x = f(rng)", "value = rng.random()"],
    "draws of a function on its own": ["import numpy as np", "rng = np.random.default_rng(1)", "def f():\n    return rng.random()", "x = f()", "value = f()"],
    "draws in an unpacking": ["import numpy as np", "a, rng = 1, np.random.default_rng(1)", "x = rng.random()", "value = rng.random()"],
    "draws in a call that changes nothing else": ["import numpy as np", "rng = np.random.default_rng(1)", "findings.glue('x', rng.random())", "value = rng.random()"],
    "draws through another name": ["import numpy as np", "rng = np.random.default_rng(1)", "lot = rng", "x = lot.random()", "value = rng.random()"],
    "draws through a method": ["import numpy as np", "rng = np.random.default_rng(1)", "draw = rng.random", "x = draw()", "value = draw()"],
    "draws out of a list": ["import numpy as np", "lots = [np.random.default_rng(1)]", "x = lots[0].random()", "value = lots[0].random()"],
    "draws of the library's generator": ["from cybergov.measures import intervals", "rng = intervals.generator(9, 1)", "x = rng.random()", "value = rng.random()"],
    "draws of a default": ["import numpy as np", "def f(rng=np.random.default_rng(1)):\n    return rng.random()", "x = f()", "value = f()"],
    "draws of a partial": ["import numpy as np", "from functools import partial", "f = partial(sample, np.random.default_rng(1))", "x = f()", "value = f()"],
    "draws of one that a function makes": ["import numpy as np", "def f():\n    return np.random.default_rng(1)", "rng = f()", "x = rng.random()", "value = rng.random()"],
    "an iterator": ["it = iter('abc')", "x = list(it)", "value = list(it)"],
    "a generator function": ["def f():\n    yield 1\n    yield 2", "it = f()", "x = sorted(it)", "value = list(it)"],
    "a name in a query": ["import lib", "a = 1", "value = lib.frame().query('x in @a')"],
    "a later binding behind a query": ["import lib", "q = 'x in @a'", "a = 1", "value = lib.frame().query(q)"],
    "a guard": ["assert 1 < 2", "value = 1"],
    "what a later cell imports": ["import math", "value = math.pi"],
}  # fmt: skip


@pytest.mark.parametrize("cells", STAY.values(), ids=STAY)
def test_what_a_finding_rests_on_stays(cells):
    assert kept(*cells, RECORD) == [*cells, RECORD]
    assert kept("\n".join([*cells, RECORD])) == ["\n".join([*cells, RECORD])]


#: Rule, statements, and those of them that go.
GO = {
    "a name that nothing needs": (["a = 1", "value = 2"], ["a = 1"]),
    "what is bound anew": (["value = 1", "value = 2"], ["value = 1"]),
    "changes of what is bound anew": (
        ["value = []", "value.append(1)", "value = 2"],
        ["value = []", "value.append(1)"],
    ),
    "what comes behind": (["value = 1", RECORD, "value = 2"], ["value = 2"]),
    "what both branches bind": (["value = 0", "if 1:\n    value = 1\nelse:\n    value = 2"], ["value = 0"]),
    "what a loop binds itself": (
        ["one = 9", "value = []", "for one in 'ab':\n    x = one\n    value.append(x)"],
        ["one = 9"],
    ),
    "what a with binds itself": (
        ["f = 9", "value = []", "with open('x') as f:\n    value.append(f)"],
        ["f = 9"],
    ),
    "parameters of a function": (["a = 1", "def f(a):\n    return a", "value = f(2)"], ["a = 1"]),
    "locals of a function": (["a = 1", "def f():\n    a = 2\n    return a", "value = f()"], ["a = 1"]),
    "locals of a comprehension": (["a = 1", "value = [a for a in 'ab']"], ["a = 1"]),
    "an unneeded function": (["a = 1", "def f():\n    return a", "value = 1"], ["a = 1", "def f():\n    return a"]),
    "what a function looked up before": (
        ["a = 1", "def f():\n    return a", "a = 2", "value = f()", "a = 3"],
        ["a = 1", "a = 3"],
    ),
    "glue": (["value = 1", "findings.glue('x', value)"], ["findings.glue('x', value)"]),
    "glue by another name": (
        ["glue, other = findings.glue, findings.glue", "value = 1", "glue('x', value)"],
        ["glue, other = findings.glue, findings.glue", "glue('x', value)"],
    ),
    "charts and tables": (
        ["from cybergov import charts, tables", "value = 1", "charts.show(value)", "tables.show(value)"],
        ["from cybergov import charts, tables", "charts.show(value)", "tables.show(value)"],
    ),
    "print": (["value = 1", "print(value)"], ["print(value)"]),
    "verdicts": (["value = 1", "findings.verdict('A1')"], ["findings.verdict('A1')"]),
    "other findings": (
        ["value = 1", 'findings.record("A1.second", value, interval=(0, 1))'],
        ['findings.record("A1.second", value, interval=(0, 1))'],
    ),
    "what a list is given stays as it is": (
        ["value = [1]", "rows = []", "rows.append(value)"],
        ["rows = []", "rows.append(value)"],
    ),
    "a function that changes nothing": (
        ["def f(x):\n    rows = []\n    rows.append(x)\n    return rows", "value = 1", "f(value)"],
        ["def f(x):\n    rows = []\n    rows.append(x)\n    return rows", "f(value)"],
    ),
    "draws of a function that makes its own generator": (
        ["import numpy as np", "def f(x):\n    rng = np.random.default_rng(1)\n    return rng.permutation(x)", "value = f([1])", "unneeded = value + f([2])"],
        ["unneeded = value + f([2])"],
    ),
    "a module of which a function changes an argument": (
        ["import numpy as np", "a = np.eye(2)", "np.fill_diagonal(a, 3)", "value = np.pi"],
        ["a = np.eye(2)", "np.fill_diagonal(a, 3)"],
    ),
    "a table made of what is needed": (
        ["import pandas as pd", "value = [1]", "x = pd.DataFrame(value)", "x.loc[0] = 2", "x['a'] = 3"],
        ["import pandas as pd", "x = pd.DataFrame(value)", "x.loc[0] = 2", "x['a'] = 3"],
    ),
    "draws with a seed that is needed": (
        ["import numpy as np", "value = 1", "rng = np.random.default_rng(value)", "findings.glue('x', rng.random())"],
        ["import numpy as np", "rng = np.random.default_rng(value)", "findings.glue('x', rng.random())"],
    ),
    "a function named like a method": (
        ["import numpy as np", "value = np.pi", "x = np.append([1], 2)"],
        ["x = np.append([1], 2)"],
    ),
    "a number taken from an object": (
        ["value = [1]", "x = len(value)", "x += 1"],
        ["x = len(value)", "x += 1"],
    ),
    "draws of another generator": (
        ["import numpy as np", "lot = np.random.default_rng(1)", "x = lot.random()", "rng = np.random.default_rng(1)", "value = rng.random()"],
        ["lot = np.random.default_rng(1)", "x = lot.random()"],
    ),
    "draws before a new generator": (
        ["import numpy as np", "rng = np.random.default_rng(1)", "x = rng.random()", "rng = np.random.default_rng(1)", "value = rng.random()"],
        ["rng = np.random.default_rng(1)", "x = rng.random()"],
    ),
    "a comparison with any global": (
        ["value = 1", "a = [n for n in 'ab' if globals()[n] != 1]"],
        ["a = [n for n in 'ab' if globals()[n] != 1]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "gone"), GO.values(), ids=GO)
def test_what_a_finding_does_not_rest_on_goes(cells, gone):
    cells = cells if RECORD in cells else [*cells, RECORD]
    left = list(cells)
    for one in gone:
        left.remove(one)
    assert kept(*cells) == left


WHOLE = {
    "exec": "exec('value = 2')",
    "globals": "globals()['value'] = 2",
    "any global that is needed": "value = [n for n in 'ab' if globals()[n] != 1]",
    "star": "from math import *",
    "magic": "%matplotlib inline",
    "query put together": "x = value.query(f'y in @{name}')",
    "class": "class A:\n    pass",
    "global": "def f():\n    global value\n    value = 2",
    "hidden generator": "import numpy as np\nx = np.random.normal()",
    "hidden generator by name": "from random import normalvariate",
    "verdict that is needed": "value = findings.verdict('A1')",
}


@pytest.mark.parametrize("code", WHOLE.values(), ids=WHOLE)
def test_a_chapter_that_cannot_be_followed_stays_whole(code):
    cells = ["unneeded = 1", "value = 1", code, RECORD]
    assert kept(*cells) == cells


def test_the_indicator_may_come_from_a_loop():
    loop = "for one in rules:\n    findings.record(one, rules[one], interval=(0, 1))"
    other = 'findings.record("A1.third", x, interval=(0, 1))'
    cells = ['rules = {"A1.first": 1, "A1.second": 2}', loop, "x = 3", other]
    assert kept(*cells) == cells[:2]
    assert kept(*cells, wanted=["A1.third"]) == cells[2:]
    assert kept(*cells, wanted=["A1.first", "A1.third"]) == cells


def test_the_indicator_may_be_recorded_by_a_function_or_under_another_name():
    helper = "def note(name, value):\n    findings.record(name, value, interval=(0, 1))"
    cells = [helper, "a = 1", 'note("A1.first", a)', "b = 1", 'note("A1.second", b)']
    assert kept(*cells) == cells[:3]
    assert kept(*cells, wanted=["A1.second"]) == [cells[0], *cells[3:]]
    alias = ["record = findings.record", "a = 1", 'record("A1.first", a, interval=(0, 1))', "b = 1"]
    assert kept(*alias) == alias[:3]


def test_an_indicator_that_is_recorded_nowhere_keeps_the_chapter_whole():
    assert kept("a = 1", "value = 1", RECORD, wanted=["A1.other"]) == ["a = 1", "value = 1", RECORD]


def test_the_cell_of_parameters_stays_whole_and_first():
    left = slices.slice_for(
        notebook(HEAD, "value = start", RECORD, parameters="start = 1  # a year\nother = 2"), ["A1.first"]
    )
    assert left.cells[0].source == "start = 1  # a year\nother = 2"
    assert left.cells[0].metadata.tags == ["parameters"]


def test_of_an_import_only_needed_names_stay():
    assert kept("import math, json\nfrom os import path, sep\nvalue = math.pi, sep", RECORD)[0] == (
        "import math\nfrom os import sep\nvalue = math.pi, sep"
    )


def test_statements_keep_their_text_and_empty_cells_and_prose_go():
    book = notebook(HEAD, "a = 1", "x = 2\nvalue = [ 1,\n   2 ]  ; y = 3", RECORD)
    book.cells.insert(1, nbformat.v4.new_markdown_cell("Prose"))
    book.cells[2].outputs = [nbformat.v4.new_output("stream", text="old")]
    before = nbformat.writes(book)
    left = slices.slice_for(book, ["A1.first"])
    assert [cell.source for cell in left.cells] == [HEAD, "value = [ 1,\n   2 ]", RECORD]
    assert nbformat.writes(book) == before
    assert slices.slice_for(left, ["A1.first"]) == left


# --- the real book --------------------------------------------------------------------------------

DECLARED = findings.indicators(findings.all_declared(ROOT))
CHAPTERS = {chapter.name: chapter for chapter in run.chapters(ROOT)}
#: Indicators of the chapters that run shortest; a sample, so that the suite stays quick.
EXECUTED = ["M4.permanent", "C4.hold", "C5.gate"]


def sources(book):
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("name", sorted({one.chapter for one in DECLARED.values()}))
def test_every_slice_of_the_book_is_less_than_its_chapter(name):
    chapter = CHAPTERS[name]
    lines = [line for source in sources(chapter.notebook) for line in source.splitlines()]
    mine = [indicator for indicator, one in DECLARED.items() if one.chapter == name]
    assert mine
    for indicator in mine:
        left = slices.slice_for(chapter.notebook, [indicator])
        text = "\n".join(sources(left))
        assert "findings.record(" in text
        assert indicator in text
        for word in ("\nfindings.verdict(", "\nfindings.claim_box(", "\ncharts.show(", "\ntables.show("):
            assert word not in text, f"{indicator}: {word} is kept"
        assert len(text.splitlines()) < 0.7 * len(lines), indicator
        others = {f'record("{other}"' for other in mine if other != indicator}
        assert not any(other in "".join(text.split()) for other in others), indicator


def executed(chapter, cells, out):
    """Findings of code, with all their digits; in a process of its own."""
    os.chdir(chapter.path.parent)
    os.environ[findings.CHAPTER_VARIABLE] = chapter.name
    with contextlib.redirect_stdout(io.StringIO()):
        space = {"__name__": "__main__"}
        for cell in cells:
            exec(compile(ast.parse(cell), chapter.name, "exec"), space)
    out.put({name: (f.value, f.low, f.high, f.p, f.supports) for name, f in findings._recorded.items()})


def run_apart(chapter, cells):
    # From a server without threads: a fork of a process that has driven a browser before can stand still.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pandas", "altair", "statsmodels.api", "cybergov.slices"])
    out = context.Queue()
    process = context.Process(target=executed, args=(chapter, cells, out))
    process.start()
    try:
        return out.get(timeout=120)
    finally:
        process.kill()
        process.join()


@pytest.mark.parametrize("indicator", EXECUTED)
def test_a_slice_gives_the_finding_of_its_chapter_to_the_last_digit(indicator):
    chapter = CHAPTERS[DECLARED[indicator].chapter]
    whole = run_apart(chapter, sources(chapter.notebook))
    left = run_apart(chapter, sources(slices.slice_for(chapter.notebook, [indicator])))
    assert left[indicator] == whole[indicator]
    assert len(left) < len(whole)
    row = findings.read_ledger(data.root() / "data/findings.csv")[indicator]
    assert f"{left[indicator][0]:.6g}" == row["value"]
