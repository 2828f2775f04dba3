"""Of many tries only those come back that have a like, whoever read them."""

from __future__ import annotations

from pcapsleuth.detect.tried import Tried
from pcapsleuth.detect.tries import Try


def attempt(session: int, **known: int) -> Try:
    """A try of one sender."""
    marks = {"message_id": 0, "header": 0, "body": 0} | known
    rest = {"ended": True, "answer": b"250", "unheard": False, "late": False, "took": -1, "stayed": -1, "left": False}
    rest |= {"began": session, "time": session, "frame": 1, "offset": 0}
    return Try(session=session, sender=7, recipients=frozenset({8}), **marks, **rest)  # type: ignore[arg-type]


def test_what_has_no_like_is_left_out() -> None:
    once, twice = attempt(0, message_id=1), [attempt(1, message_id=2), attempt(2, message_id=2)]

    assert list(Tried([once, *twice, attempt(3), attempt(4)])) == twice


def test_one_common_mark_is_enough() -> None:
    alike = [attempt(0, header=1, body=2), attempt(1, header=3, body=2), attempt(2, header=1, body=4)]

    assert list(Tried([*alike, attempt(3, header=5, body=6)])) == alike


def test_likes_are_found_among_what_several_processes_kept() -> None:
    whole = Tried()
    whole.join(Tried([attempt(0, message_id=1), attempt(1, message_id=2)]), [3, 0])
    whole.join(Tried([attempt(0, message_id=3), attempt(1, message_id=2)]), [1, 2])

    assert list(whole) == [attempt(1, message_id=2)._replace(session=0), attempt(1, message_id=2)._replace(session=2)]


def test_nothing_has_no_like() -> None:
    assert list(Tried()) == []
