"""Alert hooks: a command or a webhook hears once when a cycle fails or a parser alarms, and when all is well again."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SECONDS = 15
"""How long a hook may take."""
AGAIN = timedelta(days=1)
"""An alarm that stands is told again after so long."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BadHook(ValueError):
    """The hook can't be used; the text says how to mend it."""


def checked(hook: str) -> str:
    """``hook`` if it is a command, an https address or one on loopback; BadHook otherwise."""
    parts = urlsplit(hook)
    if "://" in hook.split(" ", 1)[0]:
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise BadHook(f"the alert hook {parts.scheme}://{parts.hostname}: use https://, or http:// on this machine")
        return hook
    try:
        words = shlex.split(hook)
    except ValueError as error:
        raise BadHook(f"the alert hook is no command ({error})") from None
    if not words:
        raise BadHook("the alert hook is empty; give a command or an https:// address")
    return hook


def problems_of(summary: dict[str, Any], alarms: Sequence[str]) -> list[str]:
    """What is worth an alert in a cycle's summary (scheduler.cycle) and the report's parser alarms."""
    found = [f"crawl of {name} could not run" for name, code in summary.get("crawls", {}).items() if code not in (0, 1)]
    if summary.get("published") is False:
        found.append("the index was not published")
    if summary.get("problem"):
        found.append(str(summary["problem"]))
    if not found and summary.get("exit_code") == 2:
        found.append("the cycle could not run")
    return found + [f"parser: {alarm}" for alarm in alarms]


def alert(hook: str, problems: Sequence[str], memory: Path, now: datetime | None = None) -> str | None:
    """Tells ``hook`` as JSON (event: alarm or recovered, problems, at) what is new; what went wrong with it, or None.

    The same problems are told once and again after AGAIN; numbers do not make a problem new. ``memory`` is a file that
    keeps what was told. Never raises: a hook must not break a cycle. What could not be told is tried the next time.
    """
    now = now or datetime.now(UTC)
    marks = sorted({_mark(problem) for problem in problems})
    told, when = _recall(memory)
    if marks == told and (not marks or (when and now - when < AGAIN)):
        return None
    event = {"event": "alarm" if marks else "recovered", "problems": list(problems), "at": now.isoformat()}
    try:
        _tell(checked(hook), json.dumps(event).encode())
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps({"told": marks, "at": now.isoformat()}), encoding="utf-8")
    except (OSError, ValueError, HTTPException, subprocess.SubprocessError) as error:
        return f"the alert hook failed ({type(error).__name__}: {error})"
    return None


def _mark(problem: str) -> str:
    """The problem without its numbers: "in 41% of 300 cases" and "in 43% of 280" are one."""
    return re.sub(r"\d+", "#", problem)


def _recall(memory: Path) -> tuple[list[str], datetime | None]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
        return list(known["told"]), datetime.fromisoformat(known["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return [], None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """An alert goes where the user said and nowhere else."""


def _tell(hook: str, body: bytes) -> None:
    if "://" in hook.split(" ", 1)[0]:
        asked = urllib.request.Request(hook, body, {"Content-Type": "application/json"})  # noqa: S310 - checked above
        urllib.request.build_opener(_NoRedirect).open(asked, timeout=SECONDS).close()
        return
    subprocess.run(  # noqa: S603 - the user's own command
        shlex.split(hook), input=body, timeout=SECONDS, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
