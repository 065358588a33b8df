"""Cases that would drown a crawler: bombs, answers without end or too slow, feeds that blow up."""

# ruff: noqa: E501 (a case is a row of a table)

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import brotli  # type: ignore[import-untyped]

from tests.hostile.case import HTML, Case, Expected, text
from tests.hostile.server import Answer

BOMB_MB = 256
FEED = (("Content-Type", "application/rss+xml"),)


def _zeros(step: Callable[[bytes], bytes], end: Callable[[], bytes]) -> bytes:
    return b"".join(step(bytes(1 << 20)) for _ in range(BOMB_MB)) + end()


@cache
def bomb(kind: str) -> bytes:
    if kind == "br":
        packer = brotli.Compressor(quality=1)
        return _zeros(packer.process, packer.finish)
    if kind == "zstd":
        from backports import zstd

        squeezer: Any = zstd.ZstdCompressor()
        return _zeros(squeezer.compress, squeezer.flush)
    stream = zlib.compressobj(9, zlib.DEFLATED, 31 if kind == "gzip" else 15)
    return _zeros(stream.compress, stream.flush)


def packed(kind: str, again: int = 0) -> list[Answer]:
    def body() -> bytes:
        data = bomb(kind)
        for _ in range(again):
            data = gzip.compress(data)
        return data

    return [Answer(200, body, (*HTML, ("Content-Encoding", ", ".join([kind, *["gzip"] * again]))))]


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    for _ in range(4096):
        writer.write(bytes(65536))
        await writer.drain()


async def _endless_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(40_000):
        writer.write(b"".join(b"X-%d: %s\r\n" % (number * 8 + i, b"a" * 500) for i in range(8)))
        await writer.drain()


async def _continues(writer: asyncio.StreamWriter) -> None:
    for _ in range(50_000):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 20)
        await writer.drain()


async def _slow_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    for _ in range(200):
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.3)


async def _slow_head(writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.3)


async def silent(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drops(_: asyncio.StreamWriter) -> None:
    return


async def _lies_about_length(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9000000000\r\n\r\nx")
    await writer.drain()
    await asyncio.sleep(1)


def floods() -> list[Case]:
    laughs = "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'lol'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
    )
    rss = "<rss version='2.0'><channel><title>{}</title></channel></rss>"
    big = b"<?xml version='1.0'?><rss>" + b"<item>x</item>" * 220_000 + b"</rss>"
    nested = b"<?xml version='1.0'?><rss>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</rss>"
    external = "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>" + rss.format("&x;")
    failed: Expected = lambda seen: seen.word not in ("200", "nothing") and "not done" not in seen.word  # noqa: E731
    bombs = [
        Case(f"bomb {kind}{' twice' * again}", "floods", f"{BOMB_MB} MB of zeros in {kind}{', packed twice' * again}",
             failed, pages={"/": packed(kind, again)}, heavy=True)
        for kind, again in (("gzip", 0), ("deflate", 0), ("br", 0), ("zstd", 0), ("gzip", 1))
    ]  # fmt: skip

    def plays(name: str, says: str, play: Any, want: Expected = failed, heavy: bool = False) -> Case:
        return Case(name, "floods", says, want, pages={"/": [Answer(play=play)]}, heavy=heavy)

    def xml(name: str, says: str, body: bytes) -> Case:
        return Case(name, "floods", says, failed, pages={"/": [Answer(200, body, FEED)]})

    once: Expected = lambda seen: failed(seen) and len(seen.pages) == 1  # noqa: E731
    cookies = tuple(("Set-Cookie", f"c{n}={'a' * 1000}") for n in range(50))
    return [
        *bombs,
        Case("packed often", "floods", "a body packed four times over", failed,
             pages={"/": [Answer(200, b"x", (("Content-Encoding", "gzip, gzip, gzip, gzip"),))]}),
        plays("endless body", "a body without end", _endless, heavy=True),
        plays("length lie", "Content-Length: 9000000000", _lies_about_length),
        plays("endless headers", "headers without end", _endless_headers, heavy=True),
        plays("endless 100", "100 Continue without end", _continues, heavy=True),
        plays("slow body", "a byte of the body every 0.3 s: given up, not tried again", _slow_body, once),
        plays("slow headers", "a byte of the headers every 0.3 s: the same", _slow_head, once),
        plays("silent", "no answer at all: the same", silent, once),
        Case("header line", "floods", "a header of 200 kB", failed, pages={"/": [text("x", ("X-A", "a" * 200_000))]}),
        Case("many headers", "floods", "20,000 headers", failed, pages={"/": [text("x", *((f"X-{n}", "a" * 100) for n in range(20_000)))]}),
        Case("cookies", "floods", "50 cookies: none is sent back", lambda s: s.words == ["200"] * 2 and "cookie" not in s.pages[1].headers,
             ("http://{h}/", "http://{h}/b"), {"/": [text("x", *cookies)]}),
        xml("big feed", "a feed of 3 MB", big),
        Case("big feed unpacked", "floods", "the same, packed", failed,
             pages={"/": [Answer(200, gzip.compress(big), (*FEED, ("Content-Encoding", "gzip")))]}),
        xml("laughs", "billion laughs in a feed", (laughs + "]>" + rss.format("&j;")).encode()),
        xml("external entity", "an external entity in a feed", external.encode()),
        xml("nesting", "a feed nested 200,000 levels deep", nested),
    ]  # fmt: skip
