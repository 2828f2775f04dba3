"""Which unit became which, and what surrounds the places of an alignment."""

from __future__ import annotations

from pcapsleuth.compare.alignment import Match, align, surroundings


def test_what_surrounds_each_place() -> None:
    matches = [Match(0, None), Match(1, 0), Match(None, 1), Match(2, None)]

    around = surroundings(matches)

    assert around.ingress == ([-1, 0, 1, 1], [1, 3, 3, -1])
    assert around.egress == ([-1, -1, 1, 2], [1, 2, -1, -1])
    assert around.both == ([-1, -1, 1, 1], [1, -1, -1, -1])
    assert surroundings([]).both == ([], [])


def unlike(one: list[str], other: list[str]) -> tuple[list[Match], int]:
    """Align words of which those with one first letter may be one; and say how often two were weighed."""
    asked = 0

    def cost(i: int, j: int) -> int:
        nonlocal asked
        asked += 1
        return 0 if one[i] == other[j] else 40 if one[i][0] == other[j][0] else 250

    return align(one, other, cost), asked


def test_of_many_mails_none_came_out_and_their_commands_did() -> None:
    """The work grows with the session, and not by its square."""
    sent = [word for n in range(2_000) for word in ("MAIL", f"RCPT {n}", "DATA", f"mail {n}")]
    came = [word for word in sent if not word.startswith("mail")]
    matches, asked = unlike(sent, came)

    assert [sent[one] for one, other in matches if one is not None and other is None] == [
        word for word in sent if word.startswith("mail")
    ]
    assert asked < 10 * len(sent)


def test_a_long_stretch_in_which_every_line_was_rewritten() -> None:
    """Each still finds its own: nothing was swallowed and nothing injected."""
    sent = [f"{chr(97 + n % 7)} {n}" for n in range(5_000)]
    came = [f"{word} rewritten" for word in sent]
    matches, asked = unlike(sent, came)

    assert matches == [Match(n, n) for n in range(len(sent))]
    assert asked < 200 * len(sent)


def test_what_one_side_says_twice_is_no_end_where_the_other_stops() -> None:
    """The server's side ends with a DATA, the client's with its second one: it is the first that came."""
    sent = ["mail a", "rcpt a", "data", "mail b", "rcpt b", "data"]

    matches, _ = unlike(sent, sent[:3])
    assert [(one.ingress, one.egress) for one in matches if one.egress is not None] == [(0, 0), (1, 1), (2, 2)]
    matches, _ = unlike(["x", *sent], ["y", *sent[:3]])
    assert [one.ingress for one in matches if one.egress == 3] == [3]
