"""The command ``cybergov``: run, check, accept, build, and the tables."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import pandas as pd
from tabulate import tabulate

from cybergov import checks, codebook, data, findings, paper, robustness, run, takeaway, teaching
from cybergov.commands import FAILED, MISUSED, plainly, spread, warn_without_chinese_font
from cybergov.errors import BookError
from cybergov.files import write_atomically


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cybergov")
def main() -> None:
    """Run the book's chapters, check what they found and build the pages."""
    # Asked to end, it ends like an interrupted run: processes stopped, nothing left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@main.command("run")
@click.argument("chapters", nargs=-1)
@click.option(
    "-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="Another choice for a parameter."
)
@click.option(
    "--table", "tables", nargs=2, multiple=True, metavar="TABLE FILE", help="Your own file as a table."
)
@spread
@click.option("--force", is_flag=True, help="Run chapters again that are fresh.")
@plainly
def run_command(
    chapters: tuple[str, ...],
    parameters: tuple[tuple[str, str], ...],
    tables: tuple[tuple[str, str], ...],
    workers: int | None,
    cluster: str | None,
    force: bool,
) -> None:
    """Run CHAPTERS (default: all) that are not fresh, each in a kernel of its own.

    A run with other parameters or tables is shown beside the published findings and kept under
    _build/runs; it never becomes part of the book.
    """
    root = data.root()
    chosen = run.choose(chapters, run.chapters(root))
    assigned = run.assign(parameters, chosen, named=bool(chapters))
    for given, what in ((parameters, "parameter"), (tables, "table")):
        names = [name for name, _ in given]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise BookError(f"The {what} {twice} is given twice; which one is meant?")
    # Own tables that belong together are checked together, as the chapters will see them.
    os.environ[data.TABLES_VARIABLE] = json.dumps({t: str(Path(f).resolve()) for t, f in tables})
    for table, _ in tables:
        data.load(table)
    if parameters:
        left_out = [chapter.name for chapter in chosen if chapter.name not in assigned]
        chosen = [chapter for chapter in chosen if chapter.name in assigned]
        if left_out:
            click.echo(f"Left out, for they have none of these parameters: {', '.join(left_out)}.")
    outcomes = run.run(
        chosen,
        parameters=assigned,
        tables=dict(tables),
        workers=workers,
        force=force,
        root=root,
        cluster=cluster,
    )
    _show_summary(outcomes)
    for outcome in outcomes:
        if outcome.notebook is not None and (tables or assigned.get(outcome.chapter)):
            _show_changed(outcome, root)
    if run.failures(outcomes):
        sys.exit(FAILED)


def _show_summary(outcomes: list[run.Outcome]) -> None:
    rows = [
        (
            outcome.chapter,
            "failed" if outcome.notebook is None else "fresh, not run" if outcome.fresh else "run",
            "" if outcome.fresh else f"{outcome.seconds:.1f}",
            "–" if outcome.notebook is None else len(findings.read_back(outcome.notebook)),
        )
        for outcome in outcomes
    ]
    click.echo(tabulate(rows, headers=["chapter", "state", "seconds", "findings"], disable_numparse=True))
    failed = run.failures(outcomes)
    if failed:
        click.secho(f"\n{len(failed)} of {len(outcomes)} chapters failed:", fg="red", err=True)
        click.echo(run.failures_table(failed), err=True)


def _show_changed(outcome: run.Outcome, root: Path) -> None:
    """Set the findings of a run with other choices beside the published ones."""
    assert outcome.notebook is not None
    ledger = findings.read_ledger()
    rows = []
    for name, found in findings.read_back(outcome.notebook).items():
        old = ledger.get(name)
        p = "–" if found.p is None else f"{found.p:.4g}"
        rows.append(
            (
                name,
                f"{old['value']} [{old['low']}, {old['high']}]" if old else "–",
                old["supports"] if old else "–",
                f"{found.value:.6g} [{found.low:.6g}, {found.high:.6g}]",
                p,
                "yes" if found.supports else "no",
            )
        )
    headers = ["finding", "published", "supports", "this run", "p", "supports"]
    click.echo(f"\n{outcome.chapter}, with other choices than the published ones:")
    click.echo(tabulate(rows, headers=headers, disable_numparse=True))
    if outcome.kept is not None:
        click.echo(f"Its notebook: {outcome.kept.relative_to(root)}")


