"""``scrapy reparse PLATFORM ARCHIVE``: reads an archive again with today's parser, for every source it holds."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from scrapy.exceptions import UsageError
from sqlalchemy import select
from w3lib.url import canonicalize_url

from crawler.archive import ArchiveUnreadable, index
from crawler.commands.crawl import Command as Crawl
from storage.database import DatabaseProblem, connect, reading
from storage.frontier import VISITED
from storage.tables import source


class Command(Crawl):
    """The same as a crawl with ``-s REPLAY=ARCHIVE`` whose seeds are the known sources that the archive holds."""

    def syntax(self) -> str:
        return "[options] <platform> <archive>"

    def short_desc(self) -> str:
        return "Read an archive again, after a parser was mended"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if len(args) != 2:
            raise UsageError("name a platform and an archive: scrapy reparse youtube var/pages.warc.gz")
        assert self.settings is not None
        self.settings.set("REPLAY", args[1], priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        platform, archive = args
        try:
            held, _ = index(Path(archive), self.settings.get("REPLAY_AT"))
            engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
            with reading(engine) as connection:
                wanted = select(source.c.url).where(source.c.platform == platform, source.c.kind.in_(VISITED))
                known = list(connection.execute(wanted.order_by(source.c.url)).scalars())
        except (ArchiveUnreadable, DatabaseProblem) as problem:
            self.give_up(str(problem))
            return
        seeds = [url for url in known if canonicalize_url(url) in held]
        if not seeds:
            self.give_up(f"{archive} holds none of the {len(known)} known sources of {platform}")
            return
        print(f"{len(seeds)} of {len(known)} sources of {platform} are in {archive}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "seeds.txt"
            listed.write_text("\n".join(seeds) + "\n", "utf-8")
            opts.spargs = {**opts.spargs, "seeds": str(listed)}
            super().run([platform], opts)
