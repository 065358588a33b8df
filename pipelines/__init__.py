"""The stages an item goes through, in the one order that counts; each is thin over a pure function."""

from __future__ import annotations

STAGES = (
    "pipelines.suppress.Suppress",
    "pipelines.clean.Clean",
    "pipelines.redact.Redact",
    "pipelines.language.stage.DetectLanguage",
    "pipelines.topics.stage.NameTopic",
    "pipelines.sponsorship.stage.JudgeSponsorship",
    "pipelines.identity.stage.CanonicalAddresses",
    "pipelines.store.Store",
)

ITEM_PIPELINES = {path: (place + 1) * 100 for place, path in enumerate(STAGES)}
"""What Scrapy wants to know; the numbers are computed, never chosen."""
