"""Servers asked through the lab's devices: what the probe says, beside what the device did and what was captured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from lab import needs as lab_needs
from lab.network import OUTSIDE
from lab.record import record
from lab.room import Room
from lab.scenario import Device, Scenario
from lab.scenarios.asa import ASA, VERBS_ONLY
from lab.scenarios.pix import FIXUP, MAILHOST, SEVEN
from lab.servers.aio import Aio, exchange
from lab.servers.postfix import Postfix
from lab.servers.server import Server
from pcapsleuth.case import inspect

LACKING = lab_needs.missing()
pytestmark = [
    pytest.mark.skipif(bool(LACKING), reason=f"capability: recording lab ({'; '.join(LACKING)})"),
    pytest.mark.root,
]

ADDRESS = "198.51.100.28"
NONE = Device("none: a router with static address translation")
STARS = Device(
    "Mailguard as of 5.1: the greeting keeps 2 and 0, other verbs than the seven reach the server as X",
    (("mask_banner", {"keep": "20", "skip": 4}), ("mask_verbs", {"allowed": SEVEN})),
)
NOOPS = Device("fixup that turns verbs into NOOP", (("rewrite_verbs", {"verbs": {"GOODMORNING": "NOOP"}}),))
REFUSES = Device("blocks EHLO", (("answer_verbs", {"allowed": SEVEN, "answer": "500 Command unrecognized"}),))
SWALLOWS = Device("swallows goodmorning", (("swallow_verbs", {"verbs": ["GOODMORNING"]}),))
STRIPS = Device("takes the STARTTLS line out", (("remove_capabilities", {"keywords": ["STARTTLS"]}),))
SILENT = Device("swallows all but HELO", (("swallow_verbs", {"verbs": ["EHLO", "GOODMORNING"]}),))
HELO_ONLY = Aio("mx3.example.com", "10.1.1.28", persona={"banner": "mx3 SMTP", "ehlo_refusal": "500 unrecognized"})
TLS = Aio("mx3.example.com", "10.1.1.28", tls=True)


@dataclass
class Ask:
    """A step that probes from outside, by the names that a server of the test's own knows."""

    arguments: tuple[str, ...] = (ADDRESS,)
    names: bool = False
    done: subprocess.CompletedProcess[str] = field(init=False)
    told: dict[str, Any] = field(init=False)
    kept: bytes = b""

    def software(self) -> str:
        return "pcapsleuth probe"

    def run(self, room: Room) -> None:
        told, kept = room.scratch / "told.json", room.scratch / "kept.pcapng"
        options = ["--timeout", "1", "-o", "-", "-o", str(told), "--pcap", str(kept)]
        command = [sys.executable, "-m", "pcapsleuth", "probe", *self.arguments, *options]
        self.done = room.run(OUTSIDE, self._named(command, room) if self.names else command, "host.example.net")
        self.told = json.loads(told.read_text()) if told.stat().st_size else {}
        self.kept = kept.read_bytes()

    def _named(self, command: list[str], room: Room) -> list[str]:
        """Ask the test's name server: each program in a namespace has mounts of its own."""
        room.await_word(room.start(OUTSIDE, [sys.executable, "-m", "tests.probe.names", "203.0.113.39"]), "ready")
        path = room.scratch / "resolv.conf"
        path.write_text("nameserver 203.0.113.39\n")
        return ["sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(path), *command]


class Case(NamedTuple):
    """What is asked through what, and what must be said of it."""

    device: Device
    answer: str
    """The first word of the text."""
    status: int
    labels: Mapping[str, str] = MappingProxyType({})
    """How sure each is."""
    says: tuple[str, ...] = ()
    server: Server = exchange()


MASKED = {"banner-masked": "likely", "verb-masked:GOODMORNING": "proven"}
OK = dict.fromkeys(("reply-injected:EHLO", "reply-injected:GOODMORNING", "reply-injected:HELP"), "likely")
CASES = {
    "clean": Case(NONE, "CLEAN", 0, says=("STARTTLS   offered", "from inside it proves nothing"), server=TLS),
    "asa": Case(
        ASA,
        "SUSPICIOUS",
        1,
        MASKED
        | {f"capability-masked:{keyword}": "likely" for keyword in ("TURN", "CHUNKING", "X-LINK2STATE", "XEXCH50")}
        | {"capability-masked:X-EXPS": "likely", "capability-masked:AUTH": "likely"},
        ("like Cisco ASA",),
    ),
    "mailhost": Case(MAILHOST, "SUSPICIOUS", 1, {"banner-rewritten": "likely"} | OK, ("Cisco PIX 4.2/4.3",)),
    "mailguard": Case(
        STARS,
        "SUSPICIOUS",
        1,
        MASKED | dict.fromkeys(("verb-masked:EHLO", "verb-masked:HELP", "esmtp-downgraded"), "proven"),
    ),
    "fixup": Case(
        FIXUP,
        "SUSPICIOUS",
        1,
        {"banner-masked": "likely"} | dict.fromkeys(("verb-masked:EHLO", "esmtp-downgraded"), "possible"),
    ),
    "verbs only": Case(VERBS_ONLY, "SUSPICIOUS", 1, {"verb-masked:GOODMORNING": "proven"}),
    "noop": Case(NOOPS, "SUSPICIOUS", 1, {"reply-injected:GOODMORNING": "possible"}, ("hands the server NOOP",)),
    "refusing": Case(REFUSES, "SUSPICIOUS", 1, {"verb-blocked:EHLO": "possible"}, ("C HELO",)),
    "swallowing": Case(SWALLOWS, "SUSPICIOUS", 1, {"command-swallowed:GOODMORNING": "possible"}),
    "stripping": Case(STRIPS, "CLEAN", 0, says=("STARTTLS   not offered", "leaves no trace"), server=TLS),
    "silent": Case(SILENT, "CANNOT TELL", 2, says=("nothing more was heard after goodmorning",)),
    "knows only HELO": Case(NONE, "CLEAN", 0, says=("EHLO       refused", "not known"), server=HELO_ONLY),
}
QUICK = ("clean", "asa", "mailhost")


def names(findings: Iterable[Any]) -> list[str]:
    """What is found, without how sure it is."""
    return sorted(str(one.name) for one in findings)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.heavy) for name in CASES]
)
def test_a_probe_tells_what_the_device_did(tmp_path: Path, name: str) -> None:
    case, step = CASES[name], Ask()
    fixture = record(Scenario("asked", name, (case.server,), (step,), case.device), tmp_path)
    (session,) = json.loads((fixture / "expected.json").read_text())["sessions"]
    (tmp_path / "kept.pcapng").write_bytes(step.kept)
    told = {one["label"] + (f":{one['subject']}" if one["subject"] else ""): one for one in step.told["findings"]}
    text = " ".join(step.done.stdout.split())

    assert (step.done.returncode, step.done.stdout.split(":")[0]) == (case.status, case.answer), step.done.stderr
    assert {label: one["confidence"] for label, one in told.items() if one["severity"] != "info"} == case.labels
    assert [words for words in case.says if " ".join(words.split()) not in text] == []
    # What is more than possible, the device truly did.
    assert {label for label, one in told.items() if one["confidence"] != "possible"} <= {
        *session["expected"],
        *session["also_ok"],
    }
    # What was really on the wire reads like what the probe wrote down of it.
    captured = inspect(fixture / "outside.pcap")
    assert names(captured.findings) == names(inspect(tmp_path / "kept.pcapng").findings) == sorted(told)


