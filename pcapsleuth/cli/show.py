"""`pcapsleuth show`: one dialogue, side by side where there are two captures."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import Any

import click

from pcapsleuth.cli.options import CAPTURE, reading, wishes
from pcapsleuth.cli.output import Output, encoded
from pcapsleuth.cli.sides import Sides, sides, two_sides


class Number(click.ParamType):
    """A session: its number, or its side and number."""

    name = "session"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:  # noqa: ANN401
        """Read `5`, `outside:5` or `inside:5`."""
        side, _, number = str(value).removeprefix("#").rpartition(":")
        if side not in ("", "outside", "inside") or not number.isdecimal():
            self.fail(f"{value!r} is no session; write 5, outside:5 or inside:5", param, ctx)
        return side or "outside", int(number)


@click.command
@click.argument("session", type=Number(), metavar="SESSION")
@two_sides
@reading
@click.option("--one", is_flag=True, help="The captures are files of one observation point.")
def command(
    session: tuple[str, int],
    captures: tuple[str, ...],
    outside: tuple[str, ...],
    inside: tuple[str, ...],
    *,
    one: bool,
    **given: Any,  # noqa: ANN401  click's values
) -> int:
    """Show one dialogue with its frames; of two captures, OUTSIDE and INSIDE, side by side.

    SESSION is a number as the other commands give it: of the outside where there are two sides; inside:5 counts
    the inside.
    """
