"""What flows reach, on loopback: a mail server, a receiver of webhooks, a language model."""

from __future__ import annotations

import email
import email.policy
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class OutsideWorld:
    """`mailbox`: every mail that was taken. `webhooks`: headers and body of each. `asked`: bodies of model requests."""

    smtp_port: int = 0
    http_port: int = 0
    mailbox: list[EmailMessage] = field(default_factory=list)
    webhooks: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    # The status with which the receiver answers the next webhooks, 200 when it is empty.
    statuses: list[int] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "AUTOMATIONS_SMTP_URL": f"smtp+plain://127.0.0.1:{self.smtp_port}",
            "AUTOMATIONS_MAIL_FROM": "Acme <hello@acme.example>",
            "AUTOMATIONS_AI_BASE_URL": f"http://127.0.0.1:{self.http_port}/v1",
            "AUTOMATIONS_AI_MODEL": "small",
            "AUTOMATIONS_HTTP_ALLOW": f"127.0.0.1:{self.http_port}",
        }

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mailbox if address in str(mail["to"])]

    def answer_of_model(self, asked: dict[str, Any]) -> str:
        text = json.dumps(asked["messages"])
        label = "sales" if "send me an offer" in text else "support"
        sure = 0.3 if "hmm" in text else 0.95
        return json.dumps({"label": label, "confidence": sure, "reason": "it says so"})


@contextmanager
def outside_world() -> Iterator[OutsideWorld]:
    world = OutsideWorld()

    class Postman:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            world.mailbox.append(message)
            return "250 taken"

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            status, answer = 200, b"{}"
            if self.path == "/v1/chat/completions":
                asked = json.loads(body)
                world.asked.append(asked)
                answer = json.dumps(_completion(world.answer_of_model(asked))).encode()
            else:
                world.webhooks.append((dict(self.headers.items()), body))
                status = world.statuses.pop(0) if world.statuses else 200
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *given: Any) -> None:
            return

    with socket.create_server(("127.0.0.1", 0)) as free:
        world.smtp_port = free.getsockname()[1]
    mail = Controller(Postman(), hostname="127.0.0.1", port=world.smtp_port)
    web = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    serving = threading.Thread(target=web.serve_forever, daemon=True)
    serving.start()
    mail.start()
    world.http_port = web.server_address[1]
    try:
        yield world
    finally:
        mail.stop()
        web.shutdown()
        web.server_close()


def _completion(text: str) -> dict[str, Any]:
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "small",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49},
    }
