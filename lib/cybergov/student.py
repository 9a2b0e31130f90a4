"""The student edition: the book without its solutions, with sealed answers and worksheets.

Everything in it is derived: chapters from the chapters, exercises from their solutions, answers from what the
solutions computed. Nothing of a solution is left in it.
"""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
import yaml
from myst_nb.core.read import read_myst_markdown_notebook
from tqdm import tqdm

from cybergov import exercises, plain, references, run, takeaway
from cybergov.errors import BookError
from cybergov.files import write_atomically

#: What students do not get, relative to the book's folder: solutions in prose, and what only its makers need.
FOR_TEACHERS = ("chapters/seminar/guide.md", "chapters/seminar/sessions")
FOR_MAKERS = ("tests", ".ci", ".github", "CONTRIBUTING.md", "CHANGELOG.md")
#: Where the edition is made, beside the file that holds it whole.
FOLDER = "student"
BUNDLE = "cybergov-student.zip"
WORKSHEETS = "worksheets"

#: Heading of the section that holds a chapter's exercises.
SEMINAR = "## For the seminar"


# --- the edition ----------------------------------------------------------------------------------


def exercises_of(chapters: Sequence[run.Chapter]) -> dict[str, list[exercises.Exercise]]:
    """Read the exercises of chapters.

    Parameters
    ----------
    chapters : sequence of Chapter
        From `run.chapters`.

    Returns
    -------
    dict of str to list of Exercise
        By the chapter's name; chapters without any are left out.

    Raises
    ------
    BookError
        If an exercise has no solution, a solution no exercise, or a label stands twice in the book.
    """
    out: dict[str, list[exercises.Exercise]] = {}
    seen: dict[str, str] = {}
    for chapter in chapters:
        found = exercises.read(chapter.path.read_text(encoding="utf-8"), chapter.name)
        for one in found:
            if one.label in seen:
                raise BookError(f"The label {one.label} stands in {seen[one.label]} and in {chapter.name}.")
            seen[one.label] = chapter.name
        if found:
            out[chapter.name] = found
    return out


def sealed_answers(
    by_chapter: Mapping[str, Sequence[exercises.Exercise]], kept: Mapping[str, nbformat.NotebookNode]
) -> dict[str, dict[str, Any]]:
    """Seal the answers that executed chapters handed over, one for each exercise.

    Parameters
    ----------
    by_chapter : mapping of str to sequence of Exercise
        From `exercises_of`.
    kept : mapping of str to NotebookNode
        Executions of the published chapters.

    Returns
    -------
    dict of str to dict
        By label.

    Raises
    ------
    BookError
        If a solution handed over no answer, or one of another exercise.
    """
    out: dict[str, dict[str, Any]] = {}
    for name, found in by_chapter.items():
        handed, labels = exercises.answers(kept[name]), [one.label for one in found]
        for label in labels:
            if label not in handed:
                raise BookError(f"{name}: the solution of {label} hands over no answer to check.")
        for label in handed:
            if label not in labels:
                raise BookError(f"{name}: an answer is handed over for {label}, which is no exercise there.")
        out |= {label: exercises.sealed(label, handed[label]) for label in labels}
    return out


