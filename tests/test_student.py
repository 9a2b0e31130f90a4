"""The student edition: pairs of exercise and solution, nothing of a solution left, answers that can be checked."""

import ast
import json
import re
import zipfile

import nbformat
import pytest
import yaml

from cybergov import exercises, run, student, takeaway
from cybergov.errors import BookError

from .conftest import PROGRAMS, ROOT

#: Chapters that have no exercises: lists, methods, and what is made for teachers.
WITHOUT = re.compile(r"reference/|seminar/brief$")


@pytest.fixture(scope="module")
def published():
    return run.chapters(ROOT)


@pytest.fixture(scope="module")
def by_chapter(published):
    return student.exercises_of(published)


@pytest.fixture(scope="module")
def answers(built_book):
    """What the solutions of the published run hand over, by label."""
    notebooks, stale = run.published(built_book.root)
    assert not stale
    return {
        label: one for notebook in notebooks.values() for label, one in exercises.answers(notebook).items()
    }


# --- the pair -------------------------------------------------------------------------------------


def test_every_chapter_has_an_exercise_of_every_kind(published, by_chapter):
    for chapter in published:
        if WITHOUT.match(chapter.name):
            continue
        found = by_chapter.get(chapter.name, [])
        assert len(found) >= 3, chapter.name
        for one in found:
            assert len(set(one.kinds) & set(exercises.KINDS)) == 1, (chapter.name, one.label)
            assert one.title, one.label
        assert {kind for one in found for kind in one.kinds} >= set(exercises.KINDS), chapter.name


def test_every_exercise_says_what_to_check(by_chapter):
    for found in by_chapter.values():
        for one in found:
            assert "To check:" in one.text, one.label


def test_every_solution_ends_with_its_answer_and_ways_to_go_wrong(by_chapter):
    for name, found in by_chapter.items():
        for one in found:
            cells = _cells(one.solution)
            assert cells, one.label
            assert f'"{one.label}"' in cells[-1], (name, one.label)
            (call,) = _answers(cells[-1])
            given = {part.arg for part in call.keywords}
            assert {"asks", "mistakes"} <= given, one.label


def _cells(solution: str) -> list[str]:
    """The cells of code of a solution, with their options."""
    return re.findall(r"^```\{code-cell\}.*?\n(.*?)^```", solution, re.M | re.S)


def _answers(cell: str) -> list[ast.Call]:
    source = re.sub(r"\A(?:---\n.*?---\n|(?::.*\n)+)", "", cell, flags=re.S)
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func) == "exercises.answer"]


def test_right_answers_are_accepted_and_every_mistake_is_explained(by_chapter, answers, edition):
    known = json.loads((edition / "data" / exercises.FILE).read_text())
    assert known.keys() == answers.keys() == {one.label for found in by_chapter.values() for one in found}
    for found in by_chapter.values():
        for one in found:
            record = answers[one.label]
            reply = exercises.check(one.label, _given(record, record["value"]), root=edition)
            assert reply, (one.label, reply)
            (call,) = _answers(_cells(one.solution)[-1])
            (declared,) = [part.value for part in call.keywords if part.arg == "mistakes"]
            if isinstance(declared, ast.Dict):
                # One that equals the answer is left out; under the published choices none may.
                assert len(record["mistakes"]) == len(declared.keys), one.label
            assert record["mistakes"], one.label
            for says, wrong in record["mistakes"].items():
                reply = exercises.check(one.label, _given(record, wrong), root=edition)
                assert reply == exercises.Reply(False, f"Not yet. {says}")


def _given(record, value):
    """Turn what is kept of an answer back into what a student would give."""
    if record["form"] == "table":
        return {name: _number(text) for name, text in value.items()}
    if record["form"] == "list":
        return [_number(text) for text in value]
    if record["form"] == "set":
        return set(value)
    return _number(value) if record["form"] == "number" else value


def _number(text):
    try:
        return float(text)
    except ValueError:
        return text


