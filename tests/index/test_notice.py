"""The message to a creator: whole, in their language, with what the law wants, and only about them."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from index.notice import LANGUAGES, notice
from storage.database import reading
from storage.forget import NobodyNamed, find
from storage.write import Writer
from tests.storage.records import a_crawl, account, post


def store(engine: Engine, *records: object) -> None:
    writer = Writer(engine, 1)
    for record in (*a_crawl(0), *records):
        writer.add(record)  # type: ignore[arg-type]
    writer.close()


def written(engine: Engine, language: str | None = None) -> str:
    with reading(engine) as connection:
        whom = find(connection, "https://sourdough.example/")
        return notice(connection, whom, "Index Example, mail@index.example", language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_message_says_who_what_whence_how_long_and_how_to_leave(engine: Engine, language: str) -> None:
    store(engine)
    told = written(engine, language)
    for needed in ("Ida Example", "mail@index.example", "https://sourdough.example/", "2026-11-01", "30", "730", "365"):
        assert needed in told
    assert '{"opt_out": true}' in told
    assert "14" in told
    assert "$" not in told


def test_there_is_a_message_in_six_languages() -> None:
    assert LANGUAGES == ("de", "en", "es", "fr", "ja", "pt")


def test_it_is_in_the_language_that_they_declare_else_in_the_one_they_write(engine: Engine) -> None:
    store(engine, post(60, language="fr"))
    assert written(engine).startswith("Objet :")
    store(engine, account(2, declared_language="pt-BR"))
    assert written(engine).startswith("Assunto:")


def test_who_is_not_stored_gets_no_message(engine: Engine) -> None:
    store(engine)
    with reading(engine) as connection, pytest.raises(NobodyNamed):
        notice(connection, find(connection, "https://elsewhere.example/"), "Index Example")