def _published() -> dict[str, findings.Finding]:
    notebooks, stale = run.published()
    if stale:
        raise BookError(
            f"Not run since something they rest on changed: {', '.join(stale)}. Run `cybergov run` first."
        )
    return run.recorded(notebooks)


def _hold_to_ledger(otherwise: str) -> None:
    """End with a table of old and new if a finding of the published run does not hold."""
    ledger = findings.read_ledger()
    differing = findings.differences(_published(), findings.all_declared(), ledger)
    if differing:
        click.secho(otherwise, fg="red", err=True)
        click.echo(findings.differences_table(differing), err=True)
        sys.exit(FAILED)
    click.echo(f"All {len(ledger)} findings hold.")


@main.command()
@plainly
def check() -> None:
    """Hold the findings of the last run against data/findings.csv."""
    _hold_to_ledger("Findings that do not hold:")


@main.command()
@plainly
def accept() -> None:
    """Show how every finding differs from data/findings.csv, then write the new ones there."""
    found, declared = _published(), findings.all_declared()
    differing = findings.differences(found, declared, findings.read_ledger())
    if not differing:
        click.echo("Nothing to accept: every finding is as the ledger has it.")
        return
    click.echo(findings.differences_table(differing))
    findings.accept(found, declared)
    click.echo(f"Accepted into {findings.ledger_file().relative_to(data.root())}.")


@main.command()
@spread
@plainly
def build(workers: int | None, cluster: str | None) -> None:
    """Run what is stale, check every finding, then make the pages in _build/html.

    Any warning fails the build. Whatever fails, the pages that were there before still stand.
    """
    _make_pages(workers, cluster)


@main.command()
@spread
@plainly
def pdf(workers: int | None, cluster: str | None) -> None:
    """Make the pages as `build` does, and print them into _build/cybergov.pdf.

    A Chromium prints them; CYBERGOV_BROWSER names another one than is found.
    """
    paper.browser()  # a missing one is told before the work
    _make_pages(workers, cluster)
    warn_without_chinese_font()
    root = data.root()
    click.echo("Printing ...")
    target = root / "_build" / f"{takeaway.BASENAME}.pdf"
    sheets = paper.write_pdf(root, root / "_build" / "html", target)
    click.echo(f"The book on paper: {target.relative_to(root)}, {sheets} sheets")


@main.command("epub")
@spread
@plainly
def epub_command(workers: int | None, cluster: str | None) -> None:
    """Run what is stale, check every finding, then make _build/cybergov.epub."""
    root = _hold_outputs(workers, cluster)
    click.echo("Making the EPUB ...")
    aside = root / "_build" / "aside-epub"
    _jupyter_book(root, aside, "--builder", "custom", "--custom-builder", "epub")
    target = root / "_build" / f"{takeaway.BASENAME}.epub"
    (aside / "_build" / "epub" / target.name).replace(target)
    shutil.rmtree(aside, ignore_errors=True)
    click.echo(f"The book for electronic readers: {target.relative_to(root)}")


def _hold_outputs(workers: int | None, cluster: str | None) -> Path:
    """Run what is stale and hold the findings to the ledger; gives the book's folder."""
    root = data.root()
    outcomes = run.run(run.chapters(root), workers=workers, root=root, cluster=cluster)
    _show_summary(outcomes)
    if run.failures(outcomes):
        sys.exit(FAILED)
    _hold_to_ledger("Nothing was made, for findings do not hold:")
    return root


