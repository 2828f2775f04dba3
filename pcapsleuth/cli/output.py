"""Where results go: standard output or files, each in its format."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from pcapsleuth.report.formats import FORMATS, form_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from pcapsleuth.report.model import Report

F = TypeVar("F", bound=Callable[..., Any])

REFRESH = 0.2
"""Seconds between two words of progress."""


def writing(function: F) -> F:
    """Add the options that say where results go and how they look."""
    options = (
        click.option(
            "--format",
            "form",
            type=click.Choice(tuple(FORMATS)),
            default="text",
            show_default=True,
            help="Of standard output, and of files whose suffix says nothing.",
        ),
        click.option(
            "-o",
            "--output",
            "outputs",
            multiple=True,
            metavar="FILE",
            help="Write to FILE (- is standard output) in the format of its suffix; repeatable.",
        ),
        click.option("--all", "everything", is_flag=True, help="Show every session in the text, not the first 40."),
        click.option("--exit-zero", is_flag=True, help="Exit with 0 where findings would make it 1."),
    )
    for option in reversed(options):
        function = option(function)
    return function


class Output:
    """One place that results go to."""

    def __init__(self, name: str, form: str) -> None:
        self.name = name
        self.form = form_of(name) or form
        self.terminal = name == "-" and sys.stdout.isatty()
        self._file: BinaryIO = sys.stdout.buffer if name == "-" else Path(name).open("wb")  # noqa: SIM115  see close

    def write(self, data: bytes) -> None:
        """Write, unless whoever reads has gone away."""
        try:
            self._file.write(data)
        except BrokenPipeError:
            self._hush()

    def flush(self) -> None:
        """Let the reader have what there is."""
        try:
            self._file.flush()
        except BrokenPipeError:
            self._hush()

    def close(self) -> None:
        """Be done."""
        self.flush()
        if self.name != "-":
            self._file.close()

    def _hush(self) -> None:
        """Send what is still to come nowhere: the reader has seen enough, and that is no error."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._file.fileno())
        os.close(nowhere)


def refuse_captures(names: Iterable[str], inputs: Iterable[str]) -> None:
    """Refuse to write over what is to be read."""
    for name in names:
        if name != "-" and any(_same(name, path) for path in inputs):
            message = f"{name!r} is one of the captures; choose another file for the results"
            raise click.BadParameter(message, param_hint="-o")


class Outputs:
    """All places that results go to, and the standard error for everything else."""

    def __init__(self, given: dict[str, Any], inputs: Iterable[str]) -> None:
        """Open them at once: a path that cannot be written must not wait for the end of a long reading."""
        names = given["outputs"] or ("-",)
        refuse_captures(names, inputs)
        self._all = [Output(name, given["form"]) for name in dict.fromkeys(names)]
        self._everything: bool = given["everything"]
        self._shown = -1.0

    @property
    def reads_along(self) -> bool:
        """Whether a terminal shows the text, which holds all that standard error would say."""
        return sys.stderr.isatty() and any(one.terminal and one.form == "text" for one in self._all)

    @property
    def follows(self) -> bool:
        """Whether a format wants each session as soon as it is known."""
        return any(one.form == "jsonl" for one in self._all)

    def begin(self, mode: str) -> None:
        """Write what is known before anything is read."""
        from pcapsleuth.report.jsonfile import head_line

        for output in self._all:
            if output.form == "jsonl":
                output.write(head_line(mode))

    def session(self, document: bytes) -> None:
        """Write a session as soon as it is known, where the format allows it."""
        from pcapsleuth.report.jsonfile import raw_line

        for output in self._all:
            if output.form == "jsonl":
                output.write(raw_line("session", document))
                output.flush()

    def read(self, done: int, total: int | None) -> None:
        """Show how far reading is, on a terminal, some times a second."""
        if sys.stderr.isatty() and time.monotonic() - self._shown >= REFRESH:
            self._shown = time.monotonic()
            share = f"{100 * done // total} %" if total else f"{done >> 20} MiB"
            sys.stderr.write(f"\rReading {share:10}")
            sys.stderr.flush()

    def finish(self, report: Report, zone: tzinfo) -> None:
        """Write the report everywhere, and the account of what was read to standard error."""
        if self._shown >= 0:
            sys.stderr.write("\r" + " " * 20 + "\r")
        for output in self._all:
            for piece in pieces(report, zone, output, everything=self._everything):
                output.write(piece)
            output.close()
        if not self.reads_along:
            self._account(report, zone)

    def _account(self, report: Report, zone: tzinfo) -> None:
        """What was read, and what stands in the way of an answer."""
        from pcapsleuth.report.account import read
        from pcapsleuth.report.look import Look
        from pcapsleuth.report.model import Status

        for capture in report.captures:
            click.echo(read(capture, Look(zone=zone)), err=True)
        for failure in report.failures:
            click.echo(f"Error: {failure}", err=True)
        if report.verdict.status is Status.CANNOT_TELL:
            click.echo(f"Error: {report.verdict.text}", err=True)


def pieces(report: Report, zone: tzinfo, output: Output, *, everything: bool) -> Iterable[bytes]:
    """What is still to be written of a report in the format of an output."""
    from pcapsleuth.report import formats, jsonfile
    from pcapsleuth.report.look import Look

    look = Look(width(output), zone, everything, colour(output))
    if output.form == "text":
        from pcapsleuth.report.text import text

        return (encoded(line, output) for line in text(report, look))
    # Of the JSON lines the first ones went out before.
    return jsonfile.lines(report) if output.form == "jsonl" else formats.pieces(report, output.form, look)


def width(output: Output) -> int:
    """The columns of the text: of the terminal within reason, eighty anywhere else."""
    from pcapsleuth.report.look import WIDEST, WIDTH

    return min(max(shutil.get_terminal_size().columns, WIDTH), WIDEST) if output.terminal else WIDTH


def colour(output: Output) -> bool:
    """Whether the terminal wants colour (no-color.org)."""
    return output.terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def encoded(line: str, output: Output) -> bytes:
    """A line in the encoding of where it goes; what that has no letter for is escaped."""
    encoding = (sys.stdout.encoding or "utf-8") if output.name == "-" else "utf-8"
    return f"{line}\n".encode(encoding, errors="backslashreplace")


def _same(name: str, path: str) -> bool:
    """Whether two paths are one file."""
    try:
        return Path(name).samefile(path)
    except OSError:
        return False


def status(report: Report, *, exit_zero: bool) -> int:
    """The exit code of a report."""
    if report.interrupted:
        return 130
    return 0 if exit_zero and report.exit_status == 1 else report.exit_status
