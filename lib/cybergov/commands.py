"""What the commands share: how errors are told, where chapters run, exit statuses."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from cybergov import paper
from cybergov.errors import BookError, BriefError

#: Exit statuses: something failed or does not hold; the command was given something unusable.
FAILED, MISUSED = 1, 2


def plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Show errors that are meant for the user as one sentence; exit status 2, or 1 where the work failed."""

    @wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except BookError as error:
            click.secho(str(error), fg="red", err=True)
            sys.exit(FAILED if isinstance(error, BriefError) else MISUSED)
        except KeyboardInterrupt:
            click.secho(
                "Interrupted; what was finished is kept, what was there before still stands.", err=True
            )
            sys.exit(130)

    return wrapped


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where chapters run."""
    workers = click.option(
        "--workers", type=click.IntRange(min=1), help="Chapters at a time; default: one more than cores."
    )
    cluster = click.option(
        "--cluster", metavar="ADDRESS", help="A Dask scheduler whose workers run the chapters."
    )
    return workers(cluster(command))


def warn_without_chinese_font() -> None:
    """Say before something is printed that its Chinese will be empty boxes, if it will."""
    if not paper.has_chinese_font():
        click.secho(
            "No font with Chinese characters was found, and the abstracts in Chinese need one, such as "
            "Debian's fonts-noto-cjk: they will be empty boxes.",
            fg="yellow",
            err=True,
        )
