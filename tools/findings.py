"""Write docs/findings.md from the detectors' docstrings, which are the manual."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from pcapsleuth.detect import registry

PAGE = Path(__file__).parents[1] / "docs" / "findings.md"

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


def page() -> str:
    """Compose the page."""
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


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
