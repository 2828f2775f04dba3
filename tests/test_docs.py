"""The documents are part of the product: what they name exists, what exists is in them, and nothing is stale."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcapsleuth.detect import registry
from tools import pages as written

ROOT = Path(__file__).parents[1]
SECTIONS = ("What it means", "Why it matters", "How it is proven", "What else it could be", "References")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
MACHINE_PATH = re.compile(r"(?<![\w./<])/(?:home|root|work|Users|tmp/pytest-of)/\w+")
COMMAND = re.compile(r"\b(?<!import )pcapsleuth ([a-z]+)\b(?= |$|`)")


def tracked(suffix: str = "") -> list[Path]:
    """List the files of the project: git's list where there is a repository, else the folder without hidden ones."""
    git = shutil.which("git") or "false"
    listing = subprocess.run([git, "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not any(part.startswith(".") for part in path.parts)]
    return [path for path in paths if path.name.endswith(suffix) and path.is_file()]


def pages() -> list[Path]:
    """List the project's Markdown files."""
    return tracked(".md")


def code_blocks(page: Path) -> Iterator[str]:
    """Yield every line of a page that stands in a fenced block."""
    inside = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside:
            yield line


def targets() -> set[str]:
    """Name the targets of the Makefile."""
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def anchors(page: Path) -> set[str]:
    """Name the places in a page that a link may point to."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in heads}


@pytest.fixture(scope="module")
def commands() -> set[str]:
    """Ask the program for its commands."""
    done = subprocess.run(
        [sys.executable, "-m", "pcapsleuth", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    listing = done.stdout.partition("Commands:\n")[2]
    return set(re.findall(r"^  (\w+)", listing, re.MULTILINE))


def test_make_targets_in_the_documents_exist() -> None:
    named = {
        (page.name, target)
        for page in pages()
        for target in re.findall(r"(?:`|^)make ([a-z]+)\b", page.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert {(page, target) for page, target in named if target not in targets()} == set()
    assert {target for _, target in named} >= {"demo", "test"}


def test_the_readme_opens_with_the_question_and_the_two_commands() -> None:
    head = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]

    assert "\n**What did the firewall do to my mail?**\n" in head
    assert "\nmake demo " in head
    assert "\nmake test " in head


def test_commands_in_the_documents_exist(commands: set[str]) -> None:
    named = {(page.name, name) for page in pages() for line in code_blocks(page) for name in COMMAND.findall(line)}

    assert {(page, name) for page, name in named if name not in commands} == set()
    assert ("README.md", "compare") in named


def test_every_command_explains_itself_and_is_documented(commands: set[str]) -> None:
    everything = "".join(page.read_text(encoding="utf-8") for page in pages())
    for name in sorted(commands):
        done = subprocess.run(
            [sys.executable, "-m", "pcapsleuth", name, "--help"], capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr
        assert f"pcapsleuth {name}" in everything


@pytest.mark.parametrize("module", registry.modules(), ids=lambda module: module.__name__.rpartition(".")[2])
def test_the_manual_of_a_detector_has_its_sections(module: object) -> None:
    lines = (module.__doc__ or "").splitlines()
    heads = [line for line in lines[1:] if line and not line.startswith(" ")]

    assert lines[0].endswith(".")
    assert heads == list(SECTIONS)


def test_the_page_of_findings_is_current() -> None:
    assert written.FINDINGS.read_text(encoding="utf-8") == written.findings(), "run `make docs`"


def test_the_sample_in_the_readme_is_what_the_program_prints() -> None:
    assert written.README.read_text(encoding="utf-8") == written.readme(), "run `make docs`"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_file_names_somebodys_machine() -> None:
    named = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        named += [f"{path.relative_to(ROOT)}: {found}" for found in MACHINE_PATH.findall(text)]

    assert named == []