def _make_pages(workers: int | None, cluster: str | None) -> None:
    root = _hold_outputs(workers, cluster)
    stamp, pages = root / "_build" / "pages", root / "_build" / "html"
    state = run.book_digest(root)
    if stamp.exists() and stamp.read_text() == state and (pages / "index.html").exists():
        click.echo("The pages are as they should be: _build/html/index.html")
        return
    click.echo("Making the pages ...")
    aside = root / "_build" / "aside"
    _jupyter_book(root, aside)
    _put_in_place(aside / "_build" / "html", pages)
    shutil.rmtree(aside, ignore_errors=True)
    write_atomically(stamp, state)
    click.echo("The book: _build/html/index.html")


def _jupyter_book(root: Path, aside: Path, *options: str) -> None:
    """Make the book into a folder aside, and end the command if anything is wrong with it."""
    # Made from nothing, for what Sphinx keeps between builds hides old warnings and leaves old pages;
    # and aside, so that a warning, a full disk or a kill never leaves half a book.
    shutil.rmtree(aside, ignore_errors=True)
    program = shutil.which("jupyter-book", path=str(Path(sys.executable).parent)) or shutil.which(
        "jupyter-book"
    )
    if program is None:
        raise BookError(
            "jupyter-book is not installed beside this Python: make the environment with `make env`."
        )
    # Its own messages name the folder aside; warnings and errors come on the other stream.
    made = subprocess.run(
        [
            program,
            "build",
            str(root),
            "--path-output",
            str(aside),
            "-W",
            "-n",
            "--keep-going",
            "-q",
            *options,
        ],
        check=False,
        stdout=subprocess.DEVNULL,
    )
    if made.returncode:
        click.secho("It was not made; what was there before still stands.", fg="red", err=True)
        sys.exit(FAILED)


def _put_in_place(made: Path, place: Path) -> None:
    new, old = place.with_name("html.new"), place.with_name("html.old")
    try:
        shutil.rmtree(new, ignore_errors=True)
        made.rename(new)
        shutil.rmtree(old, ignore_errors=True)
        if place.exists():
            place.rename(old)
        new.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        if not place.exists() and old.exists():
            old.rename(place)
        raise BookError(f"The pages could not be put into {place.name}: {error.strerror}.") from None


@main.command("robustness")
@click.argument("indicators", nargs=-1, metavar="[INDICATOR ...]")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(robustness.KINDS),
    help="Other choices, tables without a state, or placebo worlds; default: all three.",
)
@click.option(
    "--at-most",
    type=click.IntRange(min=1),
    default=robustness.GRID,
    show_default=True,
    help="Combinations of choices an indicator; of more, a seeded sample.",
)
@click.option(
    "--worlds",
    type=click.IntRange(min=1),
    default=robustness.WORLDS,
    show_default=True,
    help="Placebo worlds an indicator.",
)
@spread
@click.option("--accept", "accepting", is_flag=True, help="Write the rows as data/robustness.csv.")
@plainly
def robustness_command(
    indicators: tuple[str, ...],
    kinds: tuple[str, ...],
    at_most: int,
    worlds: int,
    workers: int | None,
    cluster: str | None,
    accepting: bool,
) -> None:
    """Ask of every INDICATOR (or all of a claim; default: all) what other choices would have said.

    Its chapter runs again under every declared choice, without each state that its tables name, and
    over placebo tables in which what it asks for is not there. Rows are kept as they come: a run that
    was stopped goes on where it was, and only what changed runs again.
    """
    root, declared = data.root(), findings.all_declared()
    whole = not indicators and not kinds and (at_most, worlds) == (robustness.GRID, robustness.WORLDS)
    if accepting and not whole:
        raise BookError(
            "Only the rows of all indicators, of all kinds and in their usual numbers are accepted."
        )
    cases = robustness.planned(
        robustness.find(indicators, declared),
        kinds=kinds or robustness.KINDS,
        at_most=at_most,
        worlds=worlds,
        root=root,
    )
    rows, foundations = robustness.Rows(root), robustness.Foundations(root)
    due = robustness.due(cases, set(rows.fresh(foundations)))
    click.echo(f"{len(cases):,} runs, of which {len(due):,} are due.")
    lost = robustness.execute(due, rows, foundations, workers=workers, cluster=cluster)
    frame = robustness.collected(cases, rows, set(rows.fresh(foundations)))
    click.echo(_robustness_table(robustness.summary(frame, declared)))
    click.echo(f"{len(frame):,} rows: {robustness.write_table(frame, root).relative_to(root)}")
    if lost:
        click.secho(f"\n{len(lost)} runs came to no end and are due again:", fg="red", err=True)
        click.echo(run.failures_table(lost[:20]), err=True)
        sys.exit(FAILED)
    if accepting:
        click.echo(robustness.accept(frame, root))