def write(root: Path, target: Path, answers: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the edition, without its worksheets, into a new folder.

    Parameters
    ----------
    root : Path
        The book's folder.
    target : Path
        The folder to write; it must not exist.
    answers : mapping of str to mapping
        From `sealed_answers`.
    """
    for source in takeaway.sources(root):
        place = source.relative_to(root)
        if any(place.is_relative_to(one) for one in (*FOR_TEACHERS, *FOR_MAKERS)):
            continue
        path = target / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            path.write_text(_for_students(source, answers), encoding="utf-8")
        elif place == Path("_toc.yml"):
            toc = _without_teachers(yaml.safe_load(source.read_text(encoding="utf-8")))
            path.write_text(yaml.safe_dump(toc, sort_keys=False, allow_unicode=True), encoding="utf-8")
        else:
            shutil.copy2(source, path)
    (target / "README.md").write_text(_README, encoding="utf-8")
    sealed = json.dumps(answers, ensure_ascii=False, indent=1, sort_keys=True)
    (target / "data" / exercises.FILE).write_text(f"{sealed}\n", encoding="utf-8")


def _for_students(source: Path, answers: Mapping[str, Mapping[str, Any]]) -> str:
    text = exercises.without_solutions(
        source.read_text(encoding="utf-8"), lambda label: _answer_cell(label, answers[label])
    )
    # What leads to pages that students do not have stays as words.
    return re.sub(r"\[([^]]+)\]\([^)]*(?:guide|sessions/[a-z_]+)\.md[^)]*\)", r"\1", text)


def _answer_cell(label: str, record: Mapping[str, Any]) -> str:
    """Write the cell into which a student puts an answer."""
    return (
        "```{code-cell} ipython3\nfrom cybergov import exercises\n\n"
        f"my_answer = ...  # {exercises.what_is_asked(record)}\n"
        f'exercises.check("{label}", my_answer)\n```\n\n'
    )


def _without_teachers(entry: Any) -> Any:
    """Drop the pages for teachers from a part of ``_toc.yml``, with what stands below them."""
    if isinstance(entry, list):
        return [
            _without_teachers(one)
            for one in entry
            if not (isinstance(one, dict) and f"{one.get('file')}.md" in FOR_TEACHERS)
        ]
    if isinstance(entry, dict):
        return {key: _without_teachers(value) for key, value in entry.items()}
    return entry


_README = """# The student edition

The book without the solutions of its exercises. On a machine with Python 3.11 or newer and make:

    make lab      # JupyterLab, with the worksheets in the folder worksheets
    make book     # the pages, in _build/html/index.html

Each exercise ends with a cell in which you put your answer in place of the three dots. Run the cell: it says
whether the answer is right and, if not, what is wrong with it. Answers are sealed in `data/answers.json`.
The text of a chapter says what its figures show; a worksheet has its figures, its code and its exercises.
"""


# --- worksheets -----------------------------------------------------------------------------------


def worksheet(
    chapter: run.Chapter, words: plain.Words, *, for_group: str = "", changed: bool = False
) -> nbformat.NotebookNode:
    """Make the worksheet of a chapter, not yet run.

    Parameters
    ----------
    chapter : Chapter
        Of the student edition.
    words : Words
        What the text refers to, from `words_of`.
    for_group : str
        Whom it is for, such as "Group A".
    changed : bool
        Whether it will run with other choices than the published ones. The sealed answers hold for those; the
        group compares its results with those of the others instead.

    Returns
    -------
    NotebookNode
        Its code, folded where it is not to be changed, its figures with their captions, its exercises with a
        cell for each answer, and its questions for discussion.
    """
    cells = [nbformat.v4.new_markdown_cell(_head(chapter, for_group, changed))]
    seminar = False
    for cell in chapter.notebook.cells:
        if cell.cell_type == "markdown":
            before, begins, after = cell.source.partition(SEMINAR)
            # The last heading is that of the code which follows.
            kept = before if seminar else "" if begins else "".join(_headings(before)[-1:])
            if begins:
                kept, seminar = f"{begins}{after}", True
            if kept.strip():
                cells.append(nbformat.v4.new_markdown_cell(in_words(kept, words)))
        elif changed and seminar:
            cells.append(nbformat.v4.new_code_cell("# your work"))
        else:
            cells += _code(cell, words, folded=not seminar)
    return takeaway.of_cells(cells)


def words_of(kept: nbformat.NotebookNode, root: Path) -> plain.Words:
    """Give words for everything to which the text of a chapter refers.

    Parameters
    ----------
    kept : NotebookNode
        The chapter as it was run for the pages.
    root : Path
        The book's folder.

    Returns
    -------
    Words
        Figures are numbered as a worksheet has them, and tables go by their captions.
    """
    labels: dict[str, str] = {}
    numbers = count(1)
    for cell in kept.cells:
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if "name" in figure:
            labels[figure["name"]] = f"figure {next(numbers)}"
    labels |= {label: f"the table “{caption}”" for label, caption, _ in takeaway.shown_tables(kept)}
    entries = references.read(root / references.FILE)
    cited = {key: references.short(entry) for key, entry in entries.items()}
    return plain.Words(dict(takeaway.glued(kept)), labels, cited)


_ROLE = re.compile(r"\{(?P<role>[a-z:]+)\}`(?P<what>[^`]+)`")


def in_words(markdown: str, words: plain.Words) -> str:
    """Replace the roles of a text, which only the pages can resolve, by words."""
    return _ROLE.sub(lambda match: words.role(match["role"], match["what"]), markdown)


def _head(chapter: run.Chapter, for_group: str, changed: bool) -> str:
    lines = [f"# Worksheet: {chapter.title}", ""]
    lines += [f"*{for_group}*", ""] if for_group else []
    lines += ["Name: ", "", _HOW_CHANGED if changed else _HOW]
    return "\n".join(lines)


_HOW = """Run all cells first (*Run*, *Run All Cells*): the figures appear, and exercises find what they need.
Folded cells hold the code of the chapter; a click on the blue bar beside one opens it.
Put each answer in place of the three dots and run its cell: it says whether the answer is right and, if not,
what is wrong with it. Answers hold for the choices as they are published: after trying another value in the
cell of choices, set it back before you check. The chapter's text explains what the figures show."""

_HOW_CHANGED = """Run all cells first (*Run*, *Run All Cells*). Some choices below differ from those published
and from those of other groups: do the exercises, write down what you find, and compare it with what others
found. Which conclusions hold for all, and which only under some choices? The chapter's text explains what the
figures show under the choices as they are published."""


def _headings(markdown: str) -> list[str]:
    """Give the headings of a text below its title; a fence never begins with a number sign here."""
    return [line for line in markdown.splitlines() if re.match(r"#{2,4} ", line)]


def _code(cell: nbformat.NotebookNode, words: plain.Words, *, folded: bool) -> list[nbformat.NotebookNode]:
    """Give a cell of code, folded unless it holds the choices, and the caption of its figure."""
    one = nbformat.v4.new_code_cell(cell.source)
    tags = cell.metadata.get("tags", [])
    choices = "parameters" in tags
    if choices:
        one.metadata.tags = ["parameters"]
    elif folded:
        one.metadata.jupyter = {"source_hidden": True}
        if "remove-cell" in tags:
            one.metadata.jupyter["outputs_hidden"] = True
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if not figure:
        return [one]
    number = words.labels.get(figure.get("name", ""), "figure")
    caption = f"**{number[0].upper()}{number[1:]}.** {in_words(figure['caption'].strip(), words)}"
    return [one, nbformat.v4.new_markdown_cell(caption)]


def worksheets(
    chapters: Sequence[run.Chapter],
    words: Mapping[str, plain.Words],
    *,
    parameters: Mapping[str, Any] | None = None,
    for_group: str = "",
    workers: int | None = None,
) -> dict[str, nbformat.NotebookNode]:
    """Run the worksheets of chapters with papermill.

    Parameters
    ----------
    chapters : sequence of Chapter
        As the student edition has them.
    words : mapping of str to Words
        By chapter, from `words_of`.
    parameters : mapping, optional
        Other choices than the published ones.
    for_group : str
        Whom they are for.
    workers : int, optional
        Worksheets at a time; `run.usual_workers` by default.

    Returns
    -------
    dict of str to NotebookNode
        By chapter.

    Raises
    ------
    BookError
        If one does not run, with a table of all that did not.
    """
    changed = bool(parameters)
    tasks = [
        run.task_for(
            chapter,
            parameters=parameters,
            notebook=worksheet(chapter, words[chapter.name], for_group=for_group, changed=changed),
        )
        for chapter in chapters
    ]
    out: dict[str, run.Outcome] = {}
    with (
        closing(run.run_tasks(tasks, workers=workers)) as coming,
        tqdm(total=len(tasks), desc="worksheets", unit="worksheet", leave=False) as bar,
    ):
        for number, outcome in coming:
            out[chapters[number].name] = outcome
            bar.update()
    failed = run.failures(out.values())
    if failed:
        raise BookError("Worksheets do not run:\n" + run.failures_table(failed))
    return {chapter.name: _handed_out(out[chapter.name].notebook) for chapter in chapters}


def _handed_out(ran: nbformat.NotebookNode | None) -> nbformat.NotebookNode:
    """Leave of a worksheet that was run what a student needs: papermill notes times in it."""
    assert ran is not None
    for key in ("cybergov", "papermill"):
        ran.metadata.pop(key, None)
    for number, cell in enumerate(ran.cells):
        cell.id = f"cell-{number}"
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            # A chart's picture is enough until the student runs the cell, and half as large.
            if "image/png" in output.get("data", {}):
                output.data.pop("text/html", None)
    return ran


def make(
    root: Path, kept: Mapping[str, nbformat.NotebookNode], *, workers: int | None = None
) -> tuple[Path, list[str]]:
    """Make the student edition with its worksheets, run by papermill, and put it into one file.

    Parameters
    ----------
    root : Path
        The book's folder.
    kept : mapping of str to NotebookNode
        Executions of the published chapters, from `run.published`.
    workers : int, optional
        Worksheets at a time; `run.usual_workers` by default.

    Returns
    -------
    (Path, list of str)
        The file, and the chapters that have a worksheet. Folder and file hold the old edition or the new,
        never a part.

    Raises
    ------
    BookError
        If an exercise has no answer, or a worksheet does not run.
    """
    by_chapter = exercises_of(run.chapters(root))
    answers = sealed_answers(by_chapter, kept)
    aside, folder = root / "_build" / "aside-student", root / "_build" / FOLDER
    shutil.rmtree(aside, ignore_errors=True)
    write(root, aside, answers)
    words = {name: words_of(kept[name], root) for name in by_chapter}
    chapters = [chapter for chapter in run.chapters(aside) if chapter.name in words]
    for name, notebook in worksheets(chapters, words, workers=workers).items():
        write_atomically(aside / WORKSHEETS / f"{name}.ipynb", nbformat.writes(notebook))
    shutil.rmtree(aside / "_build", ignore_errors=True)
    bundle = root / "_build" / BUNDLE
    beside = bundle.with_suffix(".new")
    takeaway.pack(aside, beside, Path(BUNDLE).stem)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    beside.replace(bundle)
    return bundle, list(by_chapter)


def make_for_group(
    root: Path,
    chapter: run.Chapter,
    kept: nbformat.NotebookNode,
    parameters: Mapping[str, Any],
    for_group: str,
) -> Path:
    """Make the worksheet of one chapter with other choices than the published ones.

    Parameters
    ----------
    root : Path
        The book's folder.
    chapter : Chapter
        From `run.chapters`.
    kept : NotebookNode
        Its published execution.
    parameters : mapping
        Values by parameter.
    for_group : str
        Whom it is for, such as "Group A"; stands on the worksheet and in the name of its file.

    Returns
    -------
    Path
        The notebook, among the worksheets of the student edition but not in its file.

    Raises
    ------
    BookError
        If the chapter has no exercises, or the worksheet does not run.
    """
    own = exercises_of([chapter])
    if not own:
        raise BookError(f"The chapter {chapter.name} has no exercises, and so no worksheet.")
    text = _for_students(chapter.path, sealed_answers(own, {chapter.name: kept}))
    theirs = replace(chapter, notebook=read_myst_markdown_notebook(text, path=str(chapter.path)))
    words = {chapter.name: words_of(kept, root)}
    (made,) = worksheets([theirs], words, parameters=parameters, for_group=for_group).values()
    slug = ",".join([*filter(None, [for_group]), *(f"{name}={value}" for name, value in parameters.items())])
    safe = re.sub(r"[^A-Za-z0-9=,._-]+", "-", slug)
    path = root / "_build" / WORKSHEETS / f"{chapter.name}-{safe}.ipynb"
    write_atomically(path, nbformat.writes(made))
    return path
