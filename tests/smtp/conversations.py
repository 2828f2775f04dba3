"""Conversations that every general test is run on: one of each thing that a session may hold."""

from __future__ import annotations

ORDINARY = """
    S: 220 mx.example.com ESMTP
    C: EHLO client.example.org
    S: 250-mx.example.com
    S: 250-PIPELINING
    S: 250 SIZE 10240000
    C: MAIL FROM:<a@example.org>
    S: 250 2.1.0 Ok
    C: RCPT TO:<b@example.com>
    S: 250 2.1.5 Ok
    C: DATA
    S: 354 Go ahead
    C: Subject: hi
    C: Message-ID: <1@example.org>
    C:
    C: text
    C: ..dot
    C: .
    S: 250 2.0.0 Ok: queued as 1234
    C: QUIT
    S: 221 2.0.0 Bye
"""

PIPELINED = """
    S: 220 mx ESMTP
    C: EHLO c
    S: 250-mx
    S: 250 PIPELINING
    C: MAIL FROM:<a@b>
    C: RCPT TO:<c@d>
    C: RCPT TO:<nobody@d>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 550 who
    S: 354 go
    C: a: b
    C:
    C: x
    C: .
    C: RSET
    C: MAIL FROM:<>
    C: QUIT
    S: 250 queued
    S: 250 ok
    S: 250 ok
    S: 221 bye
"""

EAGER = """
    S: 220 mx ESMTP
    C: HELO c
    C: MAIL FROM:<a@b>
    C: RCPT TO:<c@d>
    C: DATA
    C: a: b
    C:
    C: .
    C: QUIT
    S: 250 mx
    S: 250 ok
    S: 250 ok
    S: 354 go
    S: 250 queued
    S: 221 bye
"""

EAGER_REFUSED = """
    S: 220 mx ESMTP
    C: HELO c
    S: 250 mx
    C: MAIL FROM:<a@b>
    C: RCPT TO:<c@d>
    C: DATA
    C: RSET
    C: QUIT
    S: 250 ok
    S: 550 no
    S: 503 no recipients
    S: 250 ok
    S: 221 bye
"""

AUTH = """
    S: 220 mx ESMTP
    C: EHLO c
    S: 250-mx
    S: 250-AUTH=LOGIN
    S: 250 AUTH LOGIN PLAIN CRAM-MD5
    C: AUTH PLAIN dGVzdAB0ZXN0AHNlY3JldA==
    S: 535 no: "dGVzdAB0ZXN0AHNlY3JldA=="
    C: AUTH LOGIN
    S: 334 VXNlcm5hbWU6
    C: dGVzdHVzZXI=
    S: 334 UGFzc3dvcmQ6
    C: c2VjcmV0MTIz
    S: 535 no
    C: AUTH CRAM-MD5
    S: 334 PDEyMy40NTZAbXg+
    C: *
    S: 501 cancelled
    C: NOOP
    S: 250 ok
"""

STARTTLS = r"""
    S: 220 mx ESMTP
    C: EHLO c
    S: 250-mx
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go ahead
    C| \x16\x03\x01\x00\x08ABCDEFGHrest of the client
    S| \x16\x03\x03\x00\x04abcdrest\nof the server
    C| \x17\x03\x03\x00\x02xy
"""

CHUNKS = r"""
    S: 220 mx ESMTP
    C: EHLO c
    S: 250-mx
    S: 250 CHUNKING
    C: MAIL FROM:<a@b>
    C: RCPT TO:<c@d>
    C| BDAT 10\r\na: b\r\n\r\n.\rBDAT 12 LAST\r\n\n.\r\nQUIT\r\n.\r
    C: QUIT
    S: 250 ok
    S: 250 ok
    S: 250 10 octets
    S: 250 queued
    S: 221 bye
"""

