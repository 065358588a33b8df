"""Finding a creator by what people have in hand: an id, an address, a handle, a name."""

from __future__ import annotations

from difflib import SequenceMatcher

from sqlalchemy import Connection, func, or_, select

from storage.addresses import home_address, identify
from storage.identity import alias
from storage.read import creator_of
from storage.tables import account, creator, creator_redirect

_LOOKED_AT = 2000
_HOPS = 50


class UnknownCreatorError(LookupError):
    """No creator, or more than one, bears this id, address, handle or name."""


def find_creator(connection: Connection, given: str) -> int:
    """The id of the creator that an id (also a retired one), an account's key, address, handle or a name means.

    A handle or name must be one creator's only. Raises UnknownCreatorError with the nearest names, or with what to do.
    """
    joined, number = creator_of()
    text = given.strip()
    tries = []
    if text.isdecimal() and len(text) < 20:
        wanted = int(text)
        tries = [number == heir(connection, wanted), account.c.key == wanted]
    else:
        found = identify(text)
        keys = {key for key in (found.key if found else None, home_address(text), text.lower()) if key}
        tries.append(account.c.key.in_(select(alias.c.account).where(alias.c.address.in_(keys))))
        tries.append(or_(account.c.url == text, account.c.native_id.in_(keys)))
        tries.append(func.lower(account.c.handle) == text.lstrip("@").lower())
        named = select(creator.c.id).where(creator.c.name == text)
        tries.append(or_(account.c.name == text, account.c.owner == text, number.in_(named)))
    many = 0
    for condition in tries:
        ids = connection.scalars(select(number).select_from(joined).where(condition).distinct().limit(9)).all()
        if len(ids) == 1:
            return int(ids[0])
        many = max(many, len(ids))
    what = f"{many} creators bear it; give the address of one" if many else "no stored creator bears it"
    near = [] if many else nearest(connection, text)
    raise UnknownCreatorError(f"{given}: {what}" + (f"; did you mean {', '.join(near)}?" if near else ""))


def heir(connection: Connection, creator_id: int) -> int:
    """The id that stands for this one now: itself, or where merges led."""
    for _ in range(_HOPS):
        redirect = creator_redirect.c
        new = connection.execute(select(redirect.new).where(redirect.old == creator_id)).scalar()
        if new is None or new == creator_id:
            break
        creator_id = int(new)
    return creator_id


def nearest(connection: Connection, given: str, most: int = 3) -> list[str]:
    """Names, handles and addresses of accounts that resemble a text, the likest first; those that share a beginning."""
    text = given.lower().removeprefix("https://").removeprefix("http://").lstrip("@")
    starts = [func.lower(column).contains(text[:3], autoescape=True) for column in _NAMES]
    rows = connection.execute(select(*_NAMES).where(or_(*starts)).limit(_LOOKED_AT))
    known = {value for row in rows for value in row if value}
    plain = {v: v.lower().removeprefix("https://").removeprefix("http://").rstrip("/") for v in known}
    ranked = sorted(known, key=lambda value: (-SequenceMatcher(None, plain[value], text).ratio(), value))
    return [value for value in ranked[:most] if SequenceMatcher(None, plain[value], text).ratio() > 0.6]


_NAMES = (account.c.name, account.c.owner, account.c.handle, account.c.url)
