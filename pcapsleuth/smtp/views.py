"""What others read of a dialogue: words, transactions and the outcome, made on demand from rows."""

from __future__ import annotations

from pcapsleuth.smtp.outcome import outcome
from pcapsleuth.smtp.transactions import ForwardPath, Transaction, transactions
from pcapsleuth.smtp.words import (
    Command,
    Exchange,
    Keyword,
    Reply,
    banner,
    capabilities,
    command,
    ehlo,
    ehlo_reply,
    exchanges,
    keywords,
    reply,
    typed,
)

__all__ = [
    "Command",
    "Exchange",
    "ForwardPath",
    "Keyword",
    "Reply",
    "Transaction",
    "banner",
    "capabilities",
    "command",
    "ehlo",
    "ehlo_reply",
    "exchanges",
    "keywords",
    "outcome",
    "reply",
    "transactions",
    "typed",
]
