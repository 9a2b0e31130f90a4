"""The commands for teachers: country briefs, the simulation, slides, the student edition."""

import sys

import click

from cybergov import data, findings, run, student
from cybergov.commands import FAILED, plainly
from cybergov.errors import BookError


@click.command("student")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Chapters at a time; default: one more than cores."
)
@plainly
def student_command(workers: int | None) -> None:
    """Make the student edition: no solutions, sealed answers, worksheets for JupyterLab.

    It stands in _build/student, and in one file to hand out in _build/cybergov-student.zip.
    """
    root = data.root()
    outcomes = run.run(run.chapters(root), workers=workers, root=root)
    failed = run.failures(outcomes)
    if failed:
        click.echo(run.failures_table(failed), err=True)
        sys.exit(FAILED)
    kept = {one.chapter: one.notebook for one in outcomes if one.notebook is not None}
    moved = findings.differences(run.recorded(kept), findings.all_declared(root), findings.read_ledger())
    if moved:
        raise BookError("Findings do not hold, and answers rest on them: see `cybergov check`.")
    made, worksheets = student.make(root, kept, workers=workers)
    click.echo(f"The student edition, {len(worksheets)} worksheets: {made.relative_to(root)}")


#: Added to the command `cybergov`.
COMMANDS: tuple[click.Command, ...] = (student_command,)
