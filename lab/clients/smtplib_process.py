"""The process behind `Smtplib`: `python -m lab.clients.smtplib_process JSON`."""

from __future__ import annotations

import contextlib
import json
import select
import smtplib
import ssl
import sys
from typing import Any


def converse(plan: dict[str, Any]) -> bool:
    """Hold one conversation; return whether the mail was accepted."""
    settings = {"timeout": plan["timeout"], "local_hostname": plan["ehlo"], "source_address": (plan["source"], 0)}
    try:
        client = smtplib.SMTP(plan["server"], 25, **settings)
    except OSError:
        return False
    try:
        _greet(client, plan)
        for line in plan["verbs"]:
            _say(client, line)
        for sender, recipients, text in plan["messages"]:
            client.sendmail(sender, recipients, text)
        if plan["quit"]:
            client.quit()
    except (OSError, smtplib.SMTPException) as error:
        print(error)  # noqa: T201 - the recorder keeps it
        if plan["quit"]:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()
        return False
    else:
        return True
    finally:
        client.close()


def _greet(client: smtplib.SMTP, plan: dict[str, Any]) -> None:
    if plan["greet"] == "auto":
        client.ehlo_or_helo_if_needed()
    elif plan["greet"]:
        client.docmd(plan["greet"], plan["ehlo"])
        client.helo_resp = b"done"
    if plan["starttls"]:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client.starttls(context=context)
        client.ehlo()
    if plan["login"][0]:
        client.login(*plan["login"])


def _say(client: smtplib.SMTP, line: str) -> None:
    verb, _, argument = line.partition(" ")
    if verb == "BLOB":
        client.send(bytes(n * 7 % 256 for n in range(int(argument))))
        client.getreply()
    elif verb == "PIPELINE":
        client.send(argument.replace("|", "\r\n").encode() + b"\r\n")
        for _ in argument.split("|"):
            client.getreply()
    else:
        client.putcmd(verb, argument)
        if client.sock is not None and select.select([client.sock], [], [], client.timeout)[0]:
            client.getreply()


if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    for _ in range(settings["tries"]):
        if converse(settings):
            break
