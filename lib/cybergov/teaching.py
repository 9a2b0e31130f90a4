"""The commands for teachers: country briefs, the simulation, slides, the student edition."""

import sys

import click

from cybergov import briefs, data, paper, places
from cybergov.commands import FAILED, plainly, spread
from cybergov.errors import BookError, BriefError


@click.command("brief")
@click.argument("states", nargs=-1, metavar="[ISO3 ...]")
@click.option("--all", "every", is_flag=True, help="All member states, with an index.")
@click.option("--no-pdf", is_flag=True, help="Pages only, which need no browser.")
@spread
@plainly
def brief_command(
    states: tuple[str, ...], every: bool, no_pdf: bool, workers: int | None, cluster: str | None
) -> None:
    """Make the briefs of states, two sheets each: HTML and PDF, in _build/briefs.

    A state is named by its code, such as KEN, or by its name.
    """
    if every and states:
        raise BookError("Either name states or say --all, not both.")
    if not every and not states:
        raise BookError("Name the states whose briefs you want, such as `cybergov brief KEN`, or say --all.")
    codes = list(places.names_of_states()) if every else briefs.find(states)
    if not no_pdf:
        paper.browser()  # a missing one is told before the work
    root = data.root()
    folder = root / "_build" / "briefs"
    try:
        made = briefs.make(codes, workers=workers, cluster=cluster, root=root)
        if not no_pdf:
            click.echo("Printing ...", err=True)
        files = briefs.write(made, folder, pdf=not no_pdf, with_index=every)
    except BriefError as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(FAILED)
    if every:
        click.echo(f"{len(made)} briefs; start with {files[-1].relative_to(root)}")
    else:
        for file in files:
            click.echo(file.relative_to(root))


#: Added to the command `cybergov`.
COMMANDS: tuple[click.Command, ...] = (brief_command,)
