"""Recorded data: nobody is joined whom a human told apart, and the figures that may be published hold."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import Engine

from benchmarks.identity import load, score
from pipelines.identity.addresses import address_key
from pipelines.identity.evidence import gather
from pipelines.identity.resolve import resolve
from pipelines.identity.shared import shared_accounts
from storage.addresses import home_address, identify
from storage.records import Account
from tests.pipelines.identity.world import account, link, store, together

DATA = Path(os.environ.get("GRAPEVINE_DATA", "/nowhere"))
needs_data = pytest.mark.skipif(not (DATA / "identity").is_dir(), reason="GRAPEVINE_DATA names no recorded data")


@needs_data
def test_what_is_published_of_labelled_accounts_is_right() -> None:
    profiles, claims, truth = load(DATA / "identity")
    shared = shared_accounts(profiles, ((claim.source, claim.target, claim.kind) for claim in claims))
    found = resolve({key: p.platform for key, p in profiles.items()}, gather(profiles, claims, shared))
    figures = score(found.clusters, truth)
    assert figures["b3_precision"] >= 0.999
    assert figures["pair_precision"] >= 0.998
    assert figures["touched_share"] <= 0.001
    assert figures["b3_recall"] >= 0.80
    roles = ("agency", "brandhub", "linkfarm")
    assert not [c for c in found.clusters if len({truth[k][0] for k in c}) > 1 and any(truth[k][1] in roles for k in c)]


@needs_data
def test_recorded_pairs_that_differ_are_never_joined_though_one_links_to_the_other(engine: Engine) -> None:
    rows = [json.loads(line) for line in (DATA / "web" / "identity_dev.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        a, b = _account(row["a"]), _account(row["b"])
        store(engine, a, b, link(a, b, "verified" if row["strength"] == "verified" else "profile"))
        if row["relation"] == "different":
            assert not together(engine, a, b), row
        if row["strength"] == "verified":
            assert together(engine, a, b), row


def _account(url: str) -> Account:
    found = identify(url)
    if found is None:
        home = home_address(url) or url
        return account("blog", home, url)
    assert address_key(url) == found.key
    return account(found.platform, found.value, found.url, handle=found.value)
