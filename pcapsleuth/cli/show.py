"""`pcapsleuth show`: one dialogue, side by side where there are two captures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from pcapsleuth.cli.options import selecting, wishes
from pcapsleuth.cli.output import Output, colour, encoded, refuse_captures, width
from pcapsleuth.cli.sides import Sides, checked, sides, two_sides

if TYPE_CHECKING:
    from pcapsleuth.report.look import Look
    from pcapsleuth.spool.reading import Options


def _number(_context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, int]:
    """Read `5`, `outside:5` or `inside:5`: a session by its number, or by its side and number."""
    side, _, number = value.removeprefix("#").rpartition(":")
    if side not in ("", "outside", "inside") or not number.isdecimal():
        raise click.BadParameter(f"{value!r} is no session; write 5, outside:5 or inside:5", param=parameter)
    return side or "outside", int(number)


@click.command
@click.argument("session", callback=_number, metavar="SESSION")
@two_sides
@selecting
@click.option("--one", is_flag=True, help="Two captures are two files of one observation point.")
@click.option("-o", "--output", "name", default="-", metavar="FILE", help="Write to FILE, not to standard output.")
def command(
    session: tuple[str, int],
    captures: tuple[str, ...],
    outside: tuple[str, ...],
    inside: tuple[str, ...],
    *,
    one: bool,
    name: str,
    **given: Any,  # noqa: ANN401  click's values
) -> int:
    """Show one dialogue with its frames; of two captures, OUTSIDE and INSIDE, side by side.

    SESSION is a number as the other commands give it: of the outside where there are two sides; inside:5 counts
    the inside.
    """
    from pcapsleuth.report.look import Look

    wanted = wishes(given)
    single = not (outside or inside) and (one or len(captures) != 2)  # noqa: PLR2004  two sides
    found = checked(captures) if single else sides(captures, outside, inside)
    refuse_captures((name,), found.files)
    output = Output(name, "text")
    look = Look(width(output), wanted.zone, colour=colour(output))
    for line in _one(session, found, wanted.options, look) if single else _both(session, found, wanted.options, look):
        output.write(encoded(line, output))
    output.close()
    return 0


def _one(session: tuple[str, int], given: Sides, options: Options, look: Look) -> Iterable[str]:
    """The session as one capture shows it."""
    from pcapsleuth import case
    from pcapsleuth.report.dialogue_text import one_side

    dialogue = case.session(session[1], *given.files, options=options)
    return one_side(dialogue, look, len(given.files))


def _both(session: tuple[str, int], given: Sides, options: Options, look: Look) -> Iterable[str]:
    """The session as both captures show it; as one does where it has no counterpart."""
    from pcapsleuth import case
    from pcapsleuth.compare.comparison import Comparison
    from pcapsleuth.report.dialogue_text import both_sides, one_side

    found = case.session_pair(*session, given.outside, given.inside, points=given.points, options=options)
    files = len(given.outside), len(given.inside or given.outside)
    if isinstance(found, Comparison):
        return both_sides(found, look, files)
    click.echo(f"The session was seen {session[0]} only.", err=True)
    return one_side(found, look, files[session[0] == "inside"])
