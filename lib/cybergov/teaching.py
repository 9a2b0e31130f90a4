"""The commands for teachers: country briefs, the simulation, slides, the student edition."""

from pathlib import Path

import click
from tabulate import tabulate

from cybergov import sessions
from cybergov.commands import plainly


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


#: Added to the command `cybergov`.
COMMANDS: tuple[click.Command, ...] = (sessions_command,)
