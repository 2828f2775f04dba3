"""What may stand behind a masked greeting: by length, kept digits and product."""

from __future__ import annotations

from pcapsleuth.devices.unmask import PRODUCTS, greetings, product

# The greeting of Microsoft KB 320027, which is one line of 110 characters that the article wraps.
SEED = b"220*******************************************************0*2******0***********************2002*******2***0*00"


def test_the_greeting_of_the_article_is_that_of_exchange_2000() -> None:
    assert len(SEED) == 110
    assert greetings(SEED[4:]) == ["Microsoft Exchange 2000 or IIS 5 SMTP"]


def test_without_digits_and_name_a_length_says_nothing() -> None:
    assert greetings(b"*" * 28) == []
    assert greetings(b"*" * 28, "mx.example.com") == ["Postfix"]
    assert greetings(b"hello there") == []


def test_the_product_shows_in_what_is_not_masked() -> None:
    assert (product([b"250 2.0.0 Ok: queued as 4A1"]) or PRODUCTS[0]).name == "Postfix"
    assert (product([b"221 mx closing connection"]) or PRODUCTS[0]).name == "Exim"
    assert product([b"250 ok"]) is None
