"""The commands for teachers: country briefs, the simulation, slides, the student edition."""

import sys

import click
import nbformat

from cybergov import data, findings, run, student
from cybergov.commands import FAILED, plainly
from cybergov.errors import BookError


def _run(chapters: list[run.Chapter], workers: int | None = None) -> dict[str, nbformat.NotebookNode]:
    """Run what is stale of chapters; their findings must be the accepted ones, for all here rests on them."""
    outcomes = run.run(chapters, workers=workers)
    failed = run.failures(outcomes)
    if failed:
        click.echo(run.failures_table(failed), err=True)
        sys.exit(FAILED)
    kept = {one.chapter: one.notebook for one in outcomes if one.notebook is not None}
    found = run.recorded(kept)
    declared = {name: claim for name, claim in findings.all_declared().items() if claim.chapter in kept}
    ledger = {
        name: row for name, row in findings.read_ledger().items() if name in findings.indicators(declared)
    }
    differing = findings.differences(found, declared, ledger)
    if differing:
        click.echo(findings.differences_table(differing), err=True)
        raise BookError("Findings do not hold, and what is made here rests on them: see `cybergov accept`.")
    return kept


_WORKERS = click.option(
    "--workers", type=click.IntRange(min=1), help="At a time; default: one more than cores."
)


@click.command("student")
@_WORKERS
@plainly
def student_command(workers: int | None) -> None:
    """Make the student edition: no solutions, sealed answers, worksheets for JupyterLab.

    It stands in _build/student, and in one file to hand out in _build/cybergov-student.zip.
    """
    root = data.root()
    kept = _run(run.chapters(root), workers)
    made, worksheets = student.make(root, kept, workers=workers)
    click.echo(f"The student edition, {len(worksheets)} worksheets: {made.relative_to(root)}")


@click.command("worksheet")
@click.argument("chapter")
@click.option(
    "-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="Another choice for a parameter."
)
@click.option("--group", "for_group", default="", help="Whom it is for, such as 'Group A'.")
@plainly
def worksheet_command(chapter: str, parameters: tuple[tuple[str, str], ...], for_group: str) -> None:
    """Make the worksheet of a CHAPTER for a group that works with other choices than the published ones.

    Groups with different choices compare what they found: which conclusions hold for all?
    """
    root = data.root()
    (chosen,) = run.choose([chapter], run.chapters(root))
    values = run.assign(parameters, [chosen], named=True).get(chosen.name, {})
    if not values:
        raise BookError(
            f"Name a choice that differs from the published one: {chosen.name} takes "
            f"{', '.join(chosen.parameters)}. Those with the published choices come with `cybergov student`."
        )
    kept = _run([chosen])[chosen.name]
    made = student.make_for_group(root, chosen, kept, values, for_group)
    click.echo(f"The worksheet: {made.relative_to(root)}")


#: Added to the command `cybergov`.
COMMANDS: tuple[click.Command, ...] = (student_command, worksheet_command)
