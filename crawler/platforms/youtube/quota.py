"""The Data API's daily quota, counted in a file that restarts and parallel runs share; at its end all asking stops."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
"""The quota's day ends at midnight in California (https://developers.google.com/youtube/v3/getting-started#quota)."""


class QuotaSpentError(Exception):
    """Nothing more may be asked today; the message says since when and until when."""


class Quota:
    """``units`` a day, counted in ``path``."""

    def __init__(self, path: Path, units: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path, self.units, self.clock = path, units, clock
        path.parent.mkdir(parents=True, exist_ok=True)

    def take(self, units: int = 1) -> int:
        """Counts units before they are asked for; gives how many are left. Raises QuotaSpentError."""
        return self._change(lambda used: used + units)

    def exhaust(self) -> None:
        """The API itself says that the quota is spent (another program may use the same key)."""
        self._change(lambda used: self.units)

    def _change(self, change: Callable[[int], int]) -> int:
        day = self.clock().astimezone(PACIFIC).date().isoformat()
        with self.path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            try:
                known = json.loads(file.read() or "{}")
            except ValueError:
                known = {}
            used = int(known.get("used", 0)) if known.get("day") == day else 0
            wanted = change(used)
            if wanted > self.units:
                raise QuotaSpentError(
                    f"the YouTube Data API's quota of {self.units} units for {day} is spent ({used} used); "
                    f"it starts anew at midnight in California, run the crawl again then ({self.path} counts)"
                )
            file.seek(0)
            file.truncate()
            json.dump({"day": day, "used": wanted}, file)
        return self.units - wanted