@pytest.mark.heavy
@pytest.mark.parametrize(("how", "says"), [("refuse", "connection was refused"), ("drop", "no answer to the connec")])
def test_a_device_that_lets_nobody_through_is_trouble(tmp_path: Path, how: str, says: str) -> None:
    step = Ask()
    device = Device("no access list", (("block_connections", {"how": how}),))
    record(Scenario("asked", how, (exchange(),), (step,), device), tmp_path)

    assert (step.done.returncode, step.done.stdout) == (2, "")
    assert says in step.done.stderr
    assert says in step.told["probes"][0]["error"]
    assert step.told["verdict"]["status"] == "cannot-tell"


@pytest.mark.heavy
def test_ipv6_passes_a_device_as_well(tmp_path: Path) -> None:
    step = Ask(("[2001:db8:0:2::25]",))
    record(Scenario("asked", "IPv6", (Postfix(address="2001:db8:0:2::25"),), (step,), ASA), tmp_path)

    assert step.done.returncode == 1, step.done.stderr
    assert step.told["probes"][0]["from"] == "2001:db8:0:1::10"
    assert {"banner-masked", "capability-masked"} <= {one["label"] for one in step.told["findings"]}


def test_each_server_of_a_domain_is_asked_best_first(tmp_path: Path) -> None:
    step = Ask(("--mx", "example.com"), names=True)
    servers = exchange(), Aio("mx2.example.com", "10.1.1.29")
    record(Scenario("asked", "the servers of a domain", servers, (step,), ASA), tmp_path)
    hosts = ["mx1.example.com", "mx2.example.com", "gone.example.com"]
    frames = {one["session"]: one["evidence"][0]["frame"] for one in reversed(step.told["findings"])}

    assert step.done.returncode == 2, step.done.stderr  # the last one has no address
    assert [line for line in step.done.stdout.splitlines() if line.startswith("SUSPICIOUS")] != []
    assert [host for host in hosts[:2] if f"before {host} edits" in step.done.stdout] == hosts[:2]
    assert "gone.example.com: has no address here" in step.done.stderr
    assert [one["host"] for one in step.told["probes"]] == hosts
    assert [one["session"] for one in step.told["probes"]] == [0, 1, None]
    assert frames == {0: 4, 1: 20}


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("domain", "says"),
    [("nowhere.example.com", "its MX records cannot be read"), ("silent.example.com", "takes no mail")],
)
def test_a_domain_without_servers_is_trouble(tmp_path: Path, domain: str, says: str) -> None:
    step = Ask(("--mx", domain), names=True)
    with pytest.raises(FileNotFoundError):  # nothing was asked, so nothing is written
        record(Scenario("asked", "no servers", (exchange(),), (step,), NONE), tmp_path)

    assert (step.done.returncode, step.done.stdout) == (2, "")
    assert says in step.done.stderr
