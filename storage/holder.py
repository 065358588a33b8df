"""Who holds a lease: a process by its machine and number, and whether it is known to be gone."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from uuid import uuid4


def _machine() -> str:
    """This machine; containers that share its name count their processes apart, so theirs is part of it."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        space = 0
    return f"{socket.gethostname()}.{space}"


def holder() -> str:
    """A name for what this process holds: MACHINE:NUMBER:RANDOM."""
    return f"{_machine()}:{os.getpid()}:{uuid4().hex[:8]}"


def gone(name: str) -> bool:
    """Whether this holder's process is known to have ended; of another machine's nothing is known."""
    machine, _, number = name.rpartition(":")[0].rpartition(":")
    if machine != _machine() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
        state = Path(f"/proc/{number}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:1]
        return state == ["Z"]  # it was killed, and nobody has taken note yet
    except ProcessLookupError:
        return True
    except OSError:
        return False  # another user's, or a system without /proc
