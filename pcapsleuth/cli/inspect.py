"""`pcapsleuth inspect`: the captures of one observation point."""

from __future__ import annotations

from typing import Any

import click

from pcapsleuth.cli.options import selecting, wishes
from pcapsleuth.cli.output import Outputs, status, writing
from pcapsleuth.cli.sides import checked


@click.command
@click.argument("captures", nargs=-1, required=True, metavar="CAPTURE...")
@selecting
@writing
def command(captures: tuple[str, ...], *, exit_zero: bool, **given: Any) -> int:  # noqa: ANN401  click's values
    """Look at the SMTP sessions of one observation point.

    Several files are one capture, in the order of their time; - is standard input.
    """
    from pcapsleuth import case

    wanted = wishes(given)
    outputs = Outputs(given, checked(captures).files)
    outputs.begin("inspect")
    report = case.inspect(*captures, options=wanted.options, watch=outputs)
    outputs.finish(report, wanted.zone)
    return status(report, exit_zero=exit_zero)
