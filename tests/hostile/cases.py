"""The cases: what is asked, what the server plays, and what must be seen if neither side is to be harmed."""

# ruff: noqa: E501 (a case is a row of a table)

from __future__ import annotations

from tests.hostile.case import HTML, Case, Expected, fetched, is_word, no_secret, refused, robots, text, to
from tests.hostile.floods import drops, floods, packed, silent
from tests.hostile.server import Answer, Headers

SECRET = "http://127.0.0.1:{secret}/"
CLOSED = refused("RobotsUnreachable")


def _if(header: str, value: str) -> Answer:
    """200 with a validator, 304 to whoever brings it back."""
    name = {"if-none-match": "ETag", "if-modified-since": "Last-Modified"}[header]
    full = text("<title>a page</title>", (name, value))

    def choose(headers: Headers) -> Answer:
        return Answer(304, b"", ((name, value),)) if headers.get(header) == value else full

    return Answer(choose=choose)


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
        Case("robots drops", "robots.txt", "the connection drops: closed for now", CLOSED, robots=Answer(play=drops)),
        Case("robots silent", "robots.txt", "no answer in time: closed for now", CLOSED, robots=Answer(play=silent)),
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
        Case("robots stars", "robots.txt", "a pattern of 3,000 stars", lambda s: s.word == "200" and s.outcomes[0]["seconds"] < 30,
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
    return [*_ssrf(), *_robots(), *_pace(), *_words(), *floods(), *_traps()]
