"""Third stage: e-mail addresses and telephone numbers go before anything is stored, unless a role's were asked for."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from storage.records import Account, Link, Post, Record

MAIL, PHONE = "[e-mail]", "[phone]"
"""What stands in the place of what was taken out."""
CONSENTED = ("contact", "contact_opt_in")
"""Details that are addresses on purpose: published for offers, or in the file that is the consent."""
NEVER = ("pronouns",)
"""What extractors read and nobody needs to keep."""
_TEXTS = ("name", "bio", "owner", "place", "title", "author", "text", "summary")
_CONTACT_LINK = re.compile(
    r"(?:mailto|tel|sms|callto|whatsapp):|https?://(?:wa\.me|api\.whatsapp\.com)/", re.IGNORECASE
)


@cache
def _words() -> dict[str, list[str]]:
    return tomllib.loads(Path(__file__).with_name("contacts.toml").read_text("utf-8"))


@cache
def _mail() -> re.Pattern[str]:
    """Addresses as written, and with an ``[at]``; never a fediverse handle (@ann@host), a version or a picture."""
    host = rf"(?:[\w-]{{1,63}}\.){{1,6}}(?!(?:{'|'.join(_words()['no_address'])})\b)[^\W\d_]{{2,24}}"
    plain = rf"(?!git@)[\w.+%-]{{1,64}}@{host}"
    at, dot = (
        r"\s?[\[({<]\s?(?:at|ät|@|arroba|chez)\s?[\])}>]\s?",
        r"(?:\.|\s?[\[({<]\s?(?:dot|punkt|point|punto|\.)\s?[\])}>]\s?)",
    )
    hidden = rf"[\w.+%-]{{1,64}}{at}[\w-]{{1,63}}(?:{dot}[\w-]{{1,63}}){{1,6}}"
    return re.compile(rf"(?<![\w.+%@/-])(?:{plain}|{hidden})(?![\w@])", re.IGNORECASE)


@cache
def _phone() -> re.Pattern[str]:
    """International numbers (E.164: at most 15 digits), North American ones, and any after a word for the telephone."""
    part = r"[\s().\-/\u2011\u00a0]{0,3}\d"
    abroad = rf"(?<![\w+])(?:\+|00(?=[1-9]))\s?[1-9](?:{part}){{8,14}}(?!\d)"
    american = r"(?<![\w.-])(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.]\d{4}(?![\w-])"
    word = rf"(?<!\w)(?:{'|'.join(sorted(_words()['telephone'], key=len, reverse=True))})"
    named = rf"{word}[\s.:：/#-]{{0,4}}(?!(?:19|20)\d\d(?!\d))\(?\d(?:{part}){{6,14}}(?!\d)"
    return re.compile(f"{abroad}|{american}|{named}", re.IGNORECASE)


def redacted(text: str) -> str:
    """``text`` without e-mail addresses and telephone numbers."""
    if "@" in text or any(mark in text for mark in "[({<"):
        text = _mail().sub(MAIL, text)
    return _phone().sub(PHONE, text) if any(digit in text for digit in "0123456789") else text


def role_address(*texts: str | None) -> str | None:
    """The first address in ``texts`` that names a role (info@ ...), not a person."""
    found = (match for text in texts if text for match in _mail().findall(text) if "@" in match)
    return next((one.lower() for one in found if one.partition("@")[0].lower() in _words()["roles"]), None)


def redact(record: Record, *, roles: bool = False) -> Record:
    """``record`` without contact data, in place; ``roles``: a role's in a bio or on an about page is kept apart."""
    if isinstance(record, Account):
        address = role_address(record.bio, str(record.details.get("about") or "")) if roles else None
        record.details = {name: value for name, value in record.details.items() if name not in (*NEVER, "contact")}
        if address:
            record.details["contact"] = address
    for name in _TEXTS:
        if isinstance(value := getattr(record, name, None), str):
            setattr(record, name, redacted(value))
    if isinstance(record, Account | Post):
        record.details = {k: v if k in CONSENTED else _inner(v) for k, v in record.details.items()}
    return record


def _inner(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.startswith(("http://", "https://")) else redacted(value)
    if isinstance(value, dict):
        return {name: _inner(one) for name, one in value.items()}
    return [_inner(one) for one in value] if isinstance(value, list) else value


class Redact:
    """The stage; GRAPEVINE_CONTACT_ADDRESSES keeps role addresses."""

    def __init__(self, crawler: Crawler) -> None:
        self.stats, self.roles = crawler.stats, crawler.settings.getbool("GRAPEVINE_CONTACT_ADDRESSES")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Record) -> Record:
        if isinstance(item, Link) and _CONTACT_LINK.match(item.url):
            self.stats.inc_value("grapevine/redact/link")
            raise DropItem("contact")
        return redact(item, roles=self.roles) if isinstance(item, Account | Post | Link) else item
