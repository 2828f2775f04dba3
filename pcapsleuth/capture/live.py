"""An interface as a capture that has not ended: a capturing child's stream, recorded and handed on.

`dumpcap` or `tcpdump` capture where there is one of them: small programs that may hold the rights which nobody should
give to a whole interpreter. Without them Scapy captures in this process. Whatever captures writes pcap; a thread
copies that to a file and to a pipe, from which it is read like any other capture.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

from pcapsleuth.errors import CaptureError, OptionError

PROGRAMS = ("dumpcap", "tcpdump")
SCAPY = "scapy"
WAYS = (*PROGRAMS, SCAPY)
"""What can capture, in the order of preference."""

PATIENCE = 5.0
"""Seconds that a child has to end in."""

_CHUNK = 1 << 16
_TURN = 0.2
"""Seconds after which Scapy looks whether it is over."""

_DROPPED = (
    re.compile(rb"(\d+) packets? dropped by kernel"),
    re.compile(rb"received/dropped on interface .*: \d+/(\d+)"),
)
_RIGHTS = re.compile(rb"permission|not permitted|CAP_NET|privilege", re.IGNORECASE)


def bpf(ports: Sequence[int]) -> str:
    """The filter for these ports; `vlan` comes last, for it shifts what stands behind it."""
    plain = " or ".join(f"tcp port {port}" for port in ports)
    return f"({plain}) or (vlan and ({plain}))"


def way(wanted: str | None = None) -> str:
    """What will capture here."""
    if wanted in PROGRAMS and shutil.which(wanted) is None:
        raise OptionError(f"{wanted} is not installed; install it, or leave the choice to pcapsleuth")
    return wanted or next((one for one in PROGRAMS if shutil.which(one)), SCAPY)


def advice(said: bytes, interface: str, how: str) -> str:
    """Why nothing can be captured, and what to do."""
    why = [line.strip(b"() ") for line in said.splitlines() if line.strip()] or [b"it ended at once"]
    reason = next((line for line in why if _RIGHTS.search(line)), why[-1]).decode(errors="replace")
    if _RIGHTS.search(said):
        do = (
            "capturing needs rights: run as root, or on Debian `dpkg-reconfigure wireshark-common` and join the group "
            "wireshark, or `setcap cap_net_raw,cap_net_admin+ep` on dumpcap or tcpdump"
        )
    else:
        do = "check the name of the interface (`ip link`)"
    return f"{interface}: {how} cannot capture ({reason}); {do}"


class _Capturer(Protocol):
    """Whatever writes pcap to a stream until it is told to stop."""

    stream: IO[bytes]

    def stop(self) -> None:
        """Have it end soon; it may still have something to write, which must be read."""

    def wait(self) -> bytes:
        """Wait until it has ended, and return what it said."""


class _Child:
    """dumpcap or tcpdump; its own session, so that Ctrl-C at the terminal reaches us alone."""

    def __init__(self, how: str, interface: str, ports: Sequence[int]) -> None:
        command = {
            "dumpcap": ["dumpcap", "-q", "-P", "-s", "0", "-i", interface, "-f", bpf(ports), "-w", "-"],
            "tcpdump": ["tcpdump", "-n", "-U", "--immediate-mode", "-s", "0", "-i", interface, "-w", "-", bpf(ports)],
        }[how]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed by stop
        self._process = subprocess.Popen(  # noqa: S603  an argument list of our own making
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._said, start_new_session=True
        )
        assert self._process.stdout is not None  # noqa: S101  it is a pipe
        self.stream: IO[bytes] = self._process.stdout

    def stop(self) -> None:
        """End it by its number; it flushes what it has."""
        if self._process.poll() is None:
            self._process.terminate()

    def wait(self) -> bytes:
        """Wait, but not for ever."""
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.seek(0)
        with self._said:
            return self._said.read()


class _Sniffer:
    """Scapy, for where neither program is installed: a thread of ours, slower, and with our rights."""

    def __init__(self, interface: str, ports: Sequence[int]) -> None:
        # Slow to load, and seldom needed; `arch` and `inet` tell `conf` of sockets and layers.
        import scapy.arch  # noqa: PLC0415
        import scapy.layers.inet  # noqa: F401, PLC0415
        from scapy.config import conf  # noqa: PLC0415
        from scapy.utils import PcapWriter  # noqa: PLC0415

        self._socket = conf.L2listen(iface=interface, promisc=True)
        reader, writer = os.pipe()
        self.stream: IO[bytes] = os.fdopen(reader, "rb")
        self._writer = PcapWriter(os.fdopen(writer, "wb"), linktype=1, sync=True, nano=True)
        self._writer.write_header(None)
        self._ports = frozenset(ports)
        self._said = b""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Have the thread see that it is over."""
        self._stopped.set()

    def wait(self) -> bytes:
        """Wait for the thread."""
        self._thread.join(PATIENCE)
        return self._said

    def _run(self) -> None:
        """Write frames until it is over; the stream ends with the thread."""
        from scapy.sendrecv import sniff  # noqa: PLC0415  as above

        try:
            while not self._stopped.is_set():
                sniff(opened_socket=self._socket, store=False, timeout=_TURN, prn=self._keep)
        except Exception as error:  # noqa: BLE001  whatever it is, it is said when somebody asks
            self._said = str(error).encode()
        finally:
            self._writer.close()
            self._socket.close()

    def _keep(self, packet: object) -> None:
        """Write a frame that is of one of the ports."""
        if _is_wanted(packet, self._ports):
            self._writer.write(packet)


