"""Two TLS handshakes in one session: either side's hello is enough to tell them apart."""

from __future__ import annotations

import pytest

from pcapsleuth.compare.comparison import Comparison
from tests.detect.script import compared, names

AGREED = "S: 220 mx ESMTP\nC: EHLO a\nS: 250-mx / 250 STARTTLS\nC: STARTTLS\nS: 220 go"


def with_hellos(client: tuple[bytes, bytes], server: tuple[bytes, bytes]) -> Comparison:
    """A session under TLS with these digests of the client's and the server's hello, as each side shows them."""
    comparison = compared(AGREED)
    for view, hellos in ((comparison.client, client), (comparison.server, server)):
        view.dialogue.tls = True
        view.dialogue.client_hello, view.dialogue.server_hello = hellos
    return comparison


@pytest.mark.parametrize(
    ("client", "server", "two"),
    [
        ((b"1", b"2"), (b"1", b"2"), False),
        ((b"1", b"2"), (b"3", b"4"), True),
        # A hello of which a part is missing has no digest.
        ((b"", b"2"), (b"3", b"4"), True),
        ((b"1", b""), (b"3", b""), True),
        ((b"", b"2"), (b"3", b"2"), False),
        ((b"", b""), (b"3", b"4"), False),
    ],
)
def test_any_hello_that_differs_tells(client: tuple[bytes, bytes], server: tuple[bytes, bytes], two: bool) -> None:
    assert ("tls-intercepted" in names(with_hellos(client, server))) is two
