"""The commands for teachers: country briefs, the simulation, slides, the student edition."""

import click

#: Added to the command `cybergov`.
COMMANDS: tuple[click.Command, ...] = ()
