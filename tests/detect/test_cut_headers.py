"""Captures that kept too little of each frame to show its headers: what is not seen was not taken away."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.case import compare
from pcapsleuth.detect.finding import Confidence, Finding, Severity
from pcapsleuth.tcp.segments import ACK, RST, SYN
from tests.building import SYN_OPTIONS, Talk, endpoint
from tests.detect.scene import Scene

HEAD = struct.Struct("<IIII")
WHOLE = "S: 220 mx ESMTP\nC: HELO me\nS: 250 mx\nC: QUIT\nS: 221 bye"
HEADERS_OF_IPV4, HEADERS_OF_IPV6 = 14 + 20 + 20, 14 + 40 + 20


def kept(path: Path, snaplen: int) -> None:
    """Cut the frames of a capture."""
    data = path.read_bytes()
    at, cut = 24, data[:24]
    while at < len(data):
        seconds, rest, captured, wire = HEAD.unpack_from(data, at)
        frame = data[at + HEAD.size : at + HEAD.size + captured][:snaplen]
        cut += HEAD.pack(seconds, rest, len(frame), wire) + frame
        at += HEAD.size + captured
    path.write_bytes(cut)


def cut_inside(scene: Scene, snaplen: int, folder: Path) -> list[Finding]:
    """What is said if the inside capture keeps so many bytes of a frame."""
    outside, inside = scene.files(folder)
    kept(inside, snaplen)
    return list(compare(outside, inside).findings)


@pytest.mark.parametrize("snaplen", range(HEADERS_OF_IPV4, HEADERS_OF_IPV4 + len(SYN_OPTIONS) + 1, 2))
def test_options_that_were_cut_off_were_not_cleared(snaplen: int, tmp_path: Path) -> None:
    scene = Scene()
    scene.add(WHOLE)

    assert [one.name for one in cut_inside(scene, snaplen, tmp_path) if one.label == "tcp-altered"] == []


def test_an_option_that_is_there_tells_although_the_rest_was_cut_off(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(WHOLE)
    clamped = SYN_OPTIONS.replace(bytes.fromhex("05b4"), bytes.fromhex("0564"))
    scene.inside = [replace(one, options=clamped) if one.flags == SYN else one for one in scene.inside]

    found = cut_inside(scene, HEADERS_OF_IPV4 + 4, tmp_path)

    assert [one.name for one in found if one.label == "tcp-altered"] == ["tcp-altered:MSS"]


def refused() -> Scene:
    """A server refuses a connection over IPv6, as both captures show, and takes another one."""
    talk = Talk(endpoint("2001:db8::1", 50_000), endpoint("2001:db8::25", 25))
    for who, flags in (("C", SYN), ("S", RST | ACK)):
        talk.send(who, flags=flags)
    scene = Scene()
    scene.outside, scene.inside = list(talk.segments), list(talk.segments)
    scene.add(WHOLE, at=-5)
    scene.add("S: 220 mx ESMTP\nC: QUIT\nS: 221 bye", at=5, client="2001:db8::2", server="2001:db8::25")
    return scene


def test_frames_that_were_cut_within_their_headers_may_be_the_connection(tmp_path: Path) -> None:
    found = cut_inside(refused(), HEADERS_OF_IPV6 - 10, tmp_path)

    blocked = [one for one in found if one.label == "connection-blocked"]
    assert [(one.confidence, one.severity) for one in blocked] == [(Confidence.POSSIBLE, Severity.INFO)]
    assert any("cannot be read" in doubt for doubt in blocked[0].doubts)


def test_frames_whose_headers_are_whole_are_not(tmp_path: Path) -> None:
    scene = refused()
    scene.inside = scene.inside[2:]

    (blocked,) = [one for one in cut_inside(scene, HEADERS_OF_IPV6, tmp_path) if one.label == "connection-blocked"]
    assert (blocked.confidence, blocked.severity) == (Confidence.LIKELY, Severity.WARNING)
