"""What the scheduler is told and tells: its command line, and its signs of life."""

from __future__ import annotations

import argparse
import json
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from storage import alerts


def options(about: str, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line, checked; what can't be meant ends the program with code 2 and a sentence."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("what", nargs="?", choices=("cycle", "work"), default="cycle", help="be the clock (default), or a worker")
    add("--once", action="store_true", help="one cycle, then exit; with --every once a slot, whoever asks")
    add("--every", type=float, metavar="MINUTES", help="from cycle to cycle (default: 60)")
    add("--budget", type=int, default=500, help="sources a cycle, spread over the platforms (default: 500)")
    add("--requests", type=int, default=0, help="requests a cycle, spread likewise (default: as many as it takes)")
    add("--dry-run", action="store_true", help="show what a cycle would visit, and why")
    add("--jobs", action="store_true", help="leave the crawls to workers (PostgreSQL; see docs/deploy)")
    add("--grace", type=float, default=30.0, metavar="SECONDS", help="for what is in flight when told to stop")
    add("--heartbeat", type=Path, metavar="FILE", help="a file that a service writes while it lives")
    add("-s", "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting for the crawls")
    add("--at", type=datetime.fromisoformat, metavar="TIME", help="as if it were this time, with its zone")
    add("--metrics-port", type=int, metavar="PORT", help="serve Prometheus metrics there, on loopback")
    add("--metrics-file", type=Path, metavar="FILE", help="write Prometheus metrics there after each cycle")
    add("--alert", default="", metavar="HOOK", help="a command or web address told of failures (docs/operations.md)")
    opts = parser.parse_args(argv)
    opts.state = None  # of metrics, where they are served
    try:
        opts.alert = opts.alert and alerts.checked(opts.alert)
    except alerts.BadHook as problem:
        parser.error(str(problem))
    if opts.at and opts.at.tzinfo is None:
        parser.error("--at needs a zone: 2026-11-01T08:00:00+00:00")
    if opts.every is not None and opts.every <= 0:
        parser.error("--every is a number of minutes, more than 0")
    if min(opts.budget, opts.requests, opts.grace) < 0:
        parser.error("--budget, --requests and --grace are 0 or more")
    opts.slotted, opts.every = opts.every is not None, opts.every or 60.0
    return opts


def notify(state: str) -> None:
    """Tells systemd (sd_notify: a datagram to the socket that it names), where it asks to be told."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.connect("\0" + address[1:] if address.startswith("@") else address)
            told.sendall(state.encode())


def beat(path: Path | None) -> None:
    """Says that the service lives."""
    notify("WATCHDOG=1")
    if path:
        path.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "pid": os.getpid()}) + "\n", "utf-8")
