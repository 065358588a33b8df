"""How Alembic runs here: always on a connection that storage.database gives, in its transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from storage.tables import Json, Key, Utc, Word, metadata


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Our own types by name, so that a migration reads as tables.py does."""
    if kind == "type":
        for name, ours in (("Key", Key), ("Json", Json), ("Word", Word)):
            if item is ours or repr(item) == repr(ours):
                return name
        if isinstance(item, Utc):
            return "Utc"
    return False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_item=_render)
context.run_migrations()
