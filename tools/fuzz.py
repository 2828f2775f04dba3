"""Damage captures in every way and run the command on them: it may end with 0, 1 or 2, and in bounded memory.

    python tools/fuzz.py 20000 [SEED] [FOLDER ...]

Each mutant is made from its number alone, so that a failure can be made again: `python tools/fuzz.py 1 NUMBER`.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path

from click.testing import CliRunner

from pcapsleuth.cli.main import cli

SEEDS = Path(__file__).parent.parent / "fixtures" / "pcaps"
MEMORY = 2 << 30
"""Bytes of address space that a run may take beyond what it began with."""
SMALL = 60_000
"""Larger captures are slow seeds and teach nothing new."""
LAWFUL = (0, 1, 2)
WORDS = (
    b"\r\n.\r\n",
    b"220 ",
    b"250-",
    b"BDAT 999999999 LAST\r\n",
    b"AUTH PLAIN ",
    b"\x00" * 16,
    b"\xff" * 4,
    b"STARTTLS\r\n",
)


def seeds(folders: list[Path]) -> list[Path]:
    """The captures that mutants are made from, in a fixed order."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file() and "cap" in path.suffix)
    return sorted(path for path in files if path.stat().st_size <= SMALL)


def mutant(data: bytes, rng: random.Random) -> bytes:
    """Damage a capture a few times over."""
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if damaged:
            _damage(damaged, rng)
    return bytes(damaged)


def _damage(data: bytearray, rng: random.Random) -> None:
    """Damage one place: bits, bytes, lengths, words of the protocol, pieces lost, doubled or moved."""
    at = rng.randrange(len(data))
    length = min(len(data) - at, rng.choice((1, 2, 4, 16, 64, 1500)))
    match rng.randrange(7):
        case 0:
            data[at] ^= 1 << rng.randrange(8)
        case 1:
            data[at : at + length] = rng.randbytes(length)
        case 2:
            data[at : at + 4] = rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 65_536)).to_bytes(
                4, rng.choice(("little", "big"))
            )
        case 3:
            del data[at : at + length]
        case 4:
            data[at:at] = data[at : at + length]
        case 5:
            word = rng.choice(WORDS)
            data[at : at + len(word)] = word
        case _:
            del data[at:]


def run(number: int, files: list[Path], folder: Path) -> tuple[int, str]:
    """Run the command on one mutant (or two, for the two sides), and return its exit status and what it was."""
    rng = random.Random(number)  # noqa: S311  to be repeatable, not secret
    chosen = rng.choice(files)
    sides = sorted(chosen.parent.glob("*side.*cap*")) if rng.random() < 0.3 else [chosen]  # noqa: PLR2004  a share
    damaged = folder / f"outside{chosen.suffix}"
    damaged.write_bytes(mutant(chosen.read_bytes(), rng))
    other = [str(path) for path in sides if path != chosen][:1]
    command = ["compare" if other else "inspect", str(damaged), *other, "--format", rng.choice(("json", "text"))]
    result = CliRunner().invoke(cli, command)
    status = result.exit_code
    fault = "this is a fault" in result.output or "Traceback" in result.output
    return (3 if fault else status), f"{chosen}: {' '.join(command)}\n{result.output[-2000:] if fault else ''}"


def main() -> int:
    """Run so many mutants; the exit status is 1 if any of them broke the command."""
    count = int(sys.argv[1])
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0  # noqa: PLR2004  an optional argument
    files = seeds([Path(name) for name in sys.argv[3:]] or [SEEDS])
    soft = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (max(soft, MEMORY * 2), resource.RLIM_INFINITY))
    statuses: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for number in range(first, first + count):
            status, what = run(number, files, Path(name))
            statuses[status] += 1
            if status not in LAWFUL:
                print(f"mutant {number} broke it: exit status {status}, {what}")
    print(f"{count:,} mutants, by exit status: {dict(sorted(statuses.items()))}")
    return int(any(status not in LAWFUL for status in statuses))


if __name__ == "__main__":
    sys.exit(main())
