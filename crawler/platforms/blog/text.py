"""From markup to plain text: fragments of feeds, names, titles; nothing here recurses or fetches."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from lxml import etree

_BLOCKS = """address article aside blockquote br dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header
hr li main nav ol p pre section table td th tr ul"""
BLOCKS = frozenset(_BLOCKS.split())
_SILENT = "script style noscript template iframe object svg head title textarea select button"
SILENT = frozenset(_SILENT.split())


def squeeze(text: Any) -> str | None:
    """``text`` as one line of NFC text without entities or control characters; None where nothing is left."""
    if not isinstance(text, str):
        return None
    if "&" in text:
        text = html.unescape(html.unescape(text))
    text = "".join(c for c in text if c >= " " or c in "\t\n\r")
    return " ".join(unicodedata.normalize("NFC", text).replace("\u200b", "").replace("\ufeff", "").split()) or None


def strip_tags(text: Any) -> str | None:
    """A title or name that may hold markup, as one line."""
    if isinstance(text, str) and re.search(r"</?[a-zA-Z][^<>]*>", text):
        text = re.sub(r"</?(?:[a-zA-Z][^<>]{0,2000})>", "", text)
    return squeeze(text)


def walk(root: Any) -> Iterator[tuple[str, Any]]:
    """("start"|"end", element) in document order without recursion; silent elements are stepped over."""
    context = etree.iterwalk(root, events=("start", "end"))
    for event, element in context:
        if event == "start" and (not isinstance(element.tag, str) or element.tag in SILENT):
            context.skip_subtree()
        yield event, element


def plain(root: Any) -> str | None:
    """The text of a tree, a line a block, NFC."""
    bits: list[str] = []
    for event, element in walk(root):
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in BLOCKS:
            bits.append("\n")
        if event == "start" and tag and tag not in SILENT:
            bits.append(re.sub(r"\s+", " ", element.text or ""))
        elif event == "end" and element is not root:
            bits.append(re.sub(r"\s+", " ", element.tail or ""))
    lines = (" ".join(line.split()) for line in "".join(bits).split("\n"))
    return squeeze_lines("\n".join(line for line in lines if line))


def squeeze_lines(text: str | None) -> str | None:
    """NFC text without control characters or blank ends; None where nothing is left."""
    clean = "".join(c for c in unicodedata.normalize("NFC", text or "") if c >= " " or c in "\n\t")
    return clean.strip() or None


def text_of(element: Any) -> str | None:
    """The words of one small element as a line, without the mark of a heading's own link."""
    line = squeeze(" ".join("".join(element.itertext(*_TEXTUAL)).split())) if element is not None else None
    return re.sub(r"\s*¶$|\s+#$", "", line) or None if line else None


_TEXTUAL = (etree.Element,)  # neither comments nor processing instructions
