r"""Bytes as text that hides nothing and does no harm: reversible, without control or bidirectional characters.

Bytes are read as UTF-8. A backslash becomes `\x5c`; bytes that are not UTF-8 and ASCII control characters become
`\xNN`; C1 control characters and those that reorder text become `\u{N}`, their code point in hexadecimal.
"""

from __future__ import annotations

import re

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""The characters with the property Bidi_Control (UAX 9)."""

_HARMFUL = f"\\x00-\\x1f\\x7f-\\x9f{_BIDI}\\ud800-\\udfff"
_SPECIAL = re.compile(f"[\\\\{_HARMFUL}]")
_UNTAMED = re.compile(f"[{_HARMFUL}]")
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})|\\u\{([0-9a-f]+)\}")

_LINE_END = re.compile(rb"\r*\n")


def _name(match: re.Match[str]) -> str:
    """The escape of one special character."""
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004  how surrogateescape carries a byte
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{{{code:x}}}"  # noqa: PLR2004  ASCII is one byte


def escape(data: bytes) -> str:
    """Write bytes as text from which `unescape` makes the same bytes again."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="surrogateescape")
    else:
        # What is printable holds no control or format character: nearly every line ends here.
        if text.isprintable() and "\\" not in text:
            return text
    return _SPECIAL.sub(_name, text)


def unescape(text: str) -> bytes:
    """Make the bytes again that `escape` has written."""
    out = bytearray()
    position = 0
    for match in _ESCAPED.finditer(text):
        out += text[position : match.start()].encode()
        out += bytes.fromhex(match[1]) if match[1] else chr(int(match[2], 16)).encode()
        position = match.end()
    return bytes(out + text[position:].encode())


def tame(text: str) -> str:
    """Escape control and bidirectional characters in a sentence of our own, which may quote anything."""
    return text if text.isprintable() else _UNTAMED.sub(_name, text)


def lines(data: bytes) -> list[bytes]:
    """The lines of a row's text, without their ends."""
    found = _LINE_END.split(data) if b"\n" in data else [data]
    if not found[-1]:
        found.pop()
    return [line.removesuffix(b"\r") for line in found]


def visible(data: bytes) -> str:
    """Write bytes for a terminal: also whatever else has no shape of its own is escaped."""
    return harmless(escape(data))


def harmless(text: str) -> str:
    """Escape in a text whatever does not print: names of files and interfaces can hold anything."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _shapeless(char) for char in text)


def _shapeless(char: str) -> str:
    """The escape of a character that does not print."""
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{{{code:x}}}"  # noqa: PLR2004  ASCII is one byte
