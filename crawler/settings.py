"""The settings: every deviation from Scrapy's default, with its reason; crawler/politeness adds its own."""

from __future__ import annotations

import os

from pipelines import ITEM_PIPELINES as STAGES

BOT_NAME = "grapevine"
SPIDER_MODULES = ["crawler.platforms"]  # finds crawler/platforms/<name>/spider.py, however many there are
COMMANDS_MODULE = "crawler.commands"
ADDONS = {"crawler.archive.Replay": 200}

ITEM_PIPELINES = STAGES
EXTENSIONS = {
    "crawler.archive.Archive": 100,
    "crawler.progress.Progress": 200,
    "scrapy.extensions.logstats.LogStats": None,  # Progress says it
}

# What this project adds; all of them may be given with -s NAME=VALUE.
DATABASE_URL = os.environ.get("GRAPEVINE_DATABASE_URL", "")  # empty: SQLite in var/
CONTACT = os.environ.get("GRAPEVINE_CONTACT", "")  # address or page by which a webmaster reaches whoever runs this
ARCHIVE = ""  # a WARC file to which every response is appended
REPLAY = ""  # a WARC file that answers instead of the network
REPLAY_AT = ""  # a day: replay what had been recorded until then

LOG_LEVEL = "INFO"  # at DEBUG Scrapy logs whole items, which are about people
DEFAULT_DROPITEM_LOG_LEVEL = "DEBUG"  # a dropped item is no news, and no log line may show one
LOG_FORMATTER = "crawler.progress.QuietLog"  # items are about people: their values never reach a log
TELNETCONSOLE_ENABLED = False  # no door into a running crawl
REMOTE_CONTROL_ENABLED = False  # on by default since 2.19: executes Python sent over HTTP
COOKIES_ENABLED = False  # nobody is logged in and nobody is to be followed
REFERRER_POLICY = "no-referrer"  # whom we read is nobody's business
HTTPERROR_ALLOW_ALL = True  # what a status means is judged beside the source, not dropped
CONCURRENT_REQUESTS = 32  # over all hosts; per host it is one (politeness)
FEED_EXPORT_ENCODING = "utf-8"  # readable evidence
