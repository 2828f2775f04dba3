"""The vocabulary at work: each treatment does what it says, byte by byte, and knows its own doing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.devices.apart import probes
from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import GREETING, HEADER, KEYWORD, VERB, Event
from pcapsleuth.devices.keywords import keyword_name
from pcapsleuth.devices.treatments import TREATMENTS, doings, treat
from pcapsleuth.profiles.vocabulary import TERMS
from tests.devices.sessions import SHIPPED

EVERYTHING = [doing for profile in SHIPPED.values() for doing in doings(profile)]
EXCHANGE = [
    ("TURN", "XXXA"),
    ("SIZE 2097152", "SIZE 2097152"),
    ("ETRN", "ETRN"),
    ("PIPELINING", "PIPELINING"),
    ("CHUNKING", "XXXXXXXB"),
    ("X-EXPS GSSAPI NTLM LOGIN", 23 * "X" + "C"),
    ("X-EXPS=LOGIN", "XXXXXXXXXXXD"),
    ("AUTH GSSAPI NTLM LOGIN", "AUTH GSSAPI NTLM LOGIN"),
    ("X-LINK2STATE", "XXXXXXXXXXXE"),
    ("XEXCH50", "XXXXXXF"),
]


def doing(profile: str, does: str, place: int = 0) -> Doing:
    """A treatment of a shipped profile."""
    return [one for one in doings(SHIPPED[profile]) if one.spec.does == does][place]


def test_words_and_code_agree() -> None:
    assert set(TERMS) == set(TREATMENTS)


def test_an_asa_masks_an_exchange_list_with_running_letters() -> None:
    mask = doing("cisco-asa-esmtp", "mask-keywords")
    number = 1
    for came, went in EXCHANGE:
        event = Event(KEYWORD, keyword_name(came.encode()), came.encode(), came.encode(), number=number)
        assert mask.apply(event).went == went.encode()
        number += came != went


def test_an_asa_masks_a_bare_ok_at_the_end() -> None:
    event = Event(KEYWORD, "OK", b"OK", b"OK", number=9, detail="last")

    assert doing("cisco-asa-esmtp", "mask-keywords").apply(event).went == b"XI"


@pytest.mark.parametrize(("came", "explained"), [(b"VRFY", True), (b"HELP", True), (b"SIZE", False)])
def test_keywords_in_which_releases_differ_may_pass_or_not(came: bytes, *, explained: bool) -> None:
    mask = doing("cisco-asa-esmtp", "mask-keywords")
    event = Event(KEYWORD, came.decode(), came, b"XXXA", number=1)

    assert mask.explains(event) is explained
    assert not mask.concerns(event.untouched())


def test_the_letter_must_be_the_one_whose_turn_it_is() -> None:
    mask = doing("cisco-asa-esmtp", "mask-keywords")

    assert mask.explains(Event(KEYWORD, "STARTTLS", b"STARTTLS", b"XXXXXXXB", number=2))
    assert not mask.explains(Event(KEYWORD, "STARTTLS", b"STARTTLS", b"XXXXXXXB", number=1))
    assert not mask.explains(Event(KEYWORD, "STARTTLS", b"STARTTLS", b"XXXXXXXX", number=1))


@pytest.mark.parametrize(
    ("profile", "went"),
    [
        ("cisco-pix-6-fixup", b"220 ****2002*0"),
        ("cisco-pix-51-fixup-nospace", b"220*****2002*0"),
        ("cisco-pix-44-fixup", b"220 **********"),
        ("cisco-asa-esmtp", b"220 **********"),
    ],
)
def test_banners_are_masked_as_each_release_does(profile: str, went: bytes) -> None:
    event = Event(GREETING, "", b"220 mx, 2002 0", b"220 mx, 2002 0")

    assert treat(doings(SHIPPED[profile]), event).went == went


def test_a_second_line_keeps_its_code_or_not() -> None:
    event = Event(GREETING, "", b"220-one\r\n220 two", b"220-one\r\n220 two")

    assert doing("cisco-pix-44-fixup", "mask-banner").apply(event).went == b"220-***\r\n220 ***"
    assert doing("cisco-pix-44-fixup", "mask-banner", 1).apply(event).went == b"220-***\r\n*******"


def test_a_verb_is_masked_and_its_argument_stays() -> None:
    event = Event(VERB, "EHLO", b"EHLO me", b"EHLO me")

    assert doing("cisco-pix-6-fixup", "mask-verbs").apply(event).went == b"XXXX me"
    assert doing("cisco-pix-6-fixup", "rewrite-verbs").apply(event).went == b"NOOP me"
    assert doing("cisco-pix-mailhost", "block-verbs").apply(event).answer == b"OK"


def test_a_line_typed_letter_by_letter_is_masked_letter_by_letter() -> None:
    mask = doing("cisco-pix-6-fixup", "mask-verbs")

    assert mask.explains(Event(VERB, "HELO", b"HELO me", b"XXXX XX", detail="typed"))
    assert not mask.explains(Event(VERB, "HELO", b"HELO me", b"XXXX XX"))


@pytest.mark.parametrize("words", [words for words, _ in probes()])
def test_who_changes_an_event_explains_the_change(words: str) -> None:
    event = dict(probes())[words]
    for one in EVERYTHING:
        done = one.apply(event)
        if done.changed:
            assert one.explains(done), one.spec
            assert not one.explains(event)


@given(st.binary(min_size=1, max_size=80).filter(lambda text: b"\n" not in text and b"\r" not in text))
def test_in_place_keeps_the_length_of_any_line(text: bytes) -> None:
    for one in EVERYTHING:
        if one.spec.does in ("mask-banner", "mask-keywords", "mask-verbs"):
            name = keyword_name(text) if one.element == KEYWORD else text[:4].decode("latin-1")
            done = one.apply(Event(one.element, name, text, text, number=1))
            assert len(done.went or b"") == len(text)


@pytest.mark.parametrize(
    ("went", "own"),
    [
        (b"v=1; h=From:XXXXXXXXXXXX; b=abc", True),
        (b"XXXX XXXXXXXXXXXXXXXXXXXX XXXXX", True),
        (b"v=1; h=From:************; b=abc", False),
        (b"v=1; h=From:XXXXXXXX; b=abc", False),
        (b"v=1; h=From:Content-Type; b=abd", False),
    ],
)
def test_a_value_may_be_overwritten_in_part(went: bytes, *, own: bool) -> None:
    """The fault in PIX 7 overwrites header bytes where a signature names Content-Type."""
    event = Event(HEADER, "DKIM-SIGNATURE", b"v=1; h=From:Content-Type; b=abc", went)
    assert doing("cisco-asa-old-pix7", "change-header").explains(event) is own
