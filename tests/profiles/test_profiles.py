"""Profiles are data: what is shipped is sound, and what is not understood is refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcapsleuth.detect import registry
from pcapsleuth.errors import OptionError
from pcapsleuth.profiles.profile import Profile, Sure, load
from pcapsleuth.profiles.vocabulary import TERMS

SHIPPED = load()
GOOD = """
api = 1
name = "A filter"
vendor = "A"
summary = "It hides."
connection = "in-place"
sure = "reported"
[[treatments]]
does = "mask-banner"
sure = "reported"
"""
LATER = {name for name in SHIPPED if name.startswith(("cisco-asa", "cisco-ftd"))}


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


def test_every_row_of_the_evidence_has_a_profile() -> None:
    assert set(SHIPPED) >= {
        *("cisco-pix-mailhost", "cisco-pix-42-fixup", "cisco-pix-44-fixup", "cisco-pix-6-fixup", "cisco-fwsm"),
        *("cisco-pix-51-fixup-nospace", "cisco-asa-esmtp", "cisco-asa-esmtp-allow-tls", "cisco-ftd", "cisco-ios-smtp"),
        *("watchguard-firebox", "checkpoint-security-server", "symantec-raptor", "ans-interlock", "fortigate-splice"),
        *("paloalto-antivirus", "fsecure-gatekeeper", "untangle", "stormshield", "isa-2000", "trend-interscan"),
        *("avast-mail-shield", "isp-starttls-mask", "isp-tls-reset", "isp-port25-redirect", "starttls-remover"),
    }


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b" \r\n"])
def test_a_text_of_several_lines_is_known_however_they_end(end: bytes) -> None:
    text = b"214-Commands:\r\n214-\tDATA\tRCPT\tMAIL\tQUIT\tRSET\r\n214 \tHELO\tVRFY\tEXPN\tHELP\tNOOP"
    (helps,) = [one for one in SHIPPED["watchguard-firebox"].treatments if one.does == "replace-reply"]

    assert helps.says(text.replace(b"\r\n", end))
    assert not helps.says(text.replace(b"EXPN", b"EHLO"))


@pytest.mark.parametrize("profile", SHIPPED.values(), ids=lambda profile: profile.id)
def test_a_shipped_profile_says_what_it_rests_on(profile: Profile) -> None:
    entries = [(one.sources, one.sure) for one in profile.treatments]
    entries += [(one.sources, one.sure) for one in profile.limits]
    assert all(sources or sure is Sure.RECALLED for sources, sure in entries)
    assert profile.treatments
    assert profile.recognise
    assert profile.doubts


@pytest.mark.parametrize("profile", SHIPPED.values(), ids=lambda profile: profile.id)
def test_remedies_are_careful(profile: Profile) -> None:
    commands = [command for remedy in profile.remedies for command in remedy.commands]

    assert not [
        command for command in commands if re.search(r"write mem|clear xlate|reload|_default_esmtp_map", command)
    ]
    for remedy in profile.remedies:
        assert set(remedy.cures) - {"*"} <= cures()
    if profile.vendor == "Cisco":
        assert profile.warning


def cures() -> set[str]:
    """Labels, and labels with a subject, that remedies here may name."""
    labels = {*registry.labels(), "session-cut", "limit-exceeded", "esmtp-downgraded", "tls-intercepted", "reply-lost"}
    labels |= {"header-changed", "tcp-altered"}
    subjects = ("STARTTLS", "EHLO", "AUTH", "ETRN", "BDAT", "RCPT", "XEXCH50", "SIZE", "END-OF-DATA", "WSCALE")
    return labels | {f"{label}:{subject}" for label in labels for subject in subjects}


def test_commands_stand_only_where_the_release_has_them() -> None:
    for name, profile in SHIPPED.items():
        commands = [command for remedy in profile.remedies for command in remedy.commands]
        assert not (name in LATER and any("fixup" in command for command in commands))
        assert not (name.startswith("cisco-pix") and any("inspect" in command for command in commands))


def test_the_old_line_goes_before_one_with_a_map_is_added() -> None:
    remedies = [[line.strip() for line in remedy.commands] for remedy in SHIPPED["cisco-asa-esmtp"].remedies]
    adding = [lines for lines in remedies if "inspect esmtp ESMTP-OWN" in lines]
    assert adding
    for lines in adding:
        assert lines.index("no inspect esmtp") < lines.index("inspect esmtp ESMTP-OWN")


def test_what_is_recalled_is_marked() -> None:
    ftd = SHIPPED["cisco-ftd"]

    marks = {one.sure for one in ftd.treatments} | {one.sure for one in ftd.checks} | {one.sure for one in ftd.remedies}
    assert marks == {Sure.RECALLED}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("api = 1\nnam = 'x'\n" + GOOD.replace("api = 1\n", ""), r"mine\.toml: nam: is not known; allowed: .*name"),
        (GOOD.replace("api = 1", "api = 2"), r"mine\.toml: api: allowed: 1"),
        (GOOD.replace("in-place", "sideways"), r"mine\.toml: connection: 'sideways' is not known; allowed: in-place, "),
        (GOOD.replace("mask-banner", "melt"), r"treatments\[1\]: does: 'melt' is not known; allowed: mask-banner"),
        (GOOD + "filter = '*'", r"treatments\[1\]: filter: is not known; allowed: .*filler"),
        (GOOD + "filler = 1", r"treatments\[1\]: filler: must be a text"),
        (GOOD + "keep_space = 1", r"treatments\[1\]: keep_space: must be true or false"),
        (GOOD + "sources = ['S9']", r"treatments\[1\]: sources: 'S9' is not known"),
        (GOOD.replace("mask-banner", "replace-banner"), r"treatments\[1\]: reply: is missing"),
        (GOOD.replace("mask-banner", "replace-banner") + "reply = 'x'\npattern = '('", "no regular expression"),
        (GOOD.replace("mask-banner", "change-header") + "to = 'x'\nfield = 'X-.*'", "no name of a header field"),
        (GOOD.replace('name = "A filter"', ""), r"mine\.toml: name: is missing"),
        ("inherits = 'mine'\n" + GOOD, "inherits"),
        ("inherits = 'nobody'\n" + GOOD, "inherits"),
        ("[[", "is not TOML"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        load([folder(tmp_path, mine=text)])


def test_a_folder_adds_profiles_and_replaces_shipped_ones(tmp_path: Path) -> None:
    found = load([folder(tmp_path, mine=GOOD, untangle=GOOD)])

    assert found["mine"].name == found["untangle"].name == "A filter"
    assert found["untangle"] != SHIPPED["untangle"]


def test_a_profile_inherits_and_states_what_differs(tmp_path: Path) -> None:
    child = 'inherits = "cisco-asa-esmtp"\nname = "Ours"\n[sources]\nours = "a ticket"'
    found = load([folder(tmp_path, ours=child)])["ours"]
    parent = SHIPPED["cisco-asa-esmtp"]

    assert (found.name, found.treatments) == ("Ours", parent.treatments)
    assert set(found.sources) == {*parent.sources, "ours"}


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no such folder"):
        load([tmp_path / "none"])


def test_every_term_names_what_detectors_say() -> None:
    later = {
        "auth-mechanism-removed",
        "auth-mechanism-added",
        "header-changed",
        "header-added",
        "session-cut",
        "tcp-altered",
    }

    assert {label for term in TERMS.values() for label in term.labels} <= {*registry.labels(), *later}
