"""A name server for `probe --mx`: `python -m tests.probe.names ADDRESS` answers over UDP until it is ended."""

from __future__ import annotations

import socket
import sys

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

RECORDS = {
    ("example.com.", "MX"): ("20 mx2.example.com.", "10 mx1.example.com.", "30 gone.example.com."),
    ("mx1.example.com.", "A"): ("198.51.100.28",),
    ("mx2.example.com.", "A"): ("198.51.100.29",),
    ("silent.example.com.", "MX"): ("0 .",),
}


def answer(question: bytes) -> bytes:
    """Answer one question: with records, with none of this kind, or that there is no such name."""
    asked = dns.message.from_wire(question)
    reply = dns.message.make_response(asked)
    reply.flags |= dns.flags.RA
    name, kind = str(asked.question[0].name).lower(), dns.rdatatype.to_text(asked.question[0].rdtype)
    if (name, kind) in RECORDS:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *RECORDS[name, kind]))
    elif name not in {known for known, _ in RECORDS}:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    wire: bytes = reply.to_wire()
    return wire


def serve(address: str) -> None:
    """Answer all that comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plug:
        plug.bind((address, 53))
        print("ready", flush=True)  # noqa: T201  who started it waits for this line
        while True:
            question, who = plug.recvfrom(4096)
            plug.sendto(answer(question), who)


if __name__ == "__main__":
    serve(sys.argv[1])
