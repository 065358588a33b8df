"""The cases: what is asked, what the server plays, and what must be seen if neither side is to be harmed."""

# ruff: noqa: E501 (a case is a row of a table)

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import brotli  # type: ignore[import-untyped]

from tests.hostile.server import Answer, Headers, Hit

BOMB_MB = 256
HTML = (("Content-Type", "text/html"),)
FEED = (("Content-Type", "application/rss+xml"),)


@dataclass
class Seen:
    """What came of a case: outcomes of the first and second run, and the server's side of both."""

    outcomes: list[dict[str, Any]]
    again: list[dict[str, Any]]
    hits: list[Hit]
    secrets: int
    ran: list[float] = field(default_factory=list)
    """When the runs began."""

    @property
    def words(self) -> list[str]:
        return [outcome["word"] for outcome in self.outcomes]

    @property
    def word(self) -> str:
        return self.words[-1] if self.outcomes else "nothing"

    @property
    def pages(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.path != "/robots.txt"]

    @property
    def gaps(self) -> list[float]:
        """Seconds between the starts of successive requests, robots.txt included."""
        return [late.at - soon.at for soon, late in zip(self.hits, self.hits[1:], strict=False)]


Expected = Callable[[Seen], bool]


@dataclass
class Case:
    """One trial; in ``ask`` {h} stands for the case's host and port, {secret} and {tls} for the other ports."""

    name: str
    group: str
    says: str
    """The row of the table."""
    want: Expected
    ask: tuple[str, ...] = ("http://{h}/",)
    pages: dict[str, list[Answer]] = field(default_factory=dict)
    robots: Answer | None = None
    again: tuple[str, ...] = ()
    """Asked in a second run, with the memory of the first."""
    together: bool = False
    budget: int | None = None
    heavy: bool = False
    """A bomb: stock Scrapy meets it alone, for the sake of this machine."""


def is_word(*words: str) -> Expected:
    return lambda seen: seen.word in words


def refused(word: str) -> Expected:
    """Refused in this word (or in stock Scrapy's for robots.txt), and no page was asked of the server."""
    words = {word, "IgnoreRequest"} if word == "RobotsForbid" else {word}
    return lambda seen: bool(seen.words) and set(seen.words) <= words and not seen.pages and not seen.secrets


def no_secret(seen: Seen) -> bool:
    return seen.secrets == 0 and not seen.word.startswith("2")


def fetched(seen: Seen) -> bool:
    return seen.word == "200"


def text(body: str, *headers: tuple[str, str], status: int = 200) -> Answer:
    return Answer(status, body.encode(), (*HTML, *headers))


