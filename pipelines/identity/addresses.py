"""Which keys name an account: the one form in which links and accounts meet."""

from __future__ import annotations

import re
from typing import Protocol

from pipelines.identity.names import SITES
from storage.addresses import home_address, identify, on_platform

_KEY = re.compile(r"(?!https?:|acct:|did:|at:|mailto:)[a-z0-9]+:[^/].*")


class Named(Protocol):
    """What an account record and an account row have in common."""

    platform: str
    native_id: str
    url: str
    handle: str | None
    aliases: list[str]


def address_key(given: str, platform: str | None = None) -> str | None:
    """The key of an address (with ``platform`` also of a bare handle or id): its platform's, or that of a site's home.

    None for what names nobody's account: posts and searches on platforms, and what is no address.
    """
    found = identify(given, None if platform in SITES else platform)
    if found is not None:
        return found.key
    if (platform is None or platform in SITES) and not on_platform(given):
        return home_address(given)
    return None


def addresses(account: Named) -> dict[str, bool]:
    """Every key that names an account -> is it a present one (id, address, handle), or only an alias."""
    present = {
        key: True for text in (account.url, account.native_id, account.handle) if text and (key := _key(text, account))
    }
    return {key: False for text in account.aliases or () if (key := _key(text, account))} | present


def aliases(account: Named) -> list[str]:
    """The aliases of an account as keys, sorted, its address and handle among them; what names nobody is left out."""
    return sorted(addresses(account))


def _key(text: str, account: Named) -> str | None:
    """An alias that is a key already stays one; a site's handle is an address only where it looks like one."""
    if _KEY.match(text):
        return text
    if account.platform in SITES:
        return address_key(text) if "." in text else None
    return address_key(text, account.platform) or (address_key(text) if "/" in text or ":" in text else None)