def _robustness_table(summary: pd.DataFrame) -> str:
    rows = [
        (
            name,
            row["published"] or "–",
            f"{row['share']:.2f} of {row['specifications']}" if row["specifications"] else "–",
            ", ".join(row["turned_by"]) or "–",
            ", ".join(row["turned_without"][:5]) + (" ..." if len(row["turned_without"]) > 5 else "")
            if row["without"]
            else "–",
            f"{row['worlds_support']} of {row['worlds']}" if row["worlds"] else "–",
            row["errors"] or "–",
        )
        for name, row in summary.iterrows()
    ]
    headers = ["indicator", "supports", "share", "turned by", "without", "placebo", "errors"]
    return tabulate(rows, headers=headers, disable_numparse=True, maxcolwidths=[None, None, None, 40, 30])


@main.command("tables")
@plainly
def tables_command() -> None:
    """List the tables of the data package: rows, years, states covered, licence."""
    listed = data.tables()
    listed.insert(
        2,
        "years",
        [codebook.years(*span) for span in zip(listed["first_year"], listed["last_year"], strict=True)],
    )
    listed = listed.drop(columns=["first_year", "last_year"])
    click.echo(tabulate(listed.to_numpy().tolist(), headers=list(listed.columns), disable_numparse=[2]))
    click.echo(f"{len(listed)} tables, {listed['rows'].sum():,} rows. How to read one: data.load(NAME).")


@main.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--as", "table", help="The table that the file stands in for.")
@plainly
def validate(file: Path | None, table: str | None) -> None:
    """Check the whole data package, or your own FILE --as TABLE; every error by row and column.

    Without FILE every table is held to its schema, and then all tables to what must hold between
    them: totals, scales, dates, sources, and what may be given away.
    """
    if file is None and table is None:
        _validate_package()
        return
    if file is None or table is None:
        raise BookError(
            "To check your own file, name it and the table that it stands in for: "
            "cybergov validate FILE --as TABLE."
        )
    errors = data.validate(file, table)
    for error in errors:
        click.echo(error, err=True)
    if errors:
        sys.exit(MISUSED)
    click.echo(f"{file} can stand in for the table {table}.")


def _validate_package() -> None:
    names = list(data.descriptors())
    problems: list[str] = []
    with click.progressbar(names, label="tables", file=sys.stderr, show_pos=True) as bar:
        for name in bar:
            problems += [problem for problem in data.validate_table(name) if problem not in problems]
    if problems:
        # What joins tables cannot be looked at while one of them is broken.
        click.echo("\n".join(problems), err=True)
        click.secho(
            f"{len(problems)} problems in the tables; what must hold between them was not checked.",
            fg="red",
            err=True,
        )
        sys.exit(MISUSED)
    click.echo(f"All {len(names)} tables keep to their schemas.\n")
    results = checks.run_all()
    rows = [(result.name, f"{result.checked:,}", len(result.problems) or "–") for result in results]
    click.echo(
        tabulate(
            rows, headers=["what must hold", "looked at", "problems"], colalign=("left", "right", "right")
        )
    )
    found = [problem for result in results for problem in result.problems]
    if found:
        click.echo("\n" + "\n".join(found), err=True)
        sys.exit(MISUSED)


for command in teaching.COMMANDS:
    main.add_command(command)