def robots(body: str | bytes, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(status, body.encode() if isinstance(body, str) else body, (("Content-Type", "text/plain"), *headers))


def to(target: str, status: int = 302) -> Answer:
    return Answer(status, b"", (("Location", target),))


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


async def _silent(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def _drops(_: asyncio.StreamWriter) -> None:
    return


async def _lies_about_length(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9000000000\r\n\r\nx")
    await writer.drain()
    await asyncio.sleep(1)


def _if(header: str, value: str) -> Answer:
    """200 with a validator, 304 to whoever brings it back."""
    name = {"if-none-match": "ETag", "if-modified-since": "Last-Modified"}[header]
    full = text("<title>a page</title>", (name, value))

    def choose(headers: Headers) -> Answer:
        return Answer(304, b"", ((name, value),)) if headers.get(header) == value else full

    return Answer(choose=choose)


SECRET = "http://127.0.0.1:{secret}/"
CLOSED = refused("RobotsUnreachable")


def _ssrf() -> list[Case]:
    forms = {
        "the loopback address": "127.0.0.1",
        "localhost": "localhost",
        "a decimal number": "2130706433",
        "a hexadecimal number": "0x7f000001",
        "octal parts": "0177.0.0.1",
        "a short form": "127.1",
        "mixed short hexadecimal": "0x7f.1",
        "the unspecified address": "0.0.0.0",
        "IPv4-mapped IPv6": "[::ffff:127.0.0.1]",
        "IPv6 loopback": "[::1]",
        "an IPv6 zone": "[fe80::1%25lo]",
        "full-width digits": "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
        "a trailing dot": "127.0.0.1.",
    }
    cases = [
        Case(f"ssrf {name}", "addresses", f"a link to a private service, written as {name}", no_secret,
             (f"http://{host}:{{secret}}/",))
        for name, host in forms.items()
    ]  # fmt: skip
    public = {"/": [to(SECRET)]}
    hops = {"/": [to("/hop")], "/hop": [to("http://localhost:{secret}/", 301)]}
    refresh = '<meta http-equiv="refresh" content="0; url=http://127.0.0.1:{secret}/">'
    return [
        *cases,
        Case("redirect to a private service", "addresses", "a redirect to a private service", no_secret, pages=public),
        Case("redirect hops", "addresses", "the same behind two hops and a name", no_secret, pages=hops),
        Case("meta refresh", "addresses", "a meta refresh to a private service", lambda s: not s.secrets,
             pages={"/": [text(refresh)]}),
        Case("robots redirect", "addresses", "robots.txt redirects to a private service", lambda s: not s.secrets,
             robots=to(SECRET + "robots-redirect")),
        Case("dns rebinding", "addresses", "a name that points elsewhere at the second look-up (DNS rebinding)",
             lambda s: s.words[0] == "200" and s.words[-1] == "ForbiddenAddress" and not s.secrets,
             ("http://rebind.test:{port}/", "http://rebind.test:{secret}/", "http://rebind.test:{secret}/b")),
        Case("dns private", "addresses", "a public name that points to a private service", no_secret,
             ("http://inside.test:{secret}/",)),
        Case("file", "addresses", "a link to file:///etc/hostname", is_word("NotSupported"), ("file:///etc/hostname",)),
        Case("data", "addresses", "a link to data:", is_word("NotSupported"), ("data:text/html,evil",)),
        Case("ftp", "addresses", "a link to ftp: on a private service", lambda s: s.word == "NotSupported" and not s.secrets,
             ("ftp://127.0.0.1:{secret}/x",)),
        Case("redirect to file", "addresses", "a redirect to file:", lambda s: s.word in ("302", "NotSupported"),
             pages={"/": [to("file:///etc/hostname")]}),
        Case("tls", "addresses", "a certificate that nobody vouches for", lambda s: not s.word.startswith("2"),
             ("https://127.0.0.1:{tls}/",)),
    ]  # fmt: skip


def _robots() -> list[Case]:
    shut = "User-agent: *\nDisallow: /\n"
    late = "#" * 510_000 + "\nUser-agent: *\n" + "#" * 10_000 + "\nDisallow: /\n"
    stars = "User-agent: *\nDisallow: /" + "*a" * 3000 + "b\n"
    return [
        Case("robots disallow", "robots.txt", "everything disallowed", refused("RobotsForbid"), robots=robots(shut)),
        Case("robots 404", "robots.txt", "404 whose body disallows everything: there is none", fetched, robots=robots(shut, 404)),
        Case("robots 403", "robots.txt", "403: there is none", fetched, robots=robots("no", 403)),
        Case("robots 429", "robots.txt", "429: closed for now", CLOSED, robots=robots("", 429)),
        Case("robots 500", "robots.txt", "500: closed for now", CLOSED, robots=robots("", 500)),
        Case("robots 503", "robots.txt", "503: closed for now", CLOSED, robots=robots("", 503)),
        Case("robots drops", "robots.txt", "the connection drops: closed for now", CLOSED, robots=Answer(play=_drops)),
        Case("robots silent", "robots.txt", "no answer in time: closed for now", CLOSED, robots=Answer(play=_silent)),
        Case("robots bomb", "robots.txt", "a decompression bomb: closed for now", CLOSED, robots=packed("gzip")[0], heavy=True),
        Case("robots redirect loop", "robots.txt", "redirects without end: closed for now", CLOSED, robots=to("/robots.txt")),
        Case("robots moved", "robots.txt", "redirected to rules that disallow", lambda s: s.word in ("RobotsForbid", "IgnoreRequest"),
             robots=to("/rules"), pages={"/rules": [robots(shut)]}),
        Case("robots late rule", "robots.txt", "a rule beyond the first 500 KiB is not read", fetched, robots=robots(late)),
        Case("robots long", "robots.txt", "a rule before that in a file of 600 kB is", refused("RobotsForbid"),
             robots=robots(shut + "#" * 600_000)),
        Case("robots html", "robots.txt", "a web page in its place", fetched, robots=text("<html><p>Welcome</p></html>")),
        Case("robots token", "robots.txt", "a group for our product token", refused("RobotsForbid"),
             robots=robots("User-agent: *\nAllow: /\n\nUser-agent: Grapevine/1.0\nDisallow: /\n")),
        Case("robots other", "robots.txt", "a group for others only", fetched,
             robots=robots("User-agent: grapevinebot\nDisallow: /\n")),
        Case("robots unknown line", "robots.txt", "an unknown line between two user-agent lines", refused("RobotsForbid"),
             robots=robots("User-agent: grapevine\nHost: x\nUser-agent: other\nDisallow: /\n")),
        Case("robots stars", "robots.txt", "a pattern of 3,000 stars", lambda s: s.word == "200" and s.outcomes[0]["seconds"] < 5,
             ("http://{h}/" + "a" * 1500,), robots=robots(stars)),
        Case("robots memory", "robots.txt", "remembered by the next run", lambda s: len(s.hits) - len(s.pages) == 1,
             again=("http://{h}/again",), robots=robots("User-agent: *\nDisallow: /private\n")),
        Case("robots closed memory", "robots.txt", "a 503 is remembered too",
             lambda s: len(s.hits) == 1 and s.again[0]["word"] in ("RobotsUnreachable", "HostResting"),
             again=("http://{h}/again",), robots=robots("", 503)),
        Case("crawl delay", "pace", "Crawl-delay: 1.5", lambda s: s.words == ["200"] * 4 and min(s.gaps[1:]) >= 1.45,
             tuple(f"http://{{h}}/{n}" for n in range(4)), together=True, robots=robots("User-agent: *\nCrawl-delay: 1.5\n")),
        Case("crawl delay runs", "pace", "Crawl-delay: 2 kept from one run to the next",
             lambda s: s.again[0]["word"] == "200" and s.gaps[-1] >= 1.95,
             again=("http://{h}/again",), robots=robots("User-agent: *\nCrawl-delay: 2\n")),
        Case("crawl delay huge", "pace", "Crawl-delay: 86400: the host is left for the day", refused("HostResting"),
             robots=robots("User-agent: *\nCrawl-delay: 86400\n")),
    ]  # fmt: skip


def _pace() -> list[Case]:
    ok = text("<title>a page</title>")
    asked = ("http://{h}/",)
    five = tuple(f"http://{{h}}/{n}" for n in range(5))
    return [
        Case("retry after seconds", "pace", "429 with Retry-After: 2", lambda s: s.word == "200" and s.gaps[-1] >= 1.95,
             pages={"/": [text("", ("Retry-After", "2"), status=429), ok]}),
        Case("retry after date", "pace", "503 with Retry-After as a date 2 s ahead", lambda s: s.word == "200" and s.gaps[-1] >= 1.9,
             pages={"/": [text("", ("Retry-After", "{now+2}"), status=503), ok]}),
        Case("retry after others", "pace", "while a host rests, its other pages wait too",
             lambda s: len(s.pages) >= 3 and s.pages[1].at - s.pages[0].done >= 1.9,
             ("http://{h}/a", "http://{h}/b", "http://{h}/c"), together=True,
             pages={path: [text("", ("Retry-After", "2"), status=429), ok] for path in ("/a",)}
             | {path: [ok] for path in ("/b", "/c")}),
        Case("retry after a day", "pace", "429 with Retry-After: 86400: not before tomorrow, in the next run either",
             lambda s: s.words == ["429", "HostResting"] and s.again[0]["word"] == "HostResting" and len(s.pages) == 1,
             (*asked, "http://{h}/b"), {"/": [text("", ("Retry-After", "86400"), status=429)]}, again=("http://{h}/c",)),
        Case("retry after absurd", "pace", "Retry-After: 99999999999999999999", lambda s: s.words[0] == "429" and len(s.pages) == 1,
             pages={"/": [text("", ("Retry-After", "9" * 20), status=429)]}),
        Case("back-off", "pace", "500 again and again: the pauses grow",
             lambda s: len(s.pages) == 4 and s.pages[3].at - s.pages[2].at > s.pages[1].at - s.pages[0].at,
             ("http://{h}/a", "http://{h}/b"), {path: [text("", status=500)] for path in ("/a", "/b")}),
        Case("one at a time", "pace", "five pages at once of a slow host: one at a time",
             lambda s: s.words == ["200"] * 5 and max(hit.together for hit in s.hits) == 1,
             five, {f"/{n}": [Answer(seconds=0.3)] for n in range(5)}, together=True),
        Case("redirected slots", "pace", "pages of other hosts redirect to one host: one at a time",
             lambda s: len(s.pages) >= 4 and max(hit.together for hit in s.hits) == 1,
             tuple(f"http://127.0.2.{n}:{{port}}/" for n in range(1, 5)),
             {f"/{n}": [Answer(seconds=0.4)] for n in range(1, 5)}, together=True),
        Case("budget", "pace", "a host's daily budget (here 4 requests with robots.txt), in the next run too",
             lambda s: s.words == ["200"] * 3 + ["BudgetSpent"] * 2 and s.again[0]["word"] == "BudgetSpent" and len(s.hits) == 4,
             five, again=("http://{h}/c",), budget=4),
        Case("etag", "freshness", "ETag: the next run asks only for what changed", lambda s: s.again[0]["word"] == "304",
             pages={"/": [_if("if-none-match", '"v1"')]}, again=asked),
        Case("last modified", "freshness", "Last-Modified: the same", lambda s: s.again[0]["word"] == "304",
             pages={"/": [_if("if-modified-since", "Mon, 05 Jan 2026 10:00:00 GMT")]}, again=asked),
        Case("validator hop", "freshness", "a validator is not carried over a redirect",
             lambda s: s.again[0]["word"] == "200" and "if-none-match" not in s.pages[-1].headers,
             pages={"/": [text("x", ("ETag", '"v1"')), to("/other")], "/other": [ok]}, again=asked),
    ]  # fmt: skip


def _words() -> list[Case]:
    def tag(content: str, name: str = "robots") -> dict[str, list[Answer]]:
        return {"/": [text(f'<html><head><meta name="{name}" content="{content}"></head><p>hello</p>')]}

    def header(value: str) -> dict[str, list[Answer]]:
        return {"/": [text("hello", ("X-Robots-Tag", value))]}

    def flagged(flag: str) -> Expected:
        return lambda seen: seen.word == "200" and flag in seen.outcomes[0]["flags"]

    kept, out = fetched, is_word("NotIndexable")
    utf16 = Answer(200, "\ufeff<meta name=robots content=noindex>".encode("utf-16-le"), HTML)
    comment = '<!-- <meta name="robots" content="noindex"> --><p>hello</p>'
    script = '<script>x = \'<meta name="robots" content="noindex">\'</script>'
    return [
        Case("header noindex", "page's wish", "X-Robots-Tag: noindex", out, pages=header("noindex, nofollow")),
        Case("header none", "page's wish", "X-Robots-Tag: none", out, pages=header("NONE")),
        Case("header for us", "page's wish", "X-Robots-Tag: grapevine: noindex", out, pages=header("otherbot: nofollow, grapevine: noindex")),
        Case("header for others", "page's wish", "X-Robots-Tag: otherbot: noindex", kept, pages=header("otherbot: noindex, nofollow")),
        Case("header over", "page's wish", "X-Robots-Tag: unavailable_after a past date", out,
             pages=header("unavailable_after: Wed, 25 Jun 2025 15:00:00 GMT")),
        Case("header ahead", "page's wish", "X-Robots-Tag: unavailable_after a date to come", kept,
             pages=header("max-snippet:-1, unavailable_after: 2126-06-25T15:00:00Z")),
        Case("meta noindex", "page's wish", "meta robots noindex", out, pages=tag("noindex,follow")),
        Case("meta none", "page's wish", "meta robots none", out, pages=tag("None")),
        Case("meta for us", "page's wish", "meta grapevine noindex", out, pages=tag("noindex", "Grapevine")),
        Case("meta unquoted", "page's wish", "content before name, no quotes, capitals", out,
             pages={"/": [text("<META CONTENT=NOINDEX NAME=ROBOTS>")]}),
        Case("meta utf-16", "page's wish", "meta robots noindex in UTF-16", out, pages={"/": [utf16]}),
        Case("meta comment", "page's wish", "meta robots noindex inside a comment", kept, pages={"/": [text(comment)]}),
        Case("meta script", "page's wish", "the same words inside a script", kept, pages={"/": [text(script)]}),
        Case("meta nofollow", "page's wish", "meta robots nofollow", flagged("nofollow"), pages=tag("index, nofollow")),
        Case("header noarchive", "page's wish", "X-Robots-Tag: noarchive", flagged("noarchive"), pages=header("noarchive")),
    ]  # fmt: skip


def _floods() -> list[Case]:
    laughs = "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'lol'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
    )
    rss = "<rss version='2.0'><channel><title>{}</title></channel></rss>"
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
        plays("silent", "no answer at all: the same", _silent, once),
        Case("header line", "floods", "a header of 200 kB", failed, pages={"/": [text("x", ("X-A", "a" * 200_000))]}),
        Case("many headers", "floods", "20,000 headers", failed, pages={"/": [text("x", *((f"X-{n}", "a" * 100) for n in range(20_000)))]}),
        Case("cookies", "floods", "50 cookies: none is sent back", lambda s: s.words == ["200"] * 2 and "cookie" not in s.pages[1].headers,
             ("http://{h}/", "http://{h}/b"), {"/": [text("x", *cookies)]}),
        xml("big feed", "a feed of 3 MB", b"<?xml version='1.0'?><rss>" + b"<item>x</item>" * 220_000 + b"</rss>"),
        xml("big feed unpacked", "the same, packed", b""),
        xml("laughs", "billion laughs in a feed", (laughs + "]>" + rss.format("&j;")).encode()),
        xml("external entity", "an external entity in a feed", external.encode()),
        xml("nesting", "a feed nested 200,000 levels deep", nested),
    ]  # fmt: skip


def _traps() -> list[Case]:
    circle = {"/": [to("/")]}
    six = {f"/{n}" if n else "/": [to(f"/{n + 1}")] for n in range(6)}
    five = {f"/{n}" if n else "/": [to(f"/{n + 1}")] for n in range(5)}
    same = (
        "http://{h}/a?b=2&a=1",
        "http://{h}:/a?a=1&b=2&utm_source=x#top",
        "http://{h}/a;jsessionid=A1?a=1&b=2&PHPSESSID=77",
    )
    calendar = tuple(f"http://{{h}}/calendar?month={2000 + n // 12}-{n % 12 + 1}" for n in range(14))
    return [
        Case("redirect loop", "traps", "a redirect to itself", lambda s: s.word == "IgnoreRequest" and len(s.pages) == 6, pages=circle),
        Case("six redirects", "traps", "six redirects: five are followed", is_word("IgnoreRequest"), pages=six),
        Case("five redirects", "traps", "five redirects: the page", fetched, pages=five),
        Case("calendar", "traps", "an endless calendar (here 10 months are enough)",
             lambda s: s.words[9] == "200" and s.word == "Trap" and len(s.pages) == 10, calendar),
        Case("long address", "traps", "an address of 2,500 characters", refused("Trap"), ("http://{h}/" + "a" * 2500,)),
        Case("same folder", "traps", "/x/x/x/x/x", refused("Trap"), ("http://{h}/x/x/x/x/x",)),
        Case("deep folders", "traps", "25 folders deep", refused("Trap"), ("http://{h}/" + "/".join(f"d{n}" for n in range(25)),)),
        Case("parameters", "traps", "30 parameters", refused("Trap"), ("http://{h}/?" + "&".join(f"p{n}=1" for n in range(30)),)),
        Case("same page", "traps", "one page under three addresses: session, campaign, order",
             lambda s: len({outcome["fingerprint"] for outcome in s.outcomes}) == 1, same),
    ]  # fmt: skip


def all_cases() -> list[Case]:
    cases = [*_ssrf(), *_robots(), *_pace(), *_words(), *_floods(), *_traps()]
    for case in cases:
        if case.name == "big feed unpacked":
            body = gzip.compress(b"<?xml version='1.0'?><rss>" + b"<item>x</item>" * 220_000 + b"</rss>")
            case.pages = {"/": [Answer(200, body, (*FEED, ("Content-Encoding", "gzip")))]}
    return cases
