"""A forward proxy on loopback that plays the whole web: hosts by name, from files, from PHP, or badly on purpose."""

from __future__ import annotations

import hashlib
import http.client
import mimetypes
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

SEEN = "Sun, 15 Nov 2026 00:00:00 GMT"
TYPES = {".xml": "application/xml", ".json": "application/json", ".rss": "application/rss+xml"}
PIXEL = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
PASSED_ON = ("content-type", "location", "link", "x-pingback", "etag", "last-modified", "x-robots-tag")


@dataclass(slots=True)
class Host:
    """How one host answers: its rules first, then PHP or its files; ``charset`` is what its HTML claims to be."""

    root: Path
    rules: list[dict[str, Any]] = field(default_factory=list)
    upstream: int = 0
    charset: str = "utf-8"


class Proxy(ThreadingHTTPServer):
    """Serves ``hosts`` to clients that send absolute-form requests; unknown hosts are hung up on, as a dead name is."""

    daemon_threads = True

    def __init__(self, hosts: dict[str, Host], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Answer)
        self.hosts = hosts

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Proxy
    server_version = "smallweb"
    sys_version = ""

    def log_message(self, format: str, *args: Any) -> None:
        return

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        host = self.server.hosts.get(url.netloc)
        rule = next((r for r in host.rules if fnmatchcase(url.path, r["path"])), None) if host else None
        if host is None or (rule and rule.get("drop")):
            self.close_connection = True
        elif rule:
            self._ruled(rule, url.path)
        elif fnmatchcase(url.path, "*.jpg"):
            self._send(200, {"Content-Type": "image/gif"}, PIXEL)
        elif host.upstream:
            self._upstream(host.upstream, url)
        else:
            self._file(host, unquote(url.path))

    do_HEAD = do_GET  # noqa: N815

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {"Date": SEEN, **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _ruled(self, rule: dict[str, Any], path: str) -> None:
        """A rule is data of the content file: status, location, headers, body (repeated), {n} for calendars."""
        number = int("0" + "".join(c for c in path if c.isdigit()))
        body = rule.get("body", "").replace("{next}", str(number + 1)).replace("{this}", str(number))
        text = rule.get("before", "") + body * rule.get("repeat", 1) + rule.get("after", "")
        headers = {"Content-Type": rule.get("type", "text/html; charset=utf-8"), **rule.get("headers", {})}
        if "location" in rule:
            headers["Location"] = rule["location"].replace("{next}", str(number + 1))
        self._send(rule.get("status", 200), headers, text.encode(rule.get("written_in", "utf-8")))

    def _upstream(self, port: int, url: SplitResult) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        asked = {
            name: value
            for name, value in self.headers.items()
            if name.lower() in ("if-none-match", "if-modified-since")
        }
        target = url.path + (f"?{url.query}" if url.query else "")
        link.request(self.command, target or "/", headers={**asked, "Host": url.netloc, "User-Agent": "smallweb"})
        answer = link.getresponse()
        headers = {name: value for name, value in answer.getheaders() if name.lower() in PASSED_ON}
        self._send(answer.status, headers, answer.read())
        link.close()

    def _file(self, host: Host, path: str) -> None:
        found = (host.root / path.lstrip("/")).resolve()
        if not found.is_relative_to(host.root.resolve()):
            return self._send(400, {}, b"")
        if found.is_dir() and not path.endswith("/"):
            return self._send(301, {"Location": path + "/"}, b"")
        if found.is_dir():
            found /= "index.html"
        if not found.is_file() and found.with_suffix(".html").is_file():
            found = found.with_suffix(".html")
        if not found.is_file():
            own = host.root / "404.html"
            body = own.read_bytes() if own.is_file() else b"<h1>404 Not Found</h1>"
            return self._send(404, {"Content-Type": "text/html; charset=utf-8"}, body)
        body = found.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        kind = TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0] or "text/html"
        said = f"{kind}; charset={host.charset}" if kind == "text/html" and host.charset else kind
        headers = {"Content-Type": said, "ETag": etag, "Last-Modified": SEEN}
        if self.headers.get("If-None-Match") == etag or self.headers.get("If-Modified-Since") == SEEN:
            return self._send(304, headers, b"")
        return self._send(200, headers, body)
