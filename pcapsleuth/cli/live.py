"""`pcapsleuth live`: traffic judged while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pcapsleuth.capture.live import WAYS
from pcapsleuth.cli.options import selecting, wishes
from pcapsleuth.cli.output import Outputs, encoded, status, width, writing

if TYPE_CHECKING:
    from datetime import tzinfo

    from pcapsleuth.capture.live import Interface
    from pcapsleuth.detect.finding import Finding
    from pcapsleuth.live.judging import Judged
    from pcapsleuth.report.look import Look
    from pcapsleuth.report.model import Report


@click.command
@click.argument("interface", required=False, metavar="[IFACE]")
@click.option("--outside", metavar="IFACE", help="The interface on the untrusted side of the device.")
@click.option("--inside", metavar="IFACE", help="The interface on its protected side.")
@click.option("--duration", type=click.FloatRange(min=0.1), metavar="SECONDS", help="End by itself after so long.")
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Leave the recordings in DIR."
)
@click.option("--with", "how", type=click.Choice(WAYS), help="What captures; else the first of these that is there.")
@selecting
@writing
def command(
    interface: str | None,
    outside: str | None,
    inside: str | None,
    duration: float | None,
    keep: Path | None,
    how: str | None,
    *,
    exit_zero: bool,
    **given: Any,  # noqa: ANN401  click's values
) -> int:
    """Watch interfaces, tell of sessions as they close, and report on the whole at the end (Ctrl-C).

    \b
    live IFACE                               one observation point, as inspect
    live --outside IFACE --inside IFACE      both sides of a device, as compare
    """  # noqa: D301  click's mark for lines to be left alone
    from pcapsleuth.live.run import Wish, live

    wanted = wishes(given)
    names = _interfaces(interface, outside, inside)
    outputs = Telling(given, wanted.zone)
    outputs.begin("live")
    report = live(Wish(names, wanted.options, how, keep, duration), outputs)
    outputs.finish(report, wanted.zone)
    return status(report, exit_zero=exit_zero)


def _interfaces(interface: str | None, outside: str | None, inside: str | None) -> tuple[str, ...]:
    """One interface or two; what begins with a dash would be an option of what captures."""
    if interface is not None and outside is None and inside is None:
        names: tuple[str, ...] = (interface,)
    elif interface is None and outside is not None and inside is not None:
        names = (outside, inside)
    else:
        raise click.UsageError("Give one IFACE, or --outside IFACE and --inside IFACE.")
    if any(name.startswith("-") or not name for name in names):
        raise click.UsageError("That is no name of an interface; `ip link` lists them.")
    return names


class Telling(Outputs):
    """The places that results go to, which tell of sessions as they close where their format allows it."""

    def __init__(self, given: dict[str, Any], zone: tzinfo) -> None:
        """Open them."""
        super().__init__(given, ())
        self._zone = zone
        self._ids: dict[tuple[object, ...], int] = {}
        """The provisional objects, by what they are about."""

    def began(self, interfaces: Sequence[Interface]) -> None:
        """Say what is captured, and by what."""
        for one in interfaces:
            click.echo(f"Capturing on {one.name} with {one.how}.", err=True)
        click.echo("Ctrl-C ends it and writes the report.", err=True)
        for output in self._all:
            output.flush()

    def ended(self, interface: Interface) -> None:
        """Say that an interface went away."""
        click.echo(f"Capturing on {interface.name} ended by itself; here is the report.", err=True)

    def judged(self, one: Judged) -> None:
        """Tell of a session that closed."""
        from pcapsleuth.report.look import Look

        for output in self._all:
            if output.form == "jsonl":
                for line in self._objects(one):
                    output.write(line)
            elif output.form == "text" and output.name == "-":
                for text in words(one, Look(width(output), self._zone)):
                    output.write(encoded(text, output))
            output.flush()

    def finish(self, report: Report, zone: tzinfo) -> None:
        """Write the report; lines that were written before are replaced by later ones."""
        from pcapsleuth.report.jsonfile import lines, raw_line

        for output in [one for one in self._all if one.form == "jsonl"]:
            self._all.remove(output)
            if report.mode == "inspect":
                for key in report.sessions:
                    output.write(self._superseding(raw_line("session", report.sessions.json(key))))
            for line in lines(report):
                output.write(self._superseding(line))
            output.close()
        for output in self._all:
            if output.form == "text" and output.name == "-":
                output.write(b"\n")
        super().finish(report, zone)

    def _objects(self, one: Judged) -> Iterator[bytes]:
        """The provisional objects of a session, as JSON lines."""
        from pcapsleuth.report.jsonfile import finding, line, pair
        from pcapsleuth.report.model import PairResult
        from pcapsleuth.report.session import describe, facts

        if one.comparison is not None:
            result = PairResult(one.comparison.pair, tuple(one.comparison.differences))
            objects = [("pair", pair(result))]
        else:
            objects = [("session", describe(one.dialogue, "single", None, facts(one.dialogue)))]
        for kind, value in [*objects, *(("finding", finding(each)) for each in one.findings)]:
            number = self._ids.setdefault(_about(kind, value), len(self._ids))
            yield line(kind, value | {"provisional": True, "id": number})

    def _superseding(self, line: bytes) -> bytes:
        """A line of the report, which says what it replaces."""
        import orjson

        value = orjson.loads(line)
        number = self._ids.get(_about(value["type"], value))
        if number is None:
            return line
        return orjson.dumps(value | {"supersedes": number}, option=orjson.OPT_APPEND_NEWLINE)


def _about(kind: str, value: dict[str, Any]) -> tuple[object, ...]:
    """What an object of the JSON lines is about: the same in a provisional one and in the one that replaces it."""
    names = {"pair": ("outside", "inside"), "session": ("side", "index")}
    finding = ("label", "subject", "outside", "inside", "session")
    return kind, *(value.get(name) for name in names.get(kind, finding))


def words(one: Judged, look: Look) -> Iterator[str]:
    """A session that closed, in a line, and one for each of its findings."""
    from pcapsleuth.report.columns import fit
    from pcapsleuth.report.words import moment
    from pcapsleuth.smtp.outcome import outcome

    connection = one.dialogue.connection
    numbers = f"#{connection.index}" if one.pair is None else f"#{one.pair.outside}/{one.pair.inside}"
    ends = f"{connection.client.address} to {connection.server.address}"
    yield fit(f"{moment(connection.end, look.zone)} {numbers:8} {ends}  {outcome(one.dialogue)}", look.width)
    for found in one.findings:
        yield fit(f"  {_finding(found)}", look.width)


def _finding(found: Finding) -> str:
    """A finding in a line."""
    from pcapsleuth.report.escape import harmless, visible

    text = f"{harmless(found.name)} ({found.confidence})"
    came, went = (None if part is None else f"`{visible(part)}`" for part in (found.ingress, found.egress))
    # Of a header field only its name is shown.
    if came == went:
        return f"{text} {harmless(found.summary)}"
    if found.session is not None:
        return f"{text} {went or came} seen here"
    return f"{text} {came or 'nothing'} -> {went or 'nothing'}"