def test_no_reply_to_a_wrong_answer_holds_the_right_one(answers, edition):
    known = json.loads((edition / "data" / exercises.FILE).read_text())
    for label, record in answers.items():
        if record["form"] == "number" and record["digits"] > 0:
            told = exercises.check(label, 123456.7, root=edition).says
            told += json.dumps(known[label]["mistakes"]) + known[label]["asks"]
            assert not re.search(rf"(?<![\d.]){re.escape(record['value'])}(?!\d)", told), label


# --- the edition ----------------------------------------------------------------------------------


def test_nothing_of_a_solution_is_left(by_chapter, edition):
    texts = {
        path.relative_to(edition).as_posix(): path.read_text(encoding="utf-8")
        for path in edition.rglob("*")
        if path.suffix in {".md", ".ipynb", ".py", ".yml"} and "lib" not in path.parts
    }
    assert any(name.startswith("worksheets/") for name in texts)
    for name, text in texts.items():
        for word in ("{solution-start}", "{solution-end}", "exercises.answer("):
            assert word not in text, name
    for chapter, found in by_chapter.items():
        source = (ROOT / "chapters" / f"{chapter}.md").read_text()
        elsewhere = exercises.without_solutions(source, lambda label: "")
        for one in found:
            lines = {line.strip() for line in one.solution.splitlines() if len(line.strip()) > 30}
            for line in (line for line in lines if line not in elsewhere and one.label not in line):
                assert line not in texts[f"chapters/{chapter}.md"], (chapter, line)
                assert json.dumps(line)[1:-1] not in texts[f"worksheets/{chapter}.ipynb"], (chapter, line)


def test_students_do_not_get_what_is_for_teachers(edition):
    for name in (*student.FOR_TEACHERS, *student.FOR_MAKERS):
        assert (ROOT / name).exists(), f"{name} is left out, and there is no such file"
        assert not (edition / name).exists()
    toc = (edition / "_toc.yml").read_text()
    assert "seminar/students" in toc
    assert "seminar/guide" not in toc
    assert "seminar/sessions" not in toc
    for path in (edition / "chapters").rglob("*.md"):
        assert not re.search(r"\((?:\S*/)?(?:guide|sessions/\w+)\.md", path.read_text()), path


def test_what_the_pages_of_students_refer_to_is_there(edition):
    text = "\n".join(
        path.read_text() for path in [edition / "intro.md", *(edition / "chapters").rglob("*.md")]
    )
    labels = set(
        re.findall(
            r"^\(([\w-]+)\)=|^:(?:label|name): ([\w-]+)|^ +name: ([\w-]+)|name=\"([\w-]+)\"", text, re.M
        )
    )
    there = {part for parts in labels for part in parts if part}
    removed = set()
    for chapter in run.chapters(ROOT):
        for one in exercises.read(chapter.path.read_text(), chapter.name):
            removed |= set(re.findall(r"name=\"([\w-]+)\"", one.solution))
    for label in re.findall(r"\{(?:numref|ref)\}`(?:[^`<]*<)?([\w-]+)>?`", text):
        assert label not in removed - there, f"{label} is referred to, and stands in a solution"


def test_the_file_to_hand_out_is_the_folder(edition):
    with zipfile.ZipFile(edition.parent / student.BUNDLE) as file:
        inside = {name.removeprefix("cybergov-student/") for name in file.namelist()}
    assert inside == {path.relative_to(edition).as_posix() for path in takeaway.sources(edition)}


def test_an_edition_in_which_a_solution_gives_no_answer_is_not_made(published):
    chapter = next(one for one in published if one.name == "puzzle")
    own = student.exercises_of([chapter])
    empty = nbformat.v4.new_notebook(cells=[])
    with pytest.raises(BookError, match=r"puzzle: the solution of \S+ hands over no answer"):
        student.sealed_answers(own, {"puzzle": empty})


