"""`pcapsleuth simulate`: both views of a clean session, as a device would have made them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pcapsleuth.devices.recording import Recording
    from pcapsleuth.devices.wire import Packet
    from pcapsleuth.profiles.profile import Profile

NOTE = (
    "Made by pcapsleuth simulate from a clean capture. What that cannot know is synthetic: what the device says, "
    "what the server is assumed to answer, what the client is assumed to do then.\n"
)


@click.command
@click.argument("profile")
@click.argument("capture", metavar="IN", type=click.Path(exists=True, dir_okay=False))
@click.argument("outside", metavar="OUT_OUTSIDE", type=click.Path(dir_okay=False))
@click.argument("inside", metavar="OUT_INSIDE", type=click.Path(dir_okay=False))
@click.option("--outbound", is_flag=True, help="The client is on the inside; without it, on the outside.")
@click.option("--profiles", multiple=True, metavar="DIR", help="A folder with device profiles of your own; repeatable.")
@click.option("--port", "ports", multiple=True, type=click.IntRange(1, 65535), default=[25], show_default=True)
def command(
    profile: str,
    capture: str,
    outside: str,
    inside: str,
    *,
    outbound: bool,
    profiles: tuple[str, ...],
    ports: tuple[int, ...],
) -> int:
    """Write both views of the clean sessions of IN, as the device of PROFILE would have made them.

    OUT_OUTSIDE and OUT_INSIDE are pcapng where their names say so, with a comment on every packet that is not from
    the capture; as pcap they get a note beside them, NAME.txt.
    """
    from pcapsleuth.devices.simulate import simulate
    from pcapsleuth.profiles.profile import load

    device = chosen(load(profiles), profile)
    result = simulate(device, recorded(capture, ports))
    sides = (result.server, result.client) if outbound else (result.client, result.server)
    for path, packets in zip((outside, inside), sides, strict=True):
        write(Path(path), packets)
    if result.left_out:
        click.echo(f"{result.left_out} sessions have missing bytes and were left out.", err=True)
    click.echo(f"{result.synthetic} packets are synthetic; they are marked. {device.name}.", err=True)
    if not result.synthetic and _alike(result.client, result.server):
        click.echo("The device found nothing to do in these sessions: both views say the same.", err=True)
    return 0


def _alike(client: list[Packet], server: list[Packet]) -> bool:
    """Whether both views have the same segments, wherever their ends have other addresses."""
    one, other = ([(p.seq, p.ack, p.flags, p.payload, p.options) for p in view] for view in (client, server))
    return one == other


def chosen(profiles: dict[str, Profile], name: str) -> Profile:
    """The profile of a name."""
    from pcapsleuth.errors import OptionError

    if name not in profiles:
        raise OptionError(f"there is no device profile {name!r}; there are: {', '.join(profiles)}")
    return profiles[name]


def recorded(capture: str, ports: tuple[int, ...]) -> list[Recording]:
    """The sessions of a capture, with their bytes."""
    from pcapsleuth.capture.reader import CaptureReader
    from pcapsleuth.devices.recording import Recorder, Recording
    from pcapsleuth.errors import CaptureError
    from pcapsleuth.tcp.table import ConnectionTable

    table = ConnectionTable(Recorder)
    found = [one for batch in CaptureReader([capture], ports) for one in table.feed(batch)] + table.close()
    sessions = [one for one in found if isinstance(one, Recording)]
    if not sessions:
        raise CaptureError(f"{capture}: holds no SMTP session; check the file and --port")
    return sorted(sessions, key=lambda one: one.dialogue.connection.index)


def write(path: Path, packets: list[Packet]) -> None:
    """Write a capture file, and a note beside one that has no room for comments."""
    from pcapsleuth.devices.written import pcap, pcapng

    if path.suffix == ".pcapng":
        path.write_bytes(pcapng(packets))
        return
    path.write_bytes(pcap(packets))
    lines = [f"frame {n}: {packet.comment}\n" for n, packet in enumerate(packets, 1) if packet.comment]
    path.with_name(f"{path.name}.txt").write_text(NOTE + "".join(lines), encoding="utf-8")
