"""Which files and selectors are meant by outside and inside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

SELECTORS = ("if:", "vlan:", "mac:", "net:")


@dataclass(frozen=True, slots=True)
class Sides:
    """Files of both sides; or files that saw both, and how to tell the sides apart."""

    outside: tuple[str, ...]
    inside: tuple[str, ...]
    points: tuple[str, str] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """All of them."""
        return self.outside + self.inside


def two_sides(function: F) -> F:
    """Add the arguments that name two sides."""
    options = (
        click.argument("captures", nargs=-1, metavar="[OUTSIDE INSIDE | BOTH]"),
        click.option("--outside", multiple=True, metavar="FILE|SEL", help="A file of the outside, or its selector."),
        click.option("--inside", multiple=True, metavar="FILE|SEL", help="A file of the inside, or its selector."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def sides(captures: tuple[str, ...], outside: tuple[str, ...], inside: tuple[str, ...]) -> Sides:
    """Sort out what was given; what makes no sense is bad usage."""
    selectors = [one.startswith(SELECTORS) and not Path(one).exists() for one in (*outside, *inside)]
    if any(selectors):
        if not all(selectors) or len(outside) != 1 or len(inside) != 1 or not captures:
            raise click.UsageError("Give the files that saw both sides, one --outside SEL and one --inside SEL.")
        return checked(captures, points=(outside[0], inside[0]))
    if outside or inside:
        if captures:
            raise click.UsageError("Name the captures by --outside and --inside, or as OUTSIDE INSIDE, not both ways.")
        if not outside or not inside:
            raise click.UsageError("Give captures of both sides: --outside FILE --inside FILE.")
        return checked(outside, inside)
    if len(captures) != 2:  # noqa: PLR2004  two sides
        raise click.UsageError("Give two captures, OUTSIDE and INSIDE; for several a side use --outside and --inside.")
    return checked(captures[:1], captures[1:])


def checked(outside: tuple[str, ...], inside: tuple[str, ...] = (), points: tuple[str, str] | None = None) -> Sides:
    """Refuse files that are not there, and standard input given twice, before anything is read."""
    found = Sides(outside, inside, points)
    if not outside:
        raise click.UsageError("Give at least one capture.")
    for name in found.files:
        if name != "-" and not Path(name).exists():
            raise click.UsageError(f"There is no file {name!r}. Check the path.")
    if found.files.count("-") > 1:
        raise click.UsageError("Standard input (-) can be read only once. Give a file for the other side.")
    return found
