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


@dataclass(frozen=True)
class Program:
    """A running program, and the file that takes down what it says."""

    process: subprocess.Popen[bytes]
    said: Path


@dataclass
class Room:
    """Starts programs inside the namespaces and ends exactly those."""

    net: Network
    scratch: Path
    running: list[Program] = field(default_factory=list)

    def start(self, side: str, command: list[str], hostname: str = "host.example.net") -> Program:
        """Start a program that stays."""
        said = self.scratch / f"program-{len(list(self.scratch.glob('program-*')))}"
        with said.open("w") as stream:
            whole = [*self.net.enter(side, hostname), *command]
            process = subprocess.Popen(whole, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
        program = Program(process, said)
        self.running.append(program)
        return program

    def run(self, side: str, command: list[str], hostname: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program to its end, whatever its exit status: clients fail here on purpose."""
        whole = [*self.net.enter(side, hostname), *command]
        return subprocess.run(whole, check=False, capture_output=True, text=True, input=text, timeout=180)

    def stop(self, program: Program, how: int = signal.SIGTERM) -> str:
        """End a program that was started here and return what it said."""
        if program.process.poll() is None:
            program.process.send_signal(how)
        try:
            program.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            program.process.kill()
            program.process.wait()
        self.running.remove(program)
        return program.said.read_text()

    def stop_all(self) -> None:
        """End what still runs, last started first."""
        for program in reversed(self.running.copy()):
            self.stop(program)

    def await_word(self, program: Program, word: str, patience: float = 10) -> None:
        """Wait until a program has said something."""
        deadline = time.monotonic() + patience
        while word not in program.said.read_text():
            if time.monotonic() > deadline or program.process.poll() is not None:
                msg = f"{program.process.args!r} does not say {word!r}: {program.said.read_text()}"
                raise LabError(msg)
            time.sleep(0.02)

    def await_port(self, side: str, address: str, patience: float = 10) -> None:
        """Wait until something listens on port 25 of an address."""
        deadline = time.monotonic() + patience
        wanted = f"[{address}]:25" if ":" in address else f"{address}:25"
        while wanted not in self.net.run(side, "ss", "-Hltn"):
            if time.monotonic() > deadline:
                msg = f"nothing listens on {wanted}"
                raise LabError(msg)
            time.sleep(0.05)
