"""The Python interface, end to end on the recorded captures."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

import pcapsleuth
from pcapsleuth import case
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.errors import OptionError
from pcapsleuth.report.jsonfile import document
from pcapsleuth.report.look import Look
from pcapsleuth.report.text import text
from pcapsleuth.smtp.dialogue import Dialogue
from tests.building import transcript, write_pcap

RECORDED = sorted(path.parent for path in (Path(__file__).parents[1] / "fixtures" / "pcaps").glob("*/expected.json"))
VALID = Draft202012Validator(json.loads((files("pcapsleuth.report") / "schema.json").read_text()))


def two_files(folder: Path) -> tuple[Path, Path]:
    named = json.loads((folder / "expected.json").read_text())["recipe"]["files"]
    return folder / named["outside"], folder / named["inside"]


def example(name: str) -> tuple[Path, Path]:
    return two_files(next(folder for folder in RECORDED if folder.name == name))


@pytest.mark.parametrize("folder", RECORDED, ids=lambda folder: folder.name)
def test_every_recording_gives_a_valid_document(folder: Path) -> None:
    outside, inside = two_files(folder)
    for report in (case.compare(outside, inside), case.inspect(outside)):
        found = b"".join(document(report))

        VALID.validate(orjson.loads(found))
        assert not report.failures
        assert all(line.isprintable() and len(line) <= 80 for line in text(report, Look()))


def test_reading_again_gives_the_same_document() -> None:
    first, second = (b"".join(document(case.compare(*example("asa-bdat-masked")))) for _ in range(2))

    assert first == second


def test_a_comparison_knows_its_exit_status() -> None:
    assert pcapsleuth.compare(*example("asa-bdat-masked")).exit_status == 1
    assert pcapsleuth.compare(*example("clean-postfix-swaks")).exit_status == 0


def test_the_same_capture_on_both_sides_is_told_first() -> None:
    outside, inside = example("body-x-run")
    report = case.compare(outside, outside)
    both = case.compare([outside], points=("net:203.0.113.0/24", "net:198.51.100.0/24"))

    assert report.verdict.sentences[0].startswith("Both sides are the same capture")
    assert report.exit_status == 0
    for other in (case.compare(outside, inside), both):
        assert not any("the same capture" in said for said in (*other.verdict.sentences, *other.verdict.limits))


def test_the_same_capture_is_told_where_it_cannot_be_judged_either(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    write_pcap(path, transcript(("S", b"220 mx ESMTP\r\n"), handshake=False))

    assert "the same capture" in case.compare(path, path).verdict.limits[0]


def test_a_selector_that_finds_nothing_is_told() -> None:
    outside, _ = example("body-x-run")
    report = case.compare([outside], points=("net:203.0.113.0/24", "vlan:7"))

    assert [limit for limit in report.verdict.limits if "vlan:7" in limit]
    assert not [limit for limit in report.verdict.limits if "net:" in limit]
    nowhere = case.compare([outside], points=("vlan:8", "vlan:7")).captures[0]
    assert (nowhere.used, dict(nowhere.skipped)) == (0, {"of-neither-point": nowhere.frames})


def test_a_blocked_connection_says_itself_why_it_has_no_partner() -> None:
    dropped = case.compare(*example("syn-dropped"))

    assert [one.outside for one in dropped.findings if one.label == "connection-blocked"] == [1, 2]
    assert not [limit for limit in dropped.verdict.limits if "No partner" in limit]


def test_what_is_kept_of_mail_is_told_in_words() -> None:
    body, field = (
        "\n".join(text(case.compare(*example(name)), Look())) for name in ("body-x-run", "subject-rewritten")
    )

    assert "first within bytes 0 to 63" in body
    assert "the header field SUBJECT passed with another value" in field
    assert "`Subject:` came in" not in field


def test_what_is_told_of_an_option_is_no_word_of_a_programming_language() -> None:
    told = [one.summary for one in case.compare(*example("clean-mss-clamped")).findings]

    assert "SACK of the handshake was changed: allowed came in, none went out" in told


def test_a_message_that_was_sent_again_is_not_called_delivered() -> None:
    told = [one.summary for one in case.compare(*example("dot-lost-postfix-resends")).findings]

    assert any(one.startswith("try 2 to deliver one message, ") for one in told)


def test_every_frame_is_accounted_for() -> None:
    report = pcapsleuth.compare(*example("clean-postfix-swaks"))

    for capture in report.captures:
        assert capture.frames == capture.used + sum(capture.skipped.values())


def test_one_session_and_its_pair() -> None:
    outside, inside = example("asa-bdat-masked")

    assert isinstance(case.session(0, outside), Dialogue)
    assert isinstance(case.session_pair("outside", 0, outside, inside), Comparison)
    with pytest.raises(OptionError, match="no session 999"):
        case.session(999, outside)
    with pytest.raises(OptionError, match="inside capture has no session 999"):
        case.session_pair("inside", 999, outside, inside)


def test_one_side_only_is_nothing_to_compare() -> None:
    with pytest.raises(OptionError, match="Nothing to compare with"):
        case.compare(example("asa-bdat-masked")[0])
    with pytest.raises(OptionError, match="no second list"):
        case.compare(*example("asa-bdat-masked"), points=("vlan:1", "vlan:2"))


def test_the_public_names() -> None:
    assert set(pcapsleuth.__all__) <= set(dir(pcapsleuth))
    for name in pcapsleuth.__all__:
        assert getattr(pcapsleuth, name) is not None
    with pytest.raises(AttributeError):
        pcapsleuth.nothing  # noqa: B018


def test_compare_is_a_function_though_a_subpackage_has_its_name() -> None:
    code = "import pcapsleuth.compare.pairing, pcapsleuth; from pcapsleuth import compare; print(compare.__module__)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "pcapsleuth.analysis"


def test_importing_the_package_is_light() -> None:
    code = "import sys, pcapsleuth; print([m for m in sys.modules if m.startswith('pcapsleuth.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['pcapsleuth.version']"


def test_what_one_capture_lost_the_other_tells() -> None:
    report = case.compare(*example("clean-loss-final-reply"))

    assert [report.sessions.facts(("outside", k)).outcome for k in (0, 1)] == ["unknown", "unknown"]
    assert report.verdict.sentences[1] == "Both deliveries went through."
