"""What is left of a creator's text once links, names, emoji and numbers are gone."""

from __future__ import annotations

import html
import re
import unicodedata

_LINK = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|\b[\w-]+\.(?:com|net|org|io|co|me|ly|tv|de|fr|es|it|nl|uk|ru|br|jp|gg|fm|to|app|dev|blog|shop)(?:/\S*)?(?!\w)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,255}\.[\w.]{1,255}")
_MENTION = re.compile(r"@(?<!\w@)[\w.]+")
_HASHTAG = re.compile(r"#(\w+)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_RETWEET = re.compile(r"^(?:RT|MT|via)\b[\s:]*", re.IGNORECASE)
_REPEATED = re.compile(r"(\w)\1{3,}")
_LAUGHTER = re.compile(
    r"\b(?:a?(?:ha|ja|he|je|hi|xa|ah){2,}h?a?j?|(?:jaj)+a?|lo+l+|k{3,}|w{3,}|(?:rs){2,})\b", re.IGNORECASE
)
# Cheaper questions first: most texts have none of these.
_MAYBE_LINK = re.compile(r"\.\w|://")
_MAYBE_MAIL = re.compile(r"@[\w-]+\.\w")
_MAYBE_REPEATED = re.compile(r"(.)\1\1\1")
_MAYBE_LAUGHTER = re.compile(r"([ahjekw])(?:\1\1|([hjaei])\1)|lol|rsrs|hi[h]i", re.IGNORECASE)
# Named ranges, never "everything that is not \w": \w leaves out the vowel signs (Mn, Mc) of Devanagari, Thai,
# Bengali and others, and without them these languages cannot be told apart.
_SYMBOLS = re.compile(
    "[\U0001f000-\U000fffff\u2028-\u202f\u2060-\u206f\u20a0-\u2bff\u2e00-\u2e7f\u3001-\u3004\u3008-\u3020"
    '\ufe00-\ufe0f\ufff0-\uffff\x00-\x1f\x7f-\x9f"$%&()*+/<=>@\\[\\]\\\\^`{|}~#_0-9]+'
)
_OPENINGS = {"rt ", "rt:", "rt@", "mt ", "mt:", "via"}

LONGEST = 2_000
"""Characters looked at; a language does not change its mind after that, and hostile input costs no more."""


def normalise(text: str, longest: int = LONGEST) -> str:
    """The words that carry language, spaces squeezed; the empty string when no letter is left."""
    text = text[: 4 * longest].encode("utf-8", "ignore").decode()  # lone surrogates crash C detectors
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("＠", "@").replace("＃", "#")
    if "@" in text:
        text = _MENTION.sub(" ", _MAIL.sub(" ", text) if _MAYBE_MAIL.search(text) else text)
    if _MAYBE_LINK.search(text):
        text = _LINK.sub(" ", text)
    if "#" in text:
        bare = _HASHTAG.sub(" ", text)
        enough = sum(map(str.isalpha, bare)) >= 20
        text = bare if enough else bare + " " + " ".join(_CAMEL.sub(" ", tag) for tag in _HASHTAG.findall(text))
    text = text.strip()
    if text[:3].lower() in _OPENINGS:
        text = _RETWEET.sub("", text, count=1)
    if _MAYBE_LAUGHTER.search(text):
        text = _LAUGHTER.sub(" ", text)
    if _MAYBE_REPEATED.search(text):
        text = _REPEATED.sub(r"\1\1", text)
    text = " ".join(_SYMBOLS.sub(" ", text).split())[:longest]
    if text.isupper():
        text = text.lower()
    return text if any(map(str.isalpha, text)) else ""
