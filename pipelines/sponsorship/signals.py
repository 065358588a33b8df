"""Signs of an amateur or a professional: media kit, rate card, management, own shop, ad scripts. Never a verdict."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from typing import Any

from pipelines.sponsorship.judge import HERE, at_host


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    with (HERE / "signals.tsv").open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["signal"]: re.compile(row["pattern"], re.IGNORECASE) for row in table}


@cache
def _hosts() -> dict[str, Any]:
    return tomllib.loads((HERE / "links.toml").read_text(encoding="utf-8"))


def signals(text: str, links: Iterable[str] = ()) -> dict[str, list[str]]:
    """Signal -> the words or addresses that show it, from an account's or a post's text and addresses.

    media_kit, rate_card, management, business_contact, own_shop, ad_network. An empty answer means that nothing was
    seen, not that somebody is an amateur.
    """
    found = {name: list(dict.fromkeys(hit.group() for hit in p.finditer(text)))[:3] for name, p in _patterns().items()}
    hosts = _hosts()
    addresses = list(dict.fromkeys(links))
    found["own_shop"] += [url for url in addresses if at_host(url, hosts["shop"]["hosts"])][:3]
    found["ad_network"] = [url for url in addresses if at_host(url, hosts["adverts"]["hosts"])][:3]
    return {name: words for name, words in found.items() if words}