MASKED = r"""
    S: 220 ***********0*2******
    C: EHLO c
    S: 250-mx
    S: 250-SIZE
    S: 250-XXXXXXXA
    S: 250 XXXB
    C: MAIL FROM:<a@b>
    S: 250 ok
    C: RCPT TO:<c@d>
    S: 250 ok
    C| XXXX 14 LAST\r\na: b\r\n\r\nhello\n
    S: 500 unknown: "XXXX 14 LAST"
    S: 500 unknown: "a: b"
    S: 500 unknown: ""
    S: 500 unknown: "hello"
    C: XXXX
    S: 500 what
    C: QUIT
    S: 221 bye
"""

NEVER_ENDING = """
    S: 220-******************
    S: *********
    C: EHLO c
    S: 500 what
    C: goodmorning
    S: OK
    C: ****
    S: *****
    C: QUIT
    S: 221 bye
"""

EXCHANGE = r"""
    S: 220 exchange Microsoft ESMTP MAIL Service ready
    C: EHLO other
    S: 250-exchange Hello
    S: 250-X-EXPS GSSAPI NTLM LOGIN
    S: 250-X-EXPS=LOGIN
    S: 250-X-LINK2STATE
    S: 250-XEXCH50
    S: 250 OK
    C: X-EXPS NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAA=
    S: 334 TlRMTVNTUAACAAAACAAIADgAAAA=
    C: TlRMTVNTUAADAAAAGAAYAGIAAAA=
    S: 235 2.7.0 Authentication successful
    C: X-LINK2STATE LAST CHUNK={000000ea} MULTI (5) ({00000000})
    S: 200 DONE_RESPONSE
    C: MAIL FROM:<a@b>
    S: 250 ok
    C: XEXCH50 12 2
    S: 354 Send binary data
    C| blob\r\n.\r\nxyz
    S: 250 XEXCH50 OK
    C: RCPT TO:<c@d>
    S: 250 ok
"""

LMTP = """
    S: 220 mx LMTP
    C: LHLO c
    S: 250 mx
    C: MAIL FROM:<a@b>
    C: RCPT TO:<c@d>
    C: RCPT TO:<e@d>
    C: RCPT TO:<no@d>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 250 ok
    S: 550 no
    S: 354 go
    C: x: y
    C:
    C: .
    C: QUIT
    S: 250 c took it
    S: 452 e is full
    S: 221 bye
"""

PROXIED = r"""
    C| PROXY TCP4 192.0.2.1 198.51.100.2 5000 25\r\n
    S: 220 mx ESMTP
    C: XCLIENT ADDR=192.0.2.9
    S: 220 mx ESMTP again
    C: HELO c
    S: 250 mx
"""

PROXIED_BINARY = r"""
    C| \r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x02\x13\x88\x00\x19
    S: 220 mx ESMTP
    C: HELO c
    S: 250 mx
"""

SLOPPY = r"""
    S| 220mx.example.com\n
    C|   helo   c  \n
    S: 250
    C| mail from:x@y\r\r\n
    S: 250 ok
    C| MAILFROM: <z@y>\r\n
    S: 503 again
    C| rcpt\tTO:<a@b>\n
    S: 250-one
    S: 251 two
    C| \r\n
    S: 500 what
    C| data\n
    S: 354 go
    C| x\n.\n
    S: 250 taken all the same
    C: QUIT
    S: 421 going
"""

TRUNCATED = """
    S: 220 mx ESMTP
    C: EHLO c
    S: 250 mx
    C: MAIL FROM:<a@b>
    S: 250 ok
    C: RCPT TO:<a@b>
    S: 250 ok
    C: DATA
    S: 354 go
    C: Subject: half
    C:
    C: text
    S: 421 out of time
"""

CLEAR_AFTER_STARTTLS = """
    S: 220 mx ESMTP
    C: STARTTLS
    S: 220 go ahead
    C: EHLO c
    S: 250 mx
"""

ALL = {name: text for name, text in list(globals().items()) if name.isupper() and isinstance(text, str)}
