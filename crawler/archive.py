"""Record and replay: every response into a WARC; any crawl again out of one, under its true URLs, without network."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from scrapy import Request, signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from w3lib.url import canonicalize_url
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.statusandheaders import StatusAndHeaders
from warcio.timeutils import datetime_to_iso_date
from warcio.warcwriter import WARCWriter

from crawler.page import ARCHIVE_DATE, now

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

MISSING = "X-Grapevine-Missing"
"""Header of the 404 that stands for a page which the archive does not hold."""

REPLAYED_UNTIL = "grapevine/replay/until"
"""Stat: the time of the newest response replayed, which stands for the present in a replay."""


class ArchiveUnreadable(Exception):
    """The WARC to replay can't be read; the message says why."""


class Archive:
    """Downloader middleware: with ``ARCHIVE=file.warc.gz`` appends each response, as it came over the wire, to a file.

    It stands on the spider's side of politeness, so that a page which asks not to be kept is not. ``ARCHIVE_ALL`` keeps
    everything, which is meant for recording one's own servers.
    """

    def __init__(self, path: str, agent: str, everything: bool) -> None:
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.everything = everything
        self.file = _opened(target)
        self.writer = WARCWriter(self.file, gzip=target.suffix == ".gz")
        info = {"software": agent, "format": "WARC File Format 1.1"}
        self.writer.write_record(self.writer.create_warcinfo_record(target.name, info))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        if not settings.get("ARCHIVE") or settings.get("REPLAY"):
            raise NotConfigured
        archive = cls(settings["ARCHIVE"], settings["BOT_NAME"], settings.getbool("ARCHIVE_ALL"))
        crawler.signals.connect(archive.downloaded, signals.response_downloaded)
        crawler.signals.connect(archive.close, signals.spider_closed)  # before the store stage cleans archives
        return archive

    def downloaded(self, response: Response, request: Request) -> None:
        """Writes what carries no content, and puts the rest by until every rule has seen it."""
        kept = self.everything and not request.meta.get(FLEETING)
        if kept or not 200 <= response.status < 300:
            self.keep(response, request.url)
        else:
            request.meta[_RAW] = response.copy()  # unpacking takes headers away from the original

    def process_response(self, request: Request, response: Response) -> Response:
        raw = request.meta.pop(_RAW, None)
        if raw is not None and "noarchive" not in response.flags and not request.meta.get(FLEETING):
            self.keep(raw, request.url)
        return response

    def keep(self, response: Response, url: str) -> None:
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        ]
        record = self.writer.create_warc_record(
            url,
            "response",
            payload=BytesIO(response.body),
            http_headers=StatusAndHeaders(f"{response.status} -", headers, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": datetime_to_iso_date(now())},
        )
        self.writer.write_record(record)

    def close(self) -> None:
        self.file.close()


def _opened(path: Path) -> BinaryIO:
    """The file, held so that nobody is taken out of it (storage/removal.py) while a crawl writes."""
    while True:
        file = path.open("ab")
        fcntl.flock(file, fcntl.LOCK_SH)
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()  # it was written anew while we waited


FLEETING = "grapevine_fleeting"
"""Request meta: the answer tells of people who are nobody's account here, and is read but never kept."""
_RAW = "archive_raw"


class ReplayHandler(BaseDownloadHandler):
    """Download handler: answers from ``REPLAY=file.warc.gz``; what the file does not hold is a 404, counted.

    Of several responses for one address it gives the last one, or with ``REPLAY_AT=2025-01-31`` the last until then.
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.path = Path(crawler.settings["REPLAY"])
        self.offsets, self.newest = index(self.path, crawler.settings.get("REPLAY_AT"))
        crawler.stats.set_value(REPLAYED_UNTIL, self.newest)
        self.limit = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self.file = self.path.open("rb")

    async def download_request(self, request: Request) -> Response:
        offset = self.offsets.get(canonicalize_url(request.url))
        if offset is None:
            self.crawler.stats.inc_value("grapevine/replay/missing")
            return Response(request.url, status=404, headers={MISSING: "1", ARCHIVE_DATE: self.newest})
        self.file.seek(offset)
        record = next(iter(ArchiveIterator(self.file)))
        headers = Headers()
        for name, value in record.http_headers.headers:
            headers.appendlist(name, value)
        headers[ARCHIVE_DATE] = record.rec_headers.get_header("WARC-Date")
        stream = record.raw_stream
        if b"chunked" in (headers.pop("Transfer-Encoding", None) or [b""])[0]:
            stream = ChunkedDataReader(stream)
        body = stream.read(self.limit + 1 if self.limit else -1)
        response = responsetypes.from_args(headers=headers, url=request.url, body=body)
        return response(request.url, status=int(record.http_headers.get_statuscode()), headers=headers, body=body)

    async def close(self) -> None:
        self.file.close()


def index(path: Path, until: str | None = None) -> tuple[dict[str, int], str]:
    """Address -> offset of its chosen response, and the newest one's time. Raises ArchiveUnreadable."""
    try:
        return _index(path, until, path.stat().st_mtime_ns)
    except OSError as error:
        raise ArchiveUnreadable(f"{path}: {error.strerror or error}; give -s REPLAY the path of a WARC file") from error


@lru_cache(1)  # a run asks three times: the command, and a handler for http and for https
def _index(path: Path, until: str | None, _changed: int) -> tuple[dict[str, int], str]:
    chosen: dict[str, tuple[bool, str, int]] = {}
    limit = _last_moment(until) if until else "9"
    try:
        with path.open("rb") as file:
            for url, date, status, offset in _responses(file):
                rank = (status != "304", date, offset)  # a 304 has no body to replay
                if date <= limit and rank > chosen.get(url, (False, "", -1)):
                    chosen[url] = rank
    except OSError:
        raise
    except Exception as error:
        why = str(error)[:80]
        raise ArchiveUnreadable(f"{path}: not readable as WARC ({why}); record it anew with -s ARCHIVE=") from error
    if not chosen:
        raise ArchiveUnreadable(f"{path}: holds no response{f' until {until}' if until else ''}")
    return {url: rank[2] for url, rank in chosen.items()}, max(rank[1] for rank in chosen.values())


def _responses(file: BinaryIO) -> Iterator[tuple[str, str, str, int]]:
    records = ArchiveIterator(file)
    for record in records:
        if record.rec_type == "response":
            url = canonicalize_url(record.rec_headers.get_header("WARC-Target-URI"))
            date = record.rec_headers.get_header("WARC-Date")
            yield url, date, record.http_headers.get_statuscode(), records.get_record_offset()


def _last_moment(day: str) -> str:
    datetime.fromisoformat(day)
    return f"{day}T23:59:59Z" if len(day) == 10 else day
