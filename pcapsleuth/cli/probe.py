"""`pcapsleuth probe`: ask a mail server from the client's side, and listen to how it answers."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pcapsleuth.cli.output import Output, colour, encoded, width
from pcapsleuth.errors import PcapsleuthError

if TYPE_CHECKING:
    from pcapsleuth.probe.address import Target
    from pcapsleuth.probe.probe import Probe
    from pcapsleuth.probe.talk import Said

TROUBLE = 2


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
@click.option("--pcap", metavar="FILE", help="Keep the conversation as a capture (pcapng by its name), made from it.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 where findings would make it 1.")
def command(
    host: str | None,
    domain: str | None,
    family: int | None,
    name: str | None,
    timeout: float,
    pcap: str | None,
    *,
    exit_zero: bool,
) -> int:
    """Ask a mail server what it offers, send it a verb that does not exist, and judge its answers. No mail is sent.

    Ask from outside, against the address of the MX record: from inside, a clean result proves nothing.
    """
    found: list[Probe] = []
    failed = False
    for server in _targets(host, domain):
        try:
            found.append(_ask(server, family or 0, name, timeout, found))
        except PcapsleuthError as error:
            failed = True
            click.echo(f"Error: {server}: {error}", err=True)
    if pcap:
        _keep(pcap, found)
    if failed or any(one.outcome.failures for one in found):
        return TROUBLE
    return int(any(one.suspicious for one in found) and not exit_zero)


def _targets(host: str | None, domain: str | None) -> list[Target]:
    """Whom to ask."""
    from pcapsleuth.probe.address import servers, target

    if (host is None) == (domain is None):
        raise click.UsageError("Give a HOST, or --mx DOMAIN.")
    return servers(domain) if domain else [target(host or "")]


def _ask(server: Target, family: int, name: str | None, timeout: float, before: list[Probe]) -> Probe:
    """Say what will be done, do it, and show what came of it."""
    from pcapsleuth.probe.address import addresses, local_address
    from pcapsleuth.probe.probe import frames, probe
    from pcapsleuth.probe.talk import literal
    from pcapsleuth.probe.words import announcement, lines
    from pcapsleuth.report.look import Look

    output = Output("-", "text")
    look = Look(width(output), colour=colour(output))
    known = addresses(server, family)
    source = local_address(known[0], server.port)
    greet = name or (literal(source) if source else "probe.invalid")
    for line in announcement(f"{server} ({', '.join(known)})", source, greet, look):
        click.echo(line, err=True)
    one = probe(((each, server.port) for each in known), greet, timeout, _progress, sum(map(frames, before)))
    _write(output, lines(one, look))
    for failure in one.outcome.failures:
        click.echo(f"Error: the detector {failure.detector} failed ({failure.error})", err=True)
    return one


def _progress(said: Said) -> None:
    """Show on a terminal that something happens: some servers let one wait."""
    if sys.stderr.isatty():
        sys.stderr.write("." if said.who == "S" else ">")
        sys.stderr.flush()


def _write(output: Output, text: Iterator[str]) -> None:
    """Write to standard output."""
    if sys.stderr.isatty():
        click.echo(err=True)
    for line in text:
        output.write(encoded(line, output))
    output.write(b"\n")
    output.flush()


def _keep(path: str, found: list[Probe]) -> None:
    """Write what was said as a capture."""
    from pcapsleuth.probe.record import MADE, capture

    Path(path).write_bytes(capture((one.talk for one in found), path))
    click.echo(f"{path}: {MADE}.", err=True)