def test_a_label_that_stands_in_two_chapters_is_told(published):
    chapter = next(one for one in published if one.name == "puzzle")
    with pytest.raises(BookError, match="stands in puzzle and in puzzle"):
        student.exercises_of([chapter, chapter])


# --- worksheets -----------------------------------------------------------------------------------


def test_every_worksheet_ran_and_asks_for_every_answer(by_chapter, edition):
    for chapter, found in by_chapter.items():
        notebook = nbformat.read(edition / student.WORKSHEETS / f"{chapter}.ipynb", as_version=4)
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        assert not [one for one in outputs if one.output_type == "error"], chapter
        assert any("image/png" in one.get("data", {}) for one in outputs), chapter
        told = "\n".join(str(one.get("data", {}).get("text/plain", "")) for one in outputs)
        assert told.count("No answer yet.") == len(found), chapter
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        assert not re.search(r"\{(?:numref|ref|cite:\w|glue:text|doc)\}`", text), chapter
        for one in found:
            assert f":label: {one.label}\n" in text, (chapter, one.label)


def test_a_worksheet_shows_what_the_chapter_shows(built_book, edition):
    """The same pictures, to the last byte: a worksheet runs the chapter's own code."""

    def pictures(notebook):
        return [
            output.data["image/png"]
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]

    notebooks, _ = run.published(built_book.root)
    for chapter in ("puzzle", "consumption/price"):
        mine = nbformat.read(edition / student.WORKSHEETS / f"{chapter}.ipynb", as_version=4)
        theirs = pictures(notebooks[chapter])
        assert pictures(mine) == theirs[: len(pictures(mine))]
        assert len(pictures(mine)) > 2


def test_a_worksheet_for_a_group_has_its_choice_and_checks_nothing(built_book):
    done = built_book.cybergov("worksheet", "puzzle", "-p", "break_year", "2015", "--group", "Group A")
    assert done.returncode == 0, done.stderr
    path = built_book.root / done.stdout.split(":")[-1].strip()
    assert path.name == "puzzle-Group-A,break_year=2015.ipynb"
    notebook = nbformat.read(path, as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert "break_year = 2015" in code
    assert "exercises.check" not in code
    assert "# your work" in code
    assert "*Group A*" in notebook.cells[0].source


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("puzle", "-p", "break_year", "2015"), "Did you mean puzzle?"),
        (("puzzle",), "Name a choice that differs from the published one"),
        (("puzzle", "-p", "break_year", "2018"), "Name a choice that differs from the published one"),
        (("puzzle", "-p", "brake_year", "2015"), "Did you mean break_year?"),
        (("reference/methods/voting", "-p", "draws", "9"), "No parameter 'draws'"),
    ],
)
def test_a_worksheet_that_cannot_be_made_is_told_in_a_sentence(built_book, arguments, says):
    done = built_book.cybergov("worksheet", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worksheet_runs_in_the_unpacked_file(edition, built_book, tmp_path):
    """As JupyterLab runs it: with the library and the tables that were unpacked, and no others."""
    with zipfile.ZipFile(edition.parent / student.BUNDLE) as file:
        file.extractall(tmp_path)
    folder = tmp_path / "cybergov-student"
    path = folder / student.WORKSHEETS / "puzzle.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "exercises.check" in cell.source:
            cell.source = f"import cybergov\nprint(cybergov.__file__)\n{cell.source}"
    nbformat.write(notebook, path)
    environment = {**built_book.environment, "PYTHONPATH": str(folder / "lib")}
    done = built_book.call(
        PROGRAMS / "jupyter", "execute", "--inplace", str(path), cwd=folder, env=environment
    )
    assert done.returncode == 0, done.stderr
    ran = nbformat.read(path, as_version=4)
    told = [str(output) for cell in ran.cells for output in cell.get("outputs", [])]
    assert any("No answer yet" in one for one in told)
    assert any(str(folder / "lib") in one for one in told)


def test_the_contents_name_the_page_for_students():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    assert "chapters/seminar/students" in json.dumps(toc)
