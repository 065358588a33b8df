"""The settings: every deviation from Scrapy's default, with its reason; crawler/politeness adds its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipelines import ITEM_PIPELINES as STAGES

BOT_NAME = "grapevine"
SPIDER_MODULES = ["crawler.platforms"]  # finds crawler/platforms/<name>/spider.py, however many there are
_ASKED = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
# Only the command that is asked for is imported, as each brings its own libraries; all of them for `scrapy -h`.
_ONE = _ASKED.isidentifier() and (Path(__file__).parent / "commands" / f"{_ASKED}.py").is_file()
COMMANDS_MODULE = f"crawler.commands.{_ASKED}" if _ONE else "crawler.commands"
ADDONS = {"crawler.politeness.Politeness": 100}

ITEM_PIPELINES = STAGES
DOWNLOADER_MIDDLEWARES = {"crawler.archive.Archive": 555}  # sees a response after every rule of politeness has
EXTENSIONS = {
    "crawler.progress.Progress": 200,
    "scrapy.extensions.logstats.LogStats": None,  # Progress says it
}

# What this project adds; all of them may be given with -s NAME=VALUE.
GRAPEVINE_DATABASE_URL = os.environ.get("GRAPEVINE_DATABASE_URL", "")  # empty: SQLite in var/
GRAPEVINE_CONTACT = os.environ.get("GRAPEVINE_CONTACT", "")  # how a webmaster reaches whoever runs this
GRAPEVINE_CONTACT_ADDRESSES = False  # keep role addresses (info@ ...) that creators publish (PRIVACY.md)
GRAPEVINE_WISHES = os.environ.get("GRAPEVINE_WISHES", "")  # what to discover, a TOML file (docs/discovery.md)
ARCHIVE = ""  # a WARC file to which every response that may be kept is appended
ARCHIVE_ALL = False  # also what a page or a limit refuses to have kept: for your own servers only
REPLAY = ""  # a WARC file that answers instead of the network
REPLAY_AT = ""  # a day: replay what had been recorded until then

GRAPEVINE_LEASE_SECONDS = 120  # how long a source that a crawl took is nobody else's, where the crawl dies
GRAPEVINE_TOPIC_PATH = "auto"  # auto, cheap or strong (docs/topics.md)
# May scores use rows of YouTube's Data API? Only who was audited and accepted its terms says 1 (docs/scores.md).
GRAPEVINE_YOUTUBE_API_DERIVED_METRICS_ACCEPTED = os.environ.get("GRAPEVINE_YOUTUBE_API_DERIVED_METRICS_ACCEPTED", "0")
YOUTUBE_QUOTA_FILE = "var/youtube_quota.json"  # what is spent of the Data API's daily units, kept across runs
YOUTUBE_QUOTA_UNITS = 10_000  # how many there are a day

CONCURRENT_ITEMS = 10  # default 100: so many tasks are started for every response, most of them for nothing
LOG_LEVEL = "INFO"  # at DEBUG Scrapy logs whole items, which are about people
DEFAULT_DROPITEM_LOG_LEVEL = "DEBUG"  # a dropped item is no news, and no log line may show one
LOG_FORMATTER = "crawler.progress.QuietLog"  # items are about people: their values never reach a log
HTTPERROR_ALLOW_ALL = True  # what a status means is judged beside the source, not dropped
FEED_EXPORT_ENCODING = "utf-8"  # readable evidence
