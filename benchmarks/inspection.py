"""Measure `pcapsleuth inspect --format json`, beside tshark reading the same SMTP fields where it is installed.

    python benchmarks/inspection.py [--runs N] CAPTURE [-- OPTIONS OF INSPECT]

The programs run in turn, after the file was read once into the page cache; the medians count. CPU time is that of
all processes. Memory is the sum of what they have resident at the worst moment of five in a second: what they share
is counted for each of them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

RUNS = 3
PAUSE = 0.2
FIELDS = ("tcp.stream", "smtp.req.command", "smtp.response.code")


class Cost(NamedTuple):
    """What one run took."""

    wall: float
    cpu: float
    megabytes: float


def family(process: int) -> Iterator[int]:
    """A process and its descendants."""
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def resident(process: int) -> int:
    """Bytes that a process has in memory; 0 once it is gone."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def run(command: list[str]) -> Cost:
    """Run a command to its end."""
    before, begun, worst = os.times(), time.monotonic(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            worst = max(worst, sum(resident(one) for one in family(process.pid)))
            time.sleep(PAUSE)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} failed with status {process.returncode}")
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Cost(time.monotonic() - begun, cpu, worst / 1e6)


def main(words: list[str]) -> None:
    """Print a line for each program."""
    runs = RUNS
    if words[0] == "--runs":
        runs, words = int(words[1]), words[2:]
    capture, *options = [word for word in words if word != "--"]
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        inspect = [sys.executable, "-m", "pcapsleuth", "inspect", "--format", "json", "-o", out.name, *options, capture]
        commands = {"inspect": inspect, "inspect --jobs 1": [*inspect[:-1], "--jobs", "1", capture]}
        if shutil.which("tshark"):
            fields = [word for field in FIELDS for word in ("-e", field)]
            commands["tshark"] = ["tshark", "-r", capture, "-Y", "smtp", "-T", "fields", *fields]
        run(["cat", capture])
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                costs[name].append(run(command))
    for name, all_ in costs.items():
        wall, cpu, memory = (statistics.median(one[at] for one in all_) for at in range(3))
        print(f"{name:18} {wall:7.2f} s  {cpu:7.2f} CPU s  {memory:6.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
