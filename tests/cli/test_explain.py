"""`pcapsleuth explain`: everything that a report names has a manual, and a wrong name helps on."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from pcapsleuth.cli.main import cli
from pcapsleuth.detect import registry
from pcapsleuth.devices.manual import manual
from pcapsleuth.profiles.profile import load
from pcapsleuth.report.manuals import find, wrapped
from pcapsleuth.symptoms.table import TABLE
from tools import device_pages, pages

PROFILES = load()
FINDINGS = pages.FINDINGS.read_text(encoding="utf-8")


def explain(*words: str) -> Result:
    return CliRunner().invoke(cli, ["explain", *words])


@pytest.mark.parametrize("label", registry.labels())
def test_every_label_is_explained_as_on_its_page(label: str) -> None:
    text = find(f"{label}:SUBJECT", PROFILES)

    assert text is not None
    assert text in FINDINGS


@pytest.mark.parametrize("profile", PROFILES)
def test_every_device_is_explained_as_on_its_page(profile: str) -> None:
    page = (device_pages.FOLDER / f"{profile}.md").read_text(encoding="utf-8")

    assert find(profile, PROFILES) == manual(PROFILES[profile], PROFILES)
    assert page.endswith(manual(PROFILES[profile], PROFILES))


def test_every_symptom_is_explained_as_on_its_page() -> None:
    page = pages.SYMPTOMS.read_text(encoding="utf-8")
    for entry in TABLE:
        assert (find(entry.id.lower(), PROFILES) or "nothing") in page


def test_a_label_a_device_a_symptom() -> None:
    for name, head in (
        ("auth-mechanism-added:LOGIN", "## auth-mechanism-removed, auth-mechanism-added"),
        ("cisco-asa-esmtp", "# Cisco ASA/PIX 7+"),
        ("s6", "## S6: POP3 users"),
    ):
        done = explain(name)

        assert done.exit_code == 0
        assert done.stdout.startswith(head)


def test_without_a_name_the_lists() -> None:
    text = explain().stdout

    assert text.index("## Symptoms") < text.index("## Findings") < text.index("## Devices")
    for name in (*registry.labels(), *PROFILES, *(entry.id for entry in TABLE)):
        assert f"\n- {name}: " in text


@pytest.mark.parametrize(
    ("name", "meant"), [("verb-maskd", "verb-masked"), ("asa", "cisco-asa-esmtp"), ("banner", "banner-masked")]
)
def test_a_wrong_name_names_the_nearest(name: str, meant: str) -> None:
    done = explain(name)

    assert done.exit_code == 2
    assert meant in done.stderr


def test_nothing_near_says_where_the_lists_are() -> None:
    told = explain("\x1b[31m~~~").stderr

    assert "`pcapsleuth explain` lists" in told
    assert "\x1b" not in told


def test_commands_are_not_broken() -> None:
    long = "show " + "x" * 100

    assert list(wrapped(f"```\n{long}\n```\n- {'word ' * 30}", 40))[:3] == ["```", long, "```"]
    assert all(len(line) <= 40 for line in list(wrapped("- " + "word " * 30, 40)))


def test_a_paragraph_is_wrapped_as_one_and_a_list_stays_a_list() -> None:
    text = "One two three\nfour five\nsix.\n\n1. First\n2. Second\n- third\n- fourth\n\n```\na\nb\n```\n"
    assert list(wrapped(text, 20)) == [
        "One two three four",
        "five six.",
        *["", "1. First", "2. Second", "- third", "- fourth", "", "```", "a", "b", "```"],
    ]
