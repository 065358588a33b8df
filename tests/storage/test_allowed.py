"""Nothing is stored that is not on the list: every column and every key of ``details`` has a purpose."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from index.subject_access import purposes
from pipelines.redact import NEVER
from storage.clean import allowed, listed, row_of
from storage.records import Account, Extract, Post, Record
from storage.tables import metadata
from storage.takeout import NOBODY
from tests.crawler.test_platform_samples import SAMPLES, read
from tests.storage.records import account, post
from tests.storage.test_write import rows, write

USED_UP = {"links", "paid_links", "notes"}
"""What the stage that says who pays takes out of a post's details."""


def records(found: Extract) -> list[Record]:
    made = [found.account] if found.account else []
    return [*made, *found.posts, *(one for more in found.more for one in records(more))]


def test_an_unknown_key_of_details_is_dropped_and_counted(engine: Engine) -> None:
    writer = write(
        engine,
        account(details={"generator": "Hugo", "religion": "rye"}),
        post(details={"guid": "1", "illness": "none"}),
    )
    assert rows(engine, "account")[0]["details"] == {"generator": "Hugo"}
    assert rows(engine, "post")[0]["details"] == {"guid": "1"}
    assert writer.counts["mended/not_allowed"] == 2
    assert {row["detail"] for row in rows(engine, "quarantine")} == {"religion", "illness"}
    assert "details.religion" not in {row["field"] for row in rows(engine, "fact")}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.parts[-3]}-{sample.name}")
def test_all_that_extractors_read_is_on_the_list(sample: object) -> None:
    for record in records(read(sample)[0]):  # type: ignore[arg-type]
        assert isinstance(record, Account | Post)
        keys = {name for name, value in record.details.items() if value is not None} - USED_UP - set(NEVER)
        record.details = {name: record.details[name] for name in keys}
        record.native_id = record.native_id or "a page without an id, which is refused elsewhere"
        assert not [fault for fault in row_of(record)[2] if fault.reason == "not_allowed"], record.details


def test_no_key_is_on_the_list_for_what_is_never_inferred() -> None:
    keys = {key for tables in listed().values() for table in tables.values() for key in table}
    assert not keys & {"gender", "pronouns", "religion", "health", "politics", "ethnicity", "orientation", "age"}
    assert all(purpose for tables in listed().values() for table in tables.values() for purpose in table.values())
    assert "language" in allowed("a plug-in's platform", "account")


def test_every_column_of_a_table_about_people_has_a_purpose() -> None:
    said = {name: set(str(entry["columns"]).split()) for name, entry in purposes().items()}
    assert said == {name: set(metadata.tables[name].c.keys()) for name in metadata.tables if name not in NOBODY}
