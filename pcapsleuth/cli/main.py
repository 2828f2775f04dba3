"""The command line: finds the commands, and turns what happens into exit codes.

Only this file ends the process or prints an error. 0: nothing of severity warning or above; 1: such findings;
2: trouble; 130: interrupted. A fault of our own is trouble too: Python's own exit code for it would read as findings.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from pcapsleuth.errors import PcapsleuthError
from pcapsleuth.spool.garbage import collected_seldom
from pcapsleuth.version import VERSION

COMMANDS = ("compare", "inspect", "show", "live", "probe", "explain", "simulate")
"""Each is a module of this package with a `command`."""

TROUBLE = 2
INTERRUPTED = 130


class Commands(click.Group):
    """Loads a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """The names, in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  the same
        """One of them."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"pcapsleuth.cli.{cmd_name}").command
        return command

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002  the signature is click's
        **extra: Any,  # noqa: ANN401  as above
    ) -> Any:  # noqa: ANN401  as above
        """Run a command and exit with its status."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except (Exception, click.Abort, KeyboardInterrupt) as error:  # noqa: BLE001  said to the user, not swallowed
            status = say(error)
        sys.exit(status)


def say(error: BaseException) -> int:
    """Tell on standard error what went wrong, and return the exit code for it."""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
    elif isinstance(error, PcapsleuthError):
        click.echo(f"Error: {error}", err=True)
    elif isinstance(error, OSError) and error.filename is not None:
        click.echo(f"Error: {error.filename}: {error.strerror}. Check the path and your rights to it.", err=True)
    else:
        traceback.print_exception(error)
        click.echo("Error: this is a fault of pcapsleuth. Please report it with the lines above.", err=True)
    return TROUBLE


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="pcapsleuth")
def cli() -> None:
    """Find out what a firewall changed in SMTP traffic, from captures of it.

    Exit status: 0 nothing worth a warning, 1 something, 2 trouble.
    """


def main() -> None:
    """Run the command line."""
    # numpy's library of linear algebra, of which nothing is used, would start threads that wait busily for work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        with collected_seldom():
            cli(prog_name="pcapsleuth")
    finally:
        gc.freeze()  # the process ends: to look through all it knows for garbage would take longer than the end itself
