"""Where a recording happens: the network, a scratch directory, and the processes that were started there."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lab.network import Network


class LabError(Exception):
    """A recording that did not come about as its scenario says."""


@dataclass
class Room:
    """Starts programs inside the namespaces and ends exactly those."""

    net: Network
    scratch: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, side: str, command: list[str], hostname: str = "host.example.net") -> subprocess.Popen[str]:
        """Start a program that stays."""
        process = subprocess.Popen(
            [*self.net.enter(side, hostname), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self.running.append(process)
        return process

    def run(self, side: str, command: list[str], hostname: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program to its end, whatever its exit status: clients fail here on purpose."""
        whole = [*self.net.enter(side, hostname), *command]
        return subprocess.run(whole, check=False, capture_output=True, text=True, input=text, timeout=180)

    def stop(self, process: subprocess.Popen[str], how: int = signal.SIGTERM) -> str:
        """End a program that was started here and return what it said on standard error."""
        if process.poll() is None:
            process.send_signal(how)
        try:
            _, errors = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            _, errors = process.communicate()
        self.running.remove(process)
        return errors

    def stop_all(self) -> None:
        """End what still runs, last started first."""
        for process in reversed(self.running.copy()):
            self.stop(process)

    def await_port(self, side: str, address: str, patience: float = 10) -> None:
        """Wait until something listens on port 25 of an address."""
        deadline = time.monotonic() + patience
        wanted = f"[{address}]:25" if ":" in address else f"{address}:25"
        while wanted not in self.net.run(side, "ss", "-Hltn"):
            if time.monotonic() > deadline:
                msg = f"nothing listens on {wanted}"
                raise LabError(msg)
            time.sleep(0.05)
