"""Measure how fast captures become segments, beside tcpdump filtering the same file.

    python benchmarks/decode.py CAPTURE...

Each program runs three times in turn, after the file was read once into the page cache; the median counts. CPU time
and memory are those of the whole process, the start of Python included.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

RUNS = 3
FILTER = "tcp port 25 or (vlan and tcp port 25)"
DECODE = """
import sys
from pcapsleuth.capture.reader import CaptureReader
reader = CaptureReader(sys.argv[1:])
segments = sum(len(batch) for batch in reader)
print(segments, reader.account.frames)
"""


def run(command: list[str]) -> tuple[float, int, str]:
    """Return CPU seconds, peak memory in MB, and what was printed (not of `cat`, whose output is the file)."""
    output = subprocess.DEVNULL if command[0] == "cat" else subprocess.PIPE
    with subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, text=True) as process:
        printed = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, printed


def measure(path: str) -> None:
    """Print one line per program."""
    commands = {"pcapsleuth": [sys.executable, "-c", DECODE, path], "cat": ["cat", path]}
    if shutil.which("tcpdump"):
        commands["tcpdump"] = ["tcpdump", "-nr", path, FILTER, "-w", "/dev/null"]
    size = Path(path).stat().st_size
    run(["cat", path])
    results = {name: [run(command) for _ in range(RUNS)] for name, command in commands.items()}
    segments, frames = map(int, results["pcapsleuth"][0][2].split())
    print(f"{path}: {size / 1e6:.0f} MB, {frames} frames, {segments} segments")
    for name, runs in results.items():
        seconds = statistics.median(run[0] for run in runs)
        memory = max(run[1] for run in runs)
        print(f"  {name:10} {seconds:6.2f} CPU s  {frames / seconds / 1e6:6.2f} M frames/s  {memory:4} MB")


def main() -> None:
    """Measure each file that is named."""
    if len(sys.argv) == 1:
        raise SystemExit(__doc__)
    os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent)
    for path in sys.argv[1:]:
        measure(path)
    # What this program itself needs is the floor of what wait4 can report for its children.
    print(f"floor of the memory column: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
