"""`pcapsleuth compare`: the captures of both sides of a device."""

from __future__ import annotations

from typing import Any

import click

from pcapsleuth.cli.options import selecting, wishes
from pcapsleuth.cli.output import Outputs, status, writing
from pcapsleuth.cli.sides import sides, two_sides


@click.command
@two_sides
@selecting
@writing
def command(
    captures: tuple[str, ...],
    outside: tuple[str, ...],
    inside: tuple[str, ...],
    *,
    exit_zero: bool,
    **given: Any,  # noqa: ANN401  click's values
) -> int:
    """Say what changed between two points that both saw the same SMTP traffic.

    \b
    compare OUTSIDE INSIDE
    compare --outside FILE [--outside FILE ...] --inside FILE [...]
    compare BOTH --outside SEL --inside SEL      SEL: if:NAME, vlan:N, mac:ADDR, net:CIDR

    OUTSIDE is the capture on the untrusted side of the device, INSIDE the one on its protected side; mail may flow
    either way. - is standard input.
    """  # noqa: D301  click's mark for lines to be left alone
    from pcapsleuth import case

    wanted = wishes(given)
    given_sides = sides(captures, outside, inside)
    outputs = Outputs(given, given_sides.files)
    outputs.begin("compare")
    report = case.compare(
        given_sides.outside, given_sides.inside, points=given_sides.points, options=wanted.options, watch=outputs
    )
    outputs.finish(report, wanted.zone)
    return status(report, exit_zero=exit_zero)
