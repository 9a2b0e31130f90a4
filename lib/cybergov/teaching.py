"""The commands for teachers: country briefs, the simulation, slides, the student edition."""

from pathlib import Path

import click
from tabulate import tabulate

from cybergov import (
    briefs,
    data,
    material,
    packet,
    paper,
    places,
    run,
    sessions,
    simulation,
    simulation_sheets,
    slides,
    student,
    tables,
    tally,
)
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
    made = briefs.make(codes, workers=workers, cluster=cluster, root=root)
    if not no_pdf:
        click.echo("Printing ...", err=True)
    files = briefs.write(made, root / "_build" / "briefs", pdf=not no_pdf, with_index=every)
    if every:
        click.echo(f"{len(made)} briefs; start with {files[-1].relative_to(root)}")
    else:
        for file in files:
            click.echo(file.relative_to(root))


@click.command("simulation")
@click.option("--states", "number", default=12, show_default=True, help="Delegations, from 4 to 60.")
@click.option("--seed", default=1, show_default=True, help="Of the draw: the same seed gives the same cast.")
@click.option("--with", "fixed", multiple=True, metavar="STATE", help="A state that must be in the cast.")
@click.option("--without", multiple=True, metavar="STATE", help="A state that must not be in it.")
@click.option("--camp-year", default=2018, show_default=True, help="Whose votes tell the camps.")
@click.option("--observers", type=int, help="Roles without a vote; default: one for 8 states, from 16 on.")
@click.option("--votes", type=click.Path(path_type=Path), metavar="FILE", help="Tally this vote file.")
@click.option("--two-thirds", is_flag=True, help="With --votes: two thirds were needed to adopt.")
@click.option("--no-pdf", is_flag=True, help="Make the packet without a browser, as HTML alone.")
@spread
@plainly
def simulation_command(
    number: int,
    seed: int,
    fixed: tuple[str, ...],
    without: tuple[str, ...],
    camp_year: int,
    observers: int | None,
    votes: Path | None,
    two_thirds: bool,
    no_pdf: bool,
    workers: int | None,
    cluster: str | None,
) -> None:
    """Draw a balanced cast for the simulated negotiation and make its packet, or tally its votes.

    The packet, with a brief of each state, and a blank vote file go to _build/simulation. After the session
    give the same --states, --seed, --with and --without again, and the filled file with --votes.
    """
    root = data.root()
    game = simulation.cast(
        number,
        seed,
        fixed=briefs.find(fixed),
        without=briefs.find(without),
        camp_year=camp_year,
        observers=observers,
    )
    if votes is not None:
        _tally(root, game, votes, "two thirds" if two_thirds else "simple")
        return
    cast = game.delegations[["Seat", "State", "Role", *simulation.MARGINS]]
    click.echo(tabulate(cast.itertuples(), headers=["Code", *cast.columns]))
    click.echo()
    shown = [[margin, tables.number(value)] for margin, value in game.imbalance.items()]
    click.echo(tabulate(shown, headers=["Distance from the membership", "0 to 1"], disable_numparse=True))
    files, free = simulation_sheets.write_packet(root, game, pdf=not no_pdf, workers=workers, cluster=cluster)
    click.echo()
    for file in files:
        click.echo(f"Made: {file.relative_to(root)}")
    if not free:
        place = simulation_sheets.FOLDER / simulation_sheets.VOTE_FILE
        click.secho(
            f"{place} has votes in it and is left as it is: move it away for a blank one.",
            fg="yellow",
            err=True,
        )


def _tally(root: Path, game: simulation.Cast, votes: Path, majority: tally.Majority) -> None:
    """Count a vote file, show the result and write its page."""
    found = simulation.texts(root)
    cast = tally.read_votes(votes, game, [one.id for one in found.questions])
    counted = tally.tally(cast, game, found.comparable, majority=majority)
    away = tally.departures(counted)
    for title, frame in (
        ("What the room decided", tally.results(counted, found)),
        ("The room beside the record", tally.against_record(counted, found)),
        ("All questions together", tally.overall(counted)),
        ("Who departed from the record of the own state", away if len(away) else None),
    ):
        if frame is None:
            continue
        header, rows, figures = tables.formatted(frame, 2)
        align = ["right" if right else "left" for right in figures]
        click.echo(f"{title}\n{tabulate(rows, headers=header, disable_numparse=True, colalign=align)}\n")
    for file in simulation_sheets.write_tally(root, counted, game, found):
        click.echo(f"Made: {file.relative_to(root)}")


#: Added to the command `cybergov`.
COMMANDS: tuple[click.Command, ...] = (
    sessions_command,
    slides_command,
    packet_command,
    student_command,
    worksheet_command,
    brief_command,
    simulation_command,
)
