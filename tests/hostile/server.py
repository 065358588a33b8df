"""The hostile server: an address of 127.0.0.0/8 for each case, one port for all, and a secret behind another port."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Headers = Mapping[str, str]


@dataclass(slots=True)
class Answer:
    """One HTTP answer; ``play`` instead writes to the socket what it likes."""

    status: int = 200
    body: bytes | Callable[[], bytes] = b"<title>a page</title>"
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)
    play: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None
    choose: Callable[[Headers], Answer] | None = None
    """The answer, by the request's headers."""
    seconds: float = 0.0
    """How long the server thinks first."""


@dataclass(slots=True)
class Hit:
    """A request as the server saw it: when it came, when it was answered, and the most that ran at once."""

    path: str
    at: float
    headers: dict[str, str]
    done: float = 0.0
    together: int = 1


@dataclass
class Server:
    """Plays ``routes``: host -> path -> answers (the last one again and again)."""

    routes: dict[str, dict[str, list[Answer]]]
    hits: dict[str, list[Hit]] = field(default_factory=lambda: defaultdict(list))
    port: int = 0
    secret: int = 0
    tls: int = 0
    dns: int = 0
    lookups: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    rebinds: dict[str, list[str]] = field(default_factory=dict)
    """name -> the addresses that successive look-ups give (the last one again and again)"""
    _busy: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _asked: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        name = "secret" if writer.get_extra_info("sockname")[1] == self.secret else host
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while line := await reader.readline():
                headers: dict[str, str] = {}
                while raw := (await reader.readline()).strip():
                    key, _, value = raw.decode("latin-1").partition(":")
                    headers[key.lower()] = value.strip()
                hit = Hit(line.decode("latin-1").split()[1], time.time(), headers)
                self.hits[name].append(hit)
                self._busy[name] += 1
                hit.together = self._busy[name]
                try:
                    if not await self._play(self._pick(name, hit), writer):
                        break
                finally:
                    self._busy[name] -= 1
                    hit.done = time.time()
        with contextlib.suppress(Exception):
            writer.close()
            await writer.wait_closed()

    def _pick(self, name: str, hit: Hit) -> Answer:
        path = hit.path.partition("?")[0]
        answers = self.routes.get(name, {}).get(path, [])
        before = self._asked[name, path]
        self._asked[name, path] += 1
        if not answers:
            return Answer(404 if hit.path == "/robots.txt" else 200)
        chosen = answers[min(before, len(answers) - 1)]
        return chosen.choose(hit.headers) if chosen.choose else chosen

    async def _play(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        if answer.seconds:
            await asyncio.sleep(answer.seconds)
        if answer.play:
            await answer.play(writer)
            return False
        body = answer.body if isinstance(answer.body, bytes) else answer.body()
        headers = [(key, value.replace("{now+2}", _http_date(3))) for key, value in answer.headers]
        head = "".join(f"{key}: {value.replace('{secret}', str(self.secret))}\r\n" for key, value in headers)
        head = head.replace("{port}", str(self.port))
        body = body.replace(b"{secret}", str(self.secret).encode()) if len(body) < 4096 else body
        length = "" if answer.status == 304 else f"Content-Length: {len(body)}\r\n"
        writer.write(f"HTTP/1.1 {answer.status} x\r\n{head}{length}\r\n".encode("latin-1") + body)
        await writer.drain()
        return True


def _http_date(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")


class _Dns(asyncio.DatagramProtocol):
    """A DNS server of a few lines: A records with no lifetime, as ``rebinds`` says (RFC 1035)."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer: Any) -> None:
        at, labels = 12, []
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode())
            at += 1 + data[at]
        name, question = ".".join(labels), data[12 : at + 5]
        addresses = self.server.rebinds.get(name, ["127.0.0.1"])
        address = addresses[min(self.server.lookups[name], len(addresses) - 1)]
        self.server.lookups[name] += 1
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04" + bytes(map(int, address.split(".")))
        self.transport.sendto(data[:2] + b"\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00" + question + record, peer)


def to_host(host: str, path: str) -> Answer:
    """A redirect to another host of this server."""
    return Answer(302, b"", (("Location", f"http://{host}:{{port}}{path}"),))


async def _end(loop: asyncio.AbstractEventLoop, opened: list[Any]) -> None:
    for one in opened:
        one.close()
    others = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.05)  # transports close in the next rounds of the loop
    loop.call_soon(loop.stop)


@contextlib.contextmanager
def running(server: Server, certificate: Path | None = None) -> Iterator[Server]:
    """The server in a thread of its own; its ports are filled in when it listens."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    opened: list[Any] = []
    hosts = ["127.0.0.1", *sorted({*server.routes} - {"127.0.0.1"})]

    async def listen() -> None:
        first = await asyncio.start_server(server.answer, "127.0.0.1", 0, limit=1 << 20)
        opened.append(first)
        server.port = first.sockets[0].getsockname()[1]
        if hosts[1:]:
            opened.append(await asyncio.start_server(server.answer, hosts[1:], server.port, limit=1 << 20))
        hidden = await asyncio.start_server(server.answer, "127.0.0.1", 0)
        opened.append(hidden)
        server.secret = hidden.sockets[0].getsockname()[1]
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            secure = await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=context)
            opened.append(secure)
            server.tls = secure.sockets[0].getsockname()[1]
        transport, _ = await loop.create_datagram_endpoint(lambda: _Dns(server), ("127.0.0.1", 0))
        opened.append(transport)
        server.dns = transport.get_extra_info("sockname")[1]
        ready.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(listen())
        loop.run_forever()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    if not ready.wait(20):
        raise RuntimeError("the hostile server does not listen")
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_end(loop, opened), loop)
        thread.join(5)
        loop.close()