def _is_wanted(packet: object, ports: frozenset[int]) -> bool:
    """Whether a frame of Scapy's is to or from one of the ports; any layer may carry it."""
    from scapy.layers.inet import TCP  # noqa: PLC0415  loaded by the sniffer

    return TCP in packet and bool({packet[TCP].sport, packet[TCP].dport} & ports)  # type: ignore[operator, index]


class Interface:
    """One interface being captured, and recorded."""

    def __init__(self, name: str, ports: Sequence[int], record: Path, how: str) -> None:
        """Begin; raises CaptureError where that is seen at once."""
        self.name = name
        self.how = how
        self.dropped = 0
        """Frames that the kernel says it lost; known at the end."""
        self._said = b""
        self._closed = False
        reader, self._pipe = os.pipe()
        self._end = reader
        self.path = f"/dev/fd/{reader}"
        """The capture, to be read as a pipe."""
        try:
            self._source: _Capturer = _Sniffer(name, ports) if how == SCAPY else _Child(how, name, ports)
        except (OSError, ValueError) as error:
            os.close(reader)
            os.close(self._pipe)
            raise CaptureError(advice(str(error).encode(), name, how)) from error
        self._thread = threading.Thread(target=self._copy, args=(record,), daemon=True)
        self._thread.start()

    def opened(self) -> None:
        """The pipe was opened by its path: give our own end up, so that its end can be seen."""
        os.close(self._end)
        self._end = -1

    def stop(self) -> None:
        """Have the capturing end; what is on its way can still be read."""
        self._source.stop()

    def close(self) -> None:
        """Be done: whatever happened, nothing is left running."""
        if self._closed:
            return
        self._closed = True
        self.stop()
        if self._end >= 0:
            self.opened()
        self._said = self._source.wait()
        self._thread.join(PATIENCE)
        self._source.stream.close()
        for pattern in _DROPPED:
            for found in pattern.finditer(self._said):
                self.dropped = int(found[1])

    def complaint(self) -> CaptureError:
        """Why nothing came, of a capture that ended by itself."""
        self.close()
        return CaptureError(advice(self._said, self.name, self.how))

    def _copy(self, record: Path) -> None:
        """Copy the stream to the record and to the pipe, as it comes."""
        source = self._source.stream.fileno()
        with record.open("wb") as file, os.fdopen(self._pipe, "wb", buffering=0) as pipe:
            record.chmod(0o600)
            listening = True
            while data := os.read(source, _CHUNK):
                file.write(data)
                file.flush()
                listening = listening and _passed_on(pipe, data)


def _passed_on(pipe: IO[bytes], data: bytes) -> bool:
    """Write all of it; False when nobody reads any more."""
    try:
        while data:
            data = data[pipe.write(data) :]
    except BrokenPipeError:
        return False
    return True
