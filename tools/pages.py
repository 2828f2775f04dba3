"""Write what the documents take from the program: docs/findings.md, and the sample in the README.

The findings come from the detectors' docstrings, which are the manual; the sample is what `make demo` prints.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from pcapsleuth.detect import registry

ROOT = Path(__file__).parents[1]
FINDINGS = ROOT / "docs" / "findings.md"
README = ROOT / "README.md"

BEGIN, END = "<!-- sample, written by `make docs` -->\n", "<!-- end of sample -->\n"

HEAD = """\
# Findings

<!-- Written by `make docs` from the docstrings in pcapsleuth/detect/detectors/: change those. -->

What `pcapsleuth` may say of a session, one chapter each. The same text in the terminal: `pcapsleuth explain LABEL`.

A finding is written `label` or `label:SUBJECT`. In a subject the verb is the one that the client sent, the keyword the
one that the server sent. Beside it stand how sure it is (proven, likely, possible), whether mail failed of it (caused,
could have caused, none seen), and on which stretch of the path it was done.

| label | in a sentence |
| --- | --- |
"""


def findings() -> str:
    """Compose the page of findings."""
    chapters = sorted(registry.modules(), key=lambda module: labels(module)[0])
    rows = sorted((label, summary(module), anchor(module)) for module in chapters for label in labels(module))
    table = "".join(f"| [`{label}`](#{target}) | {sentence} |\n" for label, sentence, target in rows)
    return HEAD + table + "".join(f"\n{chapter(module)}" for module in chapters)


def labels(module: ModuleType) -> list[str]:
    """List what a detector may say."""
    return list(module.LABELS)


def manual(module: ModuleType) -> list[str]:
    """Return the lines of a detector's docstring."""
    return inspect.cleandoc(module.__doc__ or "").splitlines()


def summary(module: ModuleType) -> str:
    """Return the first sentence of a detector's docstring."""
    return manual(module)[0]


def anchor(module: ModuleType) -> str:
    """Name a chapter as Markdown renderers do: lower case, commas dropped, blanks to hyphens."""
    return ", ".join(labels(module)).replace(",", "").replace(" ", "-")


def chapter(module: ModuleType) -> str:
    """Compose the chapter of one detector."""
    return "\n".join([f"## {', '.join(labels(module))}", "", summary(module), *sections(manual(module)[1:])]) + "\n"


def sections(lines: list[str]) -> Iterator[str]:
    """Turn the sections of a docstring, headings with indented text below, into Markdown."""
    text: list[str] = []
    for line in [*lines, "end"]:
        if line and not line.startswith(" "):
            yield from textwrap.dedent("\n".join(text)).rstrip().splitlines()
            text = []
            if line != "end":
                yield from ("", f"**{line}**", "")
        else:
            text.append(line)


def readme() -> str:
    """Return the README with the sample as the program prints it today."""
    head, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n```\n{sample()}```\n\n{END}{tail}"


def sample() -> str:
    """Run the demo of the Makefile, on a terminal of 80 columns."""
    demo = re.findall(r"^DEMO \?= (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0]
    pair = [f"fixtures/pcaps/{demo}/{side}.pcap" for side in ("outside", "inside")]
    command = [sys.executable, "-m", "pcapsleuth", "compare", *pair]
    environment = os.environ | {"COLUMNS": "80", "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 1:
        raise RuntimeError(done.stderr)
    return done.stdout


def main() -> int:
    """Write the pages."""
    FINDINGS.write_text(findings(), encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
