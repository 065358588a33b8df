"""First stage: one shape for every text, address and list, whatever page it came from."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import fields
from typing import Any

from itemadapter import ItemAdapter

from storage.records import Record

LONGEST = {"text": 100_000, "summary": 5_000, "bio": 5_000, "title": 500, "name": 300, "author": 200, "owner": 200}
"""Characters kept of a field: enough for any honest one."""
ONE_LINE = {"title", "name", "author", "owner", "place", "handle"}

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\u202a-\u202e\u2066-\u2069]")
_BLANKS = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r" ?\n ?")
_EMPTY_LINES = re.compile(r"\n{3,}")


def clean_text(text: str, *, one_line: bool = False, longest: int = 5_000) -> str | None:
    """``text`` in NFC without control and direction-override characters, blanks folded; None where nothing is left."""
    text = unicodedata.normalize("NFC", _CONTROL.sub("", text[: longest * 4]))
    if one_line:
        text = " ".join(text.split())
    else:
        text = _EMPTY_LINES.sub("\n\n", _LINE_ENDS.sub("\n", _BLANKS.sub(" ", text))).strip()
    return text[:longest].rstrip() or None


def clean_record(record: Record) -> Record:
    """``record`` with every text cleaned and every list without blanks and repeats, in place."""
    adapter = ItemAdapter(record)
    for field in fields(record):
        value = adapter[field.name]
        if isinstance(value, str):
            adapter[field.name] = _clean_str(field.name, value)
        elif isinstance(value, list):
            adapter[field.name] = list(dict.fromkeys(v for v in map(_clean_item, value) if v))
    return record


def _clean_str(name: str, value: str) -> str | None:
    cleaned = clean_text(value, one_line=name in ONE_LINE, longest=LONGEST.get(name, 5_000))
    return cleaned if cleaned is not None or name not in REQUIRED else value


def _clean_item(value: Any) -> Any:
    return clean_text(value, one_line=True, longest=2_100) if isinstance(value, str) else value


REQUIRED = {"platform", "source_url", "extractor", "native_id", "account_id", "url", "kind", "metric", "outcome"}


class Clean:
    """The stage."""

    async def process_item(self, item: Record) -> Record:
        return clean_record(item)
