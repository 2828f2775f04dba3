"""The pages of the devices are current."""

from __future__ import annotations

from tools import device_pages


def test_the_pages_of_the_devices_are_current() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in device_pages.FOLDER.glob("*.md")}

    assert written == device_pages.pages(), "run `python tools/device_pages.py`"


def test_a_page_has_what_a_reader_needs() -> None:
    page = device_pages.pages()["cisco-asa-esmtp.md"]
    heads = [line for line in page.splitlines() if line.startswith("## ")]

    assert heads == [
        "## What it does on the wire",
        "## Limits",
        "## How to recognise it",
        "## What it could be instead",
        "## Look first, change nothing",
        "## Remedies, smallest first",
        "## Sources",
    ]
    assert page.index("**Warning.**") < page.index("```")
    assert "recalled, no source found" in device_pages.pages()["cisco-ftd.md"]
