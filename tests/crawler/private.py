"""What of the invented people a crawl's output tells: addresses, handles, and words of theirs that are stored."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
from pathlib import Path

_ADDRESS = re.compile(r"https?://\S+|(?:[\w-]+\.)+[\w-]+/\S+")
"""Addresses of sources may stand in a log: whoever runs a crawl has to see which failed."""
_MAIL = re.compile(r"(?<![\w.@/])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w.@/])@(?!user\b)[^\W\d][\w.-]{2,}")  # @user is how a hint writes a handle
_WORDS = "SELECT bio FROM account UNION SELECT owner FROM account UNION SELECT substr(text, 1, 200) FROM post"


def told(output: str, words: AbstractSet[str] = frozenset(), allowed: str = "") -> list[str]:
    """What is personal in ``output``; ``words``: texts of people; ``allowed``: what the operator gave (a contact)."""
    bare = " ".join(_ADDRESS.sub(" ", output.replace(allowed, "") if allowed else output).split())
    found = [*_MAIL.findall(bare), *_HANDLE.findall(bare)]
    return found + sorted(word for word in words if word in bare)


def words_of(database: str) -> set[str]:
    """Bios, people's names of two words and more, and beginnings of posts that a SQLite database holds."""
    path = Path(database.removeprefix("sqlite:///"))
    if not database.startswith("sqlite:///") or not path.is_file():
        return set()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            texts = {" ".join(row[0].split())[:60] for row in connection.execute(_WORDS) if row[0]}
        except sqlite3.OperationalError:  # never migrated: nobody stands in it
            return set()
    return {text for text in texts if " " in text and len(text) > 8}


def of_a_crawl(args: tuple[str, ...], output: str, env: Mapping[str, str]) -> list[str]:
    """What output and log file of ``scrapy crawl`` or ``refresh`` tell of people; other commands tell on purpose."""
    if args[:1] not in (("crawl",), ("refresh",)):
        return []
    lists = [Path(arg.partition("=")[2]) for arg in args if arg.startswith("seeds=/")]
    given = [line.strip().lstrip("@") for path in lists if path.is_file() for line in path.read_text("utf-8").split()]
    given += [f"{user}@{host}" for one in given for host, user in re.findall(r"//([^/:]+)[^/]*/@([\w.-]+)", one)]
    for handle in sorted((one for one in given if "@" in one), key=len, reverse=True):
        output = output.replace(handle, "")  # whoever runs a crawl has to see which of their own seeds failed
    files = [Path(arg.partition("=")[2]) for arg in args if arg.startswith("LOG_FILE=")]
    logs = "".join(path.read_text("utf-8", "replace") for path in files if path.is_file())
    return told(output + logs, words_of(env.get("GRAPEVINE_DATABASE_URL", "")), env.get("GRAPEVINE_CONTACT", ""))
