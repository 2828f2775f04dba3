"""What may stand behind a mask: by length, kept digits, order and product."""

from __future__ import annotations

from pcapsleuth.devices.onesided import keyword_events
from pcapsleuth.devices.unmask import PRODUCTS, greetings, keywords, product

# The greeting of Microsoft KB 320027, which is one line of 110 characters that the article wraps.
SEED = b"220*******************************************************0*2******0***********************2002*******2***0*00"


def test_the_greeting_of_the_article_is_that_of_exchange_2000() -> None:
    assert len(SEED) == 110
    assert greetings(SEED[4:]) == ["Microsoft Exchange 2000 or IIS 5 SMTP"]


def test_without_digits_and_name_a_length_says_nothing() -> None:
    assert greetings(b"*" * 28) == []
    assert greetings(b"*" * 28, "mx.example.com") == ["Postfix"]
    assert greetings(b"hello there") == []


def test_keywords_are_tried_by_length_order_and_product() -> None:
    reply = (
        b"250-mx\r\n250-XXXA\r\n250-SIZE\r\n250-8bitmime\r\n250-XXXXXXXB\r\n250-XXXXXXXXXXXC\r\n250-XXXXXXXXXXXD\r\n"
        b"250 XE\r\n"
    )
    exchange = next(one for one in PRODUCTS if "Exchange 2003" in one.name)
    found = keywords(keyword_events(reply), exchange)

    assert [words[0] for words in found.values()] == ["TURN", "CHUNKING", "X-EXPS=LOGIN", "X-LINK2STATE", "OK"]


def test_the_same_mask_is_another_keyword_behind_another_server() -> None:
    events = keyword_events(b"250-mx\r\n250-SIZE\r\n250-ETRN\r\n250-XXXXXXXA\r\n250 8BITMIME\r\n")

    postfix, exchange = (next(one for one in PRODUCTS if name in one.name) for name in ("Postfix", "Exchange 2003"))
    assert keywords(events, postfix)[2][0] == "STARTTLS"
    assert keywords(events, exchange)[2][0] == "CHUNKING"


def test_the_product_shows_in_what_is_not_masked() -> None:
    assert (product([b"250 2.0.0 Ok: queued as 4A1"]) or PRODUCTS[0]).name == "Postfix"
    assert (product([b"221 mx closing connection"]) or PRODUCTS[0]).name == "Exim"
    assert product([b"250 ok"]) is None
