"""The commands for teachers: country briefs, the simulation, slides, the student edition."""

from pathlib import Path

import click
from tabulate import tabulate

from cybergov import data, material, packet, paper, run, sessions, slides, student
from cybergov.commands import plainly, spread, warn_without_chinese_font
from cybergov.errors import BookError


@click.command("sessions")
@click.argument("plans", nargs=-1, type=click.Path(path_type=Path))
@plainly
def sessions_command(plans: tuple[Path, ...]) -> None:
    """List the sessions of the seminar, or check PLANS, the files with plans of sessions."""
    offer = sessions.Offer.of()
    known = [sessions.plan(path, offer) for path in plans]
    known = known or sessions.choose([], sessions.sessions(offer=offer))
    rows = [
        (one.number, one.name, ", ".join(one.chapters), ", ".join(one.claims), len(one.slides))
        for one in known
    ]
    click.echo(tabulate(rows, headers=["no", "session", "chapters", "claims and cases", "slides"]))


@click.command("slides")
@click.argument("names", nargs=-1, metavar="[SESSION ...]")
@spread
@plainly
def slides_command(names: tuple[str, ...], workers: int | None, cluster: str | None) -> None:
    """Make the slides of sessions, named or numbered, or of all: one file each in _build/seminar/slides."""
    offer = sessions.Offer.of()
    known = sessions.sessions(offer=offer)
    chosen = sessions.choose(names, known)
    about = material.gather(chosen, offer, workers=workers, cluster=cluster)
    root = data.root()
    made = slides.write(chosen, known, about, root / "_build" / slides.FOLDER)
    for one, path in zip(chosen, made, strict=True):
        click.echo(f"Session {one.number}: {path.relative_to(root)}, {path.stat().st_size / 1000:.0f} kB")
        for label, size in slides.small(one, about):
            click.echo(f"  {label}: its words are {size:.0f} pixels high on the slide; enlarge it there")


@click.command("packet")
@click.argument("names", nargs=-1, required=True, metavar="SESSION ...")
@click.option(
    "--for",
    "reader",
    type=click.Choice(list(packet.READERS)),
    default="all",
    show_default=True,
    help="Whose sheets are printed.",
)
@spread
@plainly
def packet_command(names: tuple[str, ...], reader: str, workers: int | None, cluster: str | None) -> None:
    """Print the packet of a session, named or numbered, into _build/seminar.

    It holds the teacher's page, the slides with their notes and the participants' sheets. Only the chapters
    of the session run. A Chromium prints; CYBERGOV_BROWSER names another one than is found.
    """
    paper.browser()  # a missing one is told before the work
    offer = sessions.Offer.of()
    known = sessions.sessions(offer=offer)
    chosen = sessions.choose(names, known)
    warn_without_chinese_font()
    about = material.gather(chosen, offer, workers=workers, cluster=cluster)
    for one in chosen:
        target, sheets = packet.write(one, known, about, reader)
        click.echo(f"Session {one.number}: {target.relative_to(data.root())}, {sheets} sheets")


@click.command("student")
@spread
@plainly
def student_command(workers: int | None, cluster: str | None) -> None:
    """Make the student edition: no solutions, sealed answers, worksheets for JupyterLab.

    It stands in _build/student, and in one file to hand out in _build/cybergov-student.zip.
    """
    root = data.root()
    kept = run.held(run.chapters(root), workers=workers, cluster=cluster)
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
    kept = run.held([chosen])[chosen.name]
    made = student.make_for_group(root, chosen, kept, values, for_group)
    click.echo(f"The worksheet: {made.relative_to(root)}")


#: Added to the command `cybergov`.
COMMANDS: tuple[click.Command, ...] = (
    sessions_command,
    slides_command,
    packet_command,
    student_command,
    worksheet_command,
)
