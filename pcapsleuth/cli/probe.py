"""`pcapsleuth probe`: ask a mail server from the client's side, and listen to how it answers."""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from pcapsleuth.cli.output import Output, colour, encoded, width, writing
from pcapsleuth.errors import PcapsleuthError

if TYPE_CHECKING:
    from pcapsleuth.probe.address import Target
    from pcapsleuth.probe.probe import Probe
    from pcapsleuth.probe.report import Answer
    from pcapsleuth.probe.talk import Said

TROUBLE, INTERRUPTED = 2, 130


def _word(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A name that makes one argument of EHLO."""
    if value is not None and (not value.isascii() or not value.isprintable() or not value or " " in value):
        raise click.BadParameter("is one word of ASCII, as in mail.example.com", param=parameter)
    return value


@click.command
@click.argument("host", required=False, metavar="[HOST[:PORT]]")
@click.option("--mx", "domain", metavar="DOMAIN", help="Ask each server that takes the mail of DOMAIN.")
@click.option("-4", "family", flag_value=int(socket.AF_INET), type=int, help="By IPv4 only.")
@click.option("-6", "family", flag_value=int(socket.AF_INET6), type=int, help="By IPv6 only.")
@click.option(
    "--ehlo", "name", callback=_word, metavar="NAME", help="The name to greet with; else the address of this machine."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 600),
    default=20.0,
    show_default=True,
    help="Seconds to wait for a connection and for each answer.",
)
@click.option(
    "--pcap",
    type=click.File("wb", lazy=False),
    metavar="FILE",
    help="Keep the conversation as a capture (pcapng by its name), made from it.",
)
@writing
def command(
    host: str | None,
    domain: str | None,
    family: int | None,
    name: str | None,
    timeout: float,
    pcap: BinaryIO | None,
    *,
    exit_zero: bool,
    **given: Any,  # noqa: ANN401  click's values
) -> int:
    """Ask a mail server what it offers, send it a verb that does not exist, and judge its answers. No mail is sent.

    Ask from outside, against the address of the MX record: from inside, a clean result proves nothing.
    """
    targets = _targets(host, domain)
    outputs = [Output(name, given["form"]) for name in dict.fromkeys(given["outputs"] or ("-",))]
    asking = _Asking(family or 0, name, timeout, outputs)
    answers: list[Answer] = []
    interrupted = False
    try:
        for target in targets:
            answers.append(asking.ask(target, answers))
    except KeyboardInterrupt:
        interrupted = True
        click.echo("Interrupted: what follows is of the servers that were asked until then.", err=True)
    if pcap is not None:
        _keep(pcap, answers)
    _finish(answers, pcap.name if pcap else None, outputs, everything=given["everything"], interrupted=interrupted)
    return INTERRUPTED if interrupted else _status(answers, exit_zero=exit_zero)


def _status(answers: list[Answer], *, exit_zero: bool) -> int:
    """The exit status: trouble comes before findings."""
    found = [one.probe for one in answers if one.probe is not None]
    if any(one.error for one in answers) or any(one.outcome.failures or one.undecided for one in found):
        return TROUBLE
    return int(any(one.suspicious for one in found) and not exit_zero)


def _targets(host: str | None, domain: str | None) -> list[Target]:
    """Whom to ask."""
    from pcapsleuth.probe.address import servers, target

    if (host is None) == (domain is None):
        raise click.UsageError("Give a HOST, or --mx DOMAIN.")
    return servers(domain) if domain else [target(host or "")]


@dataclass(frozen=True)
class _Asking:
    """How servers are asked, and where what comes of it is shown."""

    family: int
    name: str | None
    timeout: float
    outputs: list[Output]

    def ask(self, target: Target, before: list[Answer]) -> Answer:
        """Ask one, or say why it cannot be asked."""
        from pcapsleuth.probe.report import Answer

        try:
            answer = Answer(target, self._probe(target, before))
        except PcapsleuthError as error:
            click.echo(f"Error: {target}: {error}", err=True)
            return Answer(target, None, str(error))
        self._show(answer)
        return answer

    def _probe(self, target: Target, before: list[Answer]) -> Probe:
        """Say what will be done, and do it."""
        from pcapsleuth.probe.address import addresses, local_address
        from pcapsleuth.probe.probe import frames, probe
        from pcapsleuth.probe.talk import literal
        from pcapsleuth.probe.words import announcement
        from pcapsleuth.report.look import Look

        known = addresses(target, self.family)
        source = local_address(known[0], target.port)
        greet = self.name or (literal(source) if source else "probe.invalid")
        for line in announcement(f"{target} ({', '.join(known)})", source, greet, Look()):
            click.echo(line, err=True)
        past = sum(frames(one.probe) for one in before if one.probe is not None)
        one = probe(((each, target.port) for each in known), greet, self.timeout, _progress, past)
        if sys.stderr.isatty():
            click.echo(err=True)
        return one

    def _show(self, answer: Answer) -> None:
        """Show what came of it at once where text is wanted."""
        from pcapsleuth.probe.words import lines
        from pcapsleuth.report.look import Look

        if answer.probe is None:
            return
        for output in (output for output in self.outputs if output.form == "text"):
            for line in lines(answer.probe, answer.target.host, Look(width(output), colour=colour(output))):
                output.write(encoded(line, output))
            output.write(b"\n")
            output.flush()
        for failure in answer.probe.outcome.failures:
            click.echo(f"Error: the detector {failure.detector} failed ({failure.error})", err=True)


def _finish(
    answers: list[Answer], pcap: str | None, outputs: list[Output], *, everything: bool, interrupted: bool
) -> None:
    """Write the report where another format than text is wanted."""
    documents = [output for output in outputs if output.form != "text"]
    if documents:
        from pcapsleuth.probe.report import report
        from pcapsleuth.report import account, formats
        from pcapsleuth.report.look import Look

        made = report(answers, pcap, interrupted=interrupted)
        for capture in made.captures:
            click.echo(account.read(capture, Look()), err=True)
        for output in documents:
            for piece in formats.pieces(made, output.form, Look(width(output), all=everything)):
                output.write(piece)
    for output in outputs:
        output.close()


def _progress(said: Said) -> None:
    """Show on a terminal that something happens: some servers let one wait."""
    if sys.stderr.isatty():
        sys.stderr.write("." if said.who == "S" else ">")
        sys.stderr.flush()


def _keep(file: BinaryIO, answers: list[Answer]) -> None:
    """Write what was said as a capture."""
    from pcapsleuth.probe.record import MADE, capture

    file.write(capture((one.probe.talk for one in answers if one.probe is not None), file.name))
    click.echo(f"{file.name}: {MADE}.", err=True)
