"""``scrapy audit [RUN]``: proves from a run's own records that no request broke a rule, or says which one did."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand

from crawler.politeness.audit import Breach, audit, read_run
from crawler.politeness.guard import Exemptions
from storage.consent import kept_against_their_word
from storage.database import connect, reading


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "[RUN]"

    def short_desc(self) -> str:
        return "Prove from a run's records that it broke no rule (exit code 1 if it did)"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        settings = self.settings
        assert settings is not None
        with reading(connect(settings.get("GRAPEVINE_DATABASE_URL"))) as connection:
            run, requests = read_run(connection, args[0] if args else None)
            if not requests:
                print(f"There are no requests on record{f' of run {args[0]}' if args else ''}.")
                self.exitcode = 1
                return
            token = settings.get("ROBOTSTXT_USER_AGENT") or "grapevine"
            breaches = audit(connection, requests, token, Exemptions(settings.getlist("GUARD_ALLOW")))
            kept = kept_against_their_word(connection)
        breaches += [Breach("consent", row.url, f"said {row.outcome}, and its account is stored") for row in kept]
        hosts = len({row["host"] for row in requests})
        print(f"Run {run}: {len(requests)} requests to {hosts} hosts.")
        for breach in breaches[:100]:
            print(f"  {breach.rule}: {breach.url}: {breach.detail}")
        counts = ", ".join(f"{rule} {number}" for rule, number in Counter(breach.rule for breach in breaches).items())
        print(
            f"Broken rules: {counts}."
            if breaches
            else "No rule was broken: robots, delay, rest, alone, budget, address, consent."
        )
        self.exitcode = 1 if breaches else 0
