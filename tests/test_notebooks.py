"""The notebooks run from beginning to end, and show what their text says they show."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

SHOWN = {
    "masked-by-a-firewall": ("failed because of it", "verb-masked:BDAT", "XXXX 0 LAST", "starttls-stripped"),
    "the-mail-that-came-thrice": ("end-of-data-lost", "reply-lost:END-OF-DATA", "disrupts SMTP"),
}
"""What each of them must have on its pages."""


def test_there_are_notebooks_and_each_is_looked_at() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(SHOWN)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# The kernel's own libraries warn of what is theirs to change.
@pytest.mark.filterwarnings("ignore")
def test_a_notebook_runs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    assert not any(cell.get("outputs") for cell in notebook.cells), "commit it without outputs"

    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(FOLDER)}}).execute()

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    everything = "".join(str(output.get("data", output.get("text", ""))) for output in outputs)
    for words in SHOWN[path.stem]:
        assert words in everything
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 2
