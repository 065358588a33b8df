"""Puts cases, server and crawl together: what each case came to, for stock Scrapy or for ours."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.hostile.case import Case, Seen
from tests.hostile.crawl import OURS, STOCK, in_process_of_its_own
from tests.hostile.server import Server, running, to_host

QUICK = {"DOWNLOAD_TIMEOUT": 8, "DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_START_DELAY": 0.05, "BACK_OFF_SECONDS": 1,
         "TRAP_MOST_ALIKE": 10, "CONCURRENT_REQUESTS": 200}  # fmt: skip
"""Shorter waits and smaller limits, so that the trial is over in half a minute; the rules are the same."""


def certificate(folder: Path) -> Path:
    """A self-signed one for 127.0.0.1, with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(days=1)
        )
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


def play(
    cases: list[Case],
    ours: bool,
    settings: dict[str, Any] | None = None,
    keep: Path | None = None,
    timeout: float = 300,
) -> tuple[dict[str, Seen], list[dict[str, Any]]]:
    """What was seen of each case, and what each run said of itself (stats, peak_mb); two runs, if a case wants one.

    ``keep``: a folder in which the database stays, as hostile.db."""
    hosts = {case.name: f"127.0.1.{number + 1}" for number, case in enumerate(cases)}
    routes = {
        hosts[case.name]: {**case.pages, **({"/robots.txt": [case.robots]} if case.robots else {})} for case in cases
    }
    if "redirected slots" in hosts:
        routes |= {f"127.0.2.{n}": {"/": [to_host(hosts["redirected slots"], f"/{n}")]} for n in range(1, 5)}
    for answer in (answer for pages in routes.values() for answers in pages.values() for answer in answers):
        answer.body = (
            answer.body() if callable(answer.body) else answer.body
        )  # now, or the server would be busy with it
    server = Server(routes)
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(running(server, certificate(folder)))
        if "dns rebinding" in hosts:
            server.rebinds = {"rebind.test": [hosts["dns rebinding"], "127.0.0.1"], "inside.test": ["127.0.0.1"]}
        fill = {"secret": server.secret, "tls": server.tls, "port": server.port}

        def task(case: Case, ask: tuple[str, ...]) -> dict[str, Any]:
            urls = [url.replace("{h}:/", "{h}/").format(h=f"{hosts[case.name]}:{server.port}", **fill) for url in ask]
            return {"name": case.name, "ask": urls, "together": case.together}

        chosen: dict[str, Any] = dict(STOCK)
        if ours:
            allowed = [f"{host}:{server.port}" for host in (*routes, "127.0.0.1")] + [f"127.0.0.1:{server.tls}"]
            budgets = {hosts[case.name]: case.budget for case in cases if case.budget}
            chosen = {
                **OURS,
                **QUICK,
                "GUARD_ALLOW": allowed,
                "HOST_BUDGETS": budgets,
                "GRAPEVINE_CONTACT": "https://example.org/bot",
            }
        chosen |= {"TEST_DNS_PORT": server.dns, **(settings or {})}
        environment = os.environ | {"GRAPEVINE_DATABASE_URL": f"sqlite:///{folder}/hostile.db"}
        runs: list[dict[str, Any]] = []
        began: list[float] = []
        for asked in (
            [task(case, case.ask) for case in cases],
            [task(case, case.again) for case in cases if case.again],
        ):
            if asked:
                began.append(time.time())
                meta = {"handle_httpstatus_all": True} if ours else {}
                job = {"cases": asked, "settings": chosen, "meta": meta}
                runs.append(in_process_of_its_own(job, environment, timeout))
    return {
        case.name: Seen(
            runs[0]["outcomes"].get(case.name, []),
            runs[1]["outcomes"].get(case.name, []) if len(runs) > 1 else [],
            server.hits[hosts[case.name]],
            len(server.hits["secret"]) if len(cases) == 1 or ours else _reached(case, runs[0], server),
            began,
        )
        for case in cases
    }, runs


def _reached(case: Case, run: dict[str, Any], server: Server) -> int:
    """How many of a case's requests came to the secret service, which several cases share."""
    outcomes = run["outcomes"].get(case.name, [])
    named = sum(hit.path == "/" + case.name.replace(" ", "-") for hit in server.hits["secret"])
    return named + sum(f":{server.secret}/" in outcome.get("url", "") for outcome in outcomes)
