"""Write what the documents take from the program: docs/findings.md, docs/symptoms.md, the sample in the README.

The findings come from the detectors' docstrings, which are the manual, the symptoms from their table; the sample is
what `make demo` prints.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from pcapsleuth.detect import registry
from pcapsleuth.report.manuals import chapter, summary
from pcapsleuth.symptoms.manual import manual
from pcapsleuth.symptoms.table import TABLE, Entry

ROOT = Path(__file__).parents[1]
FINDINGS = ROOT / "docs" / "findings.md"
SYMPTOMS = ROOT / "docs" / "symptoms.md"
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

SYMPTOMS_HEAD = """\
# Symptoms

<!-- Written by `make docs` from pcapsleuth/symptoms/table.py: change that. -->

What people notice when a firewall inspects SMTP, after Microsoft's article KB 320027, and how each shows in captures.
A report says of each whether it is **seen** (with the findings that bear witness), **not seen**, or **cannot be told**
from these captures, and then why not and which capture would tell: `pcapsleuth explain S6` has it for S6.

A symptom that is not seen is not seen in this traffic; that it never happens, no capture says. What the server refuses
of its own accord, the same on both sides, is never a symptom of the firewall.

The article's own test, a command that does not exist (`goodmorning`), is recognised where somebody made it: the report
says what answered, and who. With Mailguard off the server refuses it with `500`; early releases of Mailguard answer
`OK`. The article's two texts contradict each other for later releases, so what was seen is told. A clean result from
inside proves nothing.

| symptom | what people notice |
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


def anchor(module: ModuleType) -> str:
    """Name a chapter as Markdown renderers do: lower case, commas dropped, blanks to hyphens."""
    return ", ".join(labels(module)).replace(",", "").replace(" ", "-")


def symptoms() -> str:
    """Compose the page of symptoms."""
    rows = "".join(f"| [{entry.id}](#{_anchor(entry)}) | {entry.notice} |\n" for entry in TABLE)
    return SYMPTOMS_HEAD + rows + "".join(f"\n{manual(entry)}" for entry in TABLE)


def _anchor(entry: Entry) -> str:
    """Name a chapter as Markdown renderers do."""
    return re.sub(r"[^\w -]", "", f"{entry.id}: {entry.notice}").strip().lower().replace(" ", "-")


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
    SYMPTOMS.write_text(symptoms(), encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
