"""The process behind `Aio`: `python -m lab.servers.aio_process JSON`."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import sys
from typing import Any, AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

_DROP = 6


class Persona(SMTP):
    """An aiosmtpd server that says and refuses what its plan names."""

    plan: dict[str, Any]

    def __init__(self, handler: Handler, plan: dict[str, Any], **options: Any) -> None:  # noqa: ANN401 - passed on
        """Add the plan's verbs to the ones that aiosmtpd knows."""
        super().__init__(handler, hostname=plan["host"], **options)
        self.plan = plan
        self._greeted = False
        for verb in plan.get("replies", {}):
            self._smtp_methods[verb] = self._verb(verb)
        if "CHUNKING" in plan.get("ehlo", []):
            self._smtp_methods["BDAT"] = self._bdat

    async def push(self, status: AnyStr) -> None:
        """Replace the greeting where the plan has one of its own."""
        if not self._greeted:
            self._greeted = True
            await asyncio.sleep(self.plan.get("greeting_delay", 0))
            if "banner" in self.plan:
                await self._say("220 " + self.plan["banner"])
                return
        await self._say(status)

    async def _say(self, status: str | bytes) -> None:
        """Send a reply, in a tarpit a few characters at a time."""
        pause = self.plan.get("dribble", 0)
        text = status if isinstance(status, str) else status.decode()
        if not pause:
            await super().push(text)
            return
        for at in range(0, len(text), _DROP):
            self._writer.write(text[at : at + _DROP].encode())
            await asyncio.sleep(pause)
        self._writer.write(b"\r\n")

    def eof_received(self) -> bool | None:
        """Answer what was sent before a half-close: Exim closes its side right behind QUIT."""
        self._reader.feed_eof()
        return True

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's naming
        """Offer the plan's keywords, refuse EHLO, or leave it to aiosmtpd."""
        if "ehlo_refusal" in self.plan:
            await self.push(self.plan["ehlo_refusal"])
        elif "ehlo" in self.plan and self.session is not None and self.session.peer is not None:
            self.session.extended_smtp = True
            self.session.host_name = hostname
            self._set_rset_state()  # type: ignore[no-untyped-call]
            lines = [f"{self.plan['host']} Hello [{self.session.peer[0]}]", *self.plan["ehlo"]]
            text = "\r\n".join(f"250-{line}" for line in lines[:-1])
            await self.push(f"{text}\r\n250 {lines[-1]}")
        else:
            await super().smtp_EHLO(hostname)

    def _verb(self, verb: str) -> Any:  # noqa: ANN401 - a bound coroutine
        async def answer(argument: str | None) -> None:
            reply = self.plan["replies"][verb]
            if reply == "RESET":
                self._reset()
                return
            await asyncio.sleep(self.plan.get("delays", {}).get(verb, 0))
            await self.push(reply)
            if verb == "XEXCH50" and argument:
                await self._reader.readexactly(int(argument.split()[0]))
                await self.push("250 2.0.0 OK")

        return answer

    async def _bdat(self, argument: str | None) -> None:
        words = (argument or "0").split()
        await self._reader.readexactly(int(words[0]))
        last = len(words) > 1
        if last:
            self._set_rset_state()  # type: ignore[no-untyped-call]
        await self.push("250 2.6.0 Queued mail for delivery" if last else f"250 2.1.5 {words[0]} octets received")

    def _reset(self) -> None:
        """Close with RST, as a crashed or impolite server does."""
        if isinstance(self.transport, asyncio.Transport):
            plug: socket.socket = self.transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()


class Handler:
    """The hooks of aiosmtpd: who may write to whom, and how long the end of data takes."""

    def __init__(self, plan: dict[str, Any]) -> None:
        """Keep the plan."""
        self.plan = plan
        self.tries: dict[str, int] = {}

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's naming
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Refuse what the plan refuses; a list of replies is used up try by try (greylisting)."""
        del server, session, options
        replies = self.plan.get("recipients", {}).get(address, [])
        tried = self.tries.get(address, 0)
        self.tries[address] = tried + 1
        if tried < len(replies):
            return str(replies[tried])
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Accept the mail, perhaps late, perhaps only at a later try."""
        del server, session, envelope
        await asyncio.sleep(self.plan.get("delays", {}).get("END-OF-DATA", 0))
        first = self.plan.get("accepted_first", [])
        tried = self.tries["END-OF-DATA"] = self.tries.get("END-OF-DATA", 0) + 1
        if tried <= len(first):
            return str(first[tried - 1])
        return str(self.plan.get("accepted", "250 2.6.0 Queued mail for delivery"))


def _authenticate(*_: object) -> AuthResult:
    return AuthResult(success=True)


async def serve(plan: dict[str, Any]) -> None:
    """Serve until the process is ended."""
    options: dict[str, Any] = {"enable_SMTPUTF8": plan.get("smtputf8", False), "timeout": plan.get("timeout", 30)}
    if "certificate" in plan:
        options["tls_context"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        options["tls_context"].load_cert_chain(*plan["certificate"])
    if plan.get("auth"):
        options |= {"authenticator": _authenticate, "auth_require_tls": False}
    handler = Handler(plan)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Persona(handler, plan, **options), plan["address"], 25)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
