"""A real server on a loopback port that speaks OpenAI's chat completions, well or badly; it remembers what came.

The name of the model that is asked for says how it answers: `good`, or one of the modes in `reply_to` and `serve`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

Reply = tuple[str, dict[str, str], bytes]


@dataclass(frozen=True)
class Asked:
    target: str
    headers: dict[str, str]
    body: Any

    @property
    def mode(self) -> str:
        return str(self.body["model"])

    def texts(self, role: str) -> str:
        return "\n".join(part["content"] for part in self.body["messages"] if part["role"] == role)


def completion(content: Any, *, usage: Any = None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "served-model",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
        ],
        "usage": {"prompt_tokens": 21, "completion_tokens": 7, "total_tokens": 28} if usage is None else usage,
    }


def json_reply(body: Any, status: str = "200 OK", **headers: str) -> Reply:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode()


def refusal(status: str, message: str, **headers: str) -> Reply:
    return json_reply({"error": {"message": message, "type": "x", "code": None}}, status, **headers)


@dataclass
class ModelServer:
    """`answers`: what the model says in turn in mode `good`, the last one again and again; in mode `tools` fields of
    its messages. `busy`: so many requests are answered with 429 first."""

    port: int = 0
    answers: list[Any] = field(default_factory=lambda: ["Hello"])
    asked: list[Asked] = field(default_factory=list)
    seconds: float = 0.0
    released: asyncio.Event = field(default_factory=asyncio.Event)
    hanging: int = 0
    busy: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def say(self, *answers: Any) -> None:
        self.answers = list(answers)

    def _next(self) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def reply_to(self, asked: Asked) -> Reply:
        if asked.target != "/v1/chat/completions":
            return "404 Not Found", {"Content-Type": "text/html"}, b"<html>nothing here</html>"
        key = asked.headers.get("authorization", "")
        if self.busy:
            self.busy -= 1
            return refusal("429 Too Many Requests", "slow down", **{"Retry-After": "0"})
        match asked.mode:
            case "no-schemas" if "response_format" in asked.body:
                return refusal("400 Bad Request", "Unknown field: response_format is not supported by this server")
            case "strict" if _is_loose(asked.body.get("response_format")):
                problem = "In context=(), 'additionalProperties' is required to be supplied and to be false."
                return refusal("400 Bad Request", f"Invalid schema for response_format 'answer': {problem}")
            case "picky":
                return refusal("400 Bad Request", "no words about response_format, please")
            case "newer" if "max_tokens" in asked.body:
                return refusal("400 Bad Request", "'max_tokens' is not supported, use 'max_completion_tokens' instead")
            case "thinker" if "temperature" in asked.body:
                return refusal("400 Bad Request", "Unsupported value: 'temperature' does not support 0 with this model")
            case "400":
                return refusal("400 Bad Request", f"the prompt offends {key} " + "x" * 5_000)
            case "401":
                return refusal("401 Unauthorized", f"Incorrect API key provided: {key}")
            case "404":
                return refusal("404 Not Found", "The model `404` does not exist")
            case "429":
                return refusal("429 Too Many Requests", "slow down", **{"Retry-After": "7"})
            case "quota":
                return json_reply({"error": {"message": "insufficient_quota: pay"}}, "429 Too Many Requests")
            case "500":
                return "500 Internal Server Error", {"Content-Type": "text/plain"}, b"Traceback (most recent call last)"
            case "503":
                return refusal("503 Service Unavailable", "loading", **{"Retry-After": "3"})
            case "redirect":
                return "307 Temporary Redirect", {"Location": "http://127.0.0.1:1/v1/chat/completions"}, b""
            case "garbage":
                return "200 OK", {"Content-Type": "application/json"}, b"\x00\xff\xfe{{{"
            case "html":
                return "200 OK", {"Content-Type": "text/html"}, b"<html>It works!</html>"
            case "stream":
                return "200 OK", {"Content-Type": "text/event-stream"}, b'data: {"choices": []}\n\ndata: [DONE]\n\n'
            case "shape":
                return json_reply([1, 2, 3])
            case "no-choices":
                return json_reply({**completion("x"), "choices": []})
            case "no-text":
                return json_reply(completion(None))
            case "declines":
                return json_reply(completion(None, refusal="I would rather not"))
            case "parts":
                return json_reply(completion(None) | _parts("Hel", "lo"))
            case "no-usage":
                return json_reply({**completion(self._next()), "usage": None})
            case "odd-usage":
                return json_reply(completion(self._next(), usage={"prompt_tokens": -5, "completion_tokens": "many"}))
            case "cut-off":
                return json_reply(completion(self._next(), finish="length"))
            case "tools":
                return json_reply(completion(**{"content": None, **self._next()}))
            case "echo":
                return json_reply(completion(f"you sent {key} and {asked.headers}"))
            case _:
                return json_reply(completion(self._next()))

    async def serve(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if asked.target.startswith("/v1/") and asked.mode == "hang":
            self.hanging += 1
            await self.released.wait()
        if asked.target.startswith("/v1/") and asked.mode in ("endless", "drip"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
            chunk, pause = (b" " * 65_536, 0.0) if asked.mode == "endless" else (b" ", 0.05)
            while True:
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(pause)
        status, headers, content = self.reply_to(asked)
        size = len(content) + 100 if asked.target.startswith("/v1/") and asked.mode == "truncated" else len(content)
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, f"Content-Length: {size}", "", ""]).encode() + content)
        await writer.drain()
        if size != len(content):
            writer.close()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.get_running_loop().create_task(self._connection(reader, writer)))

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                asked = await self._read(reader)
                self.asked.append(asked)
                await self.serve(asked, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> Asked:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        return Asked(head[0].split(" ")[1], headers, json.loads(content) if content else None)

    async def stop(self) -> None:
        self.released.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _is_loose(response_format: Any) -> bool:
    return response_format is not None and "additionalProperties" not in response_format["json_schema"]["schema"]


def _parts(*texts: str) -> dict[str, Any]:
    content = [{"type": "text", "text": text} for text in texts]
    return {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": content}}]}


@contextlib.asynccontextmanager
async def model_server() -> AsyncIterator[ModelServer]:
    served = ModelServer()
    listening = await asyncio.start_server(served.accept, "127.0.0.1", 0)
    served.port = listening.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        listening.close()
        await served.stop()
        await listening.wait_closed()
