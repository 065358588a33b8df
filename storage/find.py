"""Finding a creator by what people have in hand: an id, an address, a handle, a name."""

from __future__ import annotations

from sqlalchemy import Connection, func, or_, select

from storage.addresses import home_address, identify
from storage.identity import alias
from storage.read import creator_of
from storage.tables import account, creator, creator_redirect


class UnknownCreatorError(LookupError):
    """No creator, or more than one, bears this id, address, handle or name."""


def find_creator(connection: Connection, given: str) -> int:
    """The id of the creator that an id (also a retired one), an account's key, address, handle or a name means.

    A handle or name must be one creator's only. Raises UnknownCreatorError, with what to do.
    """
    joined, number = creator_of()
    text = given.strip()
    tries = []
    if text.isdecimal() and len(text) < 20:
        wanted = int(text)
        moved = connection.execute(select(creator_redirect.c.new).where(creator_redirect.c.old == wanted)).scalar()
        tries = [number.in_([wanted, moved] if moved is not None else [wanted]), account.c.key == wanted]
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
    raise UnknownCreatorError(f"{given}: {what}")
