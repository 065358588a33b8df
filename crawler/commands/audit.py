"""``scrapy audit [RUN]``: proves from a run's own records that no request broke a rule, or says which one did."""

from __future__ import annotations

import argparse
from collections import Counter

from sqlalchemy import Engine

from crawler.command import DatabaseCommand
from crawler.politeness.audit import Breach, audit, read_run
from crawler.politeness.guard import Exemptions
from storage.consent import kept_against_their_word
from storage.database import reading


class Command(DatabaseCommand):
    """Exit code 0: no rule was broken; 1: one was, or there is nothing to prove it from."""

    usage = "[RUN]"
    about = "Prove from a run's records that it broke no rule (exit code 1 if it did)"
    takes = 0, 1, "name one run, or none for the latest"

    def answer(self, engine: Engine, args: list[str], opts: argparse.Namespace) -> int:
        with reading(engine) as connection:
            run, requests = read_run(connection, args[0] if args else None)
            if not requests:
                print(f"There are no requests on record{f' of run {args[0]}' if args else ''}.")
                return 1
            token = self.settings.get("ROBOTSTXT_USER_AGENT") or "grapevine"
            breaches = audit(connection, requests, token, Exemptions(self.settings.getlist("GUARD_ALLOW")))
            kept = kept_against_their_word(connection)
        breaches += [Breach("consent", row.url, f"said {row.outcome}, and its account is stored") for row in kept]
        print(f"Run {run}: {len(requests)} requests to {len({row['host'] for row in requests})} hosts.")
        for breach in breaches[:100]:
            print(f"  {breach.rule}: {breach.url}: {breach.detail}")
        counts = ", ".join(f"{rule} {number}" for rule, number in Counter(breach.rule for breach in breaches).items())
        held = "No rule was broken: robots, delay, rest, alone, budget, address, consent."
        print(f"Broken rules: {counts}." if breaches else held)
        return 1 if breaches else 0
