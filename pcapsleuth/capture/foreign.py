"""Formats that are not read, by name, with what to do about them."""

from __future__ import annotations

import string

_CONVERT = "convert it with `editcap -F pcapng IN OUT`"
_UNPACK = "unpack it first"

_MAGICS = {
    b"GMBU": ("a capture of Microsoft Network Monitor 2", _CONVERT),
    b"RTSS": ("a capture of Microsoft Network Monitor 1", _CONVERT),
    b"snoop\0\0\0": ("a capture of Solaris snoop", _CONVERT),
    b"TRSNIFF data": ("a capture of Network General Sniffer", _CONVERT),
    b"XCP\0": ("a capture of Network Associates Sniffer", _CONVERT),
    b"iptrace ": ("a capture of AIX iptrace", _CONVERT),
    b"\x0a\x0d\x0d\x0a": ("a pcapng file with a damaged header", "capture again, or try `pcapfix`"),
    b"PK\x03\x04": ("a zip archive", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"Rar!": ("a rar archive", _UNPACK),
    b"\x04\x22\x4d\x18": ("compressed with lz4", "decompress it with `lz4 -d`"),
}
_TAR_AT, _TAR = 257, b"ustar"
_TEXT = frozenset(string.printable.encode())


def describe(head: bytes, path: str) -> str:
    """Say what a file is that is not a capture we read, and what to do; `head` are its first bytes."""
    if not head:
        return "is empty; was the capture stopped before anything was written?"
    for magic, (name, advice) in _MAGICS.items():
        if head.startswith(magic):
            return f"is {name}, which is not read; {advice}"
    if head.startswith(_TAR, _TAR_AT):
        return f"is a tar archive, which is not read; {_UNPACK}"
    if path.lower().endswith(".etl") or _is_etl(head):
        return "is a Windows event trace (ETL), which is not read; convert it with `etl2pcapng IN.etl OUT.pcapng`"
    if _TEXT.issuperset(head):
        return "is text, not a capture; write one with `tcpdump -w FILE` or `dumpcap -w FILE`"
    return f"is not a pcap or pcapng file; if Wireshark opens it, {_CONVERT}"


def _is_etl(head: bytes) -> bool:
    """Recognise the header of a trace buffer: its size, a power of two, then how much of it is in use."""
    if len(head) < 8:
        return False
    size, used = (int.from_bytes(head[at : at + 4], "little") for at in (0, 4))
    return 1 << 12 <= size <= 1 << 20 and size & (size - 1) == 0 and 0 < used <= size
