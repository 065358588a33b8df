"""Asking the index: filters, words, the order of scores, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, text

from index.filters import UnknownFilterError, checked, topic
from index.publish import publish
from index.query import find
from index.words import SearchSyntaxError, fold, parse
from storage import tables
from storage.database import reading, writing
from storage.find import UnknownCreatorError, find_creator
from storage.forget import forget
from storage.search import block, take_out
from tests.index.test_publish import bakers, write
from tests.storage.records import account, day, post

HOME = "https://{}.example/".format


def author(name: str, *posts: dict[str, Any], **facts: Any) -> list[Any]:
    home = HOME(name)
    texts = [
        post(account_id=home, native_id=f"{home}{n}", url=f"{home}{n}", **{"title": None, **told})
        for n, told in enumerate(posts)
    ]
    return [account(native_id=home, url=home, name=name, **facts), *texts]


def score(engine: Engine, name: str, creator: str, value: float | None, label: str | None = None) -> None:
    row = {"creator": account(native_id=HOME(creator)).key, "name": name, "value": value, "label": label, "n": 9}
    with writing(engine) as connection:
        connection.execute(insert(tables.score), row | {"formula": "f/1", "formula_hash": "0", "computed_at": day(0)})


def found(engine: Engine, sort: str = "field_geek", limit: int | None = 20, **filters: Any) -> list[str]:
    with reading(engine) as connection:
        return [row["name"] for row in find(connection, checked(filters), sort, limit).rows]


def world(engine: Engine) -> None:
    write(
        engine,
        *author("ida", {"text": "Rye bread, slowly", "niche": "food.baking", "language": "en"}, bio="Ofen und Geduld"),
        *author("bo", {"text": "Spelt bread without fuss", "niche": "food.baking", "language": "fr"}, place="Lyon, FR"),
        *author(
            "cy", {"text": "bread with rye", "sponsorship": "affiliate"}, {"text": "Keto for all", "niche": "food.bbq"}
        ),
        *author("dee", {"text": "朝のパン作りと café", "niche": "auto.motorsport", "language": "ja"}),
        *author("nobody"),
    )


def test_words_are_found_in_posts_and_bios_by_and_or_not_phrases_and_beginnings(engine: Engine) -> None:
    world(engine)
    publish(engine)

    def search(words: str) -> list[str]:
        return sorted(found(engine, search=words))

    assert search("bread") == ["bo", "cy", "ida"]
    assert search("bread AND (rye OR spelt) NOT keto") == ["bo", "ida"]
    assert search("bread rye NOT keto") == ["ida"]
    assert search('"rye bread"') == ["ida"]
    assert search("sp*") == ["bo"]
    assert search("geduld") == ["ida"]
    assert search("パン") == search("cafe") == ["dee"]
    assert search("ンパ") == []
    assert search("NOT bread") == ["dee", "nobody"]


def test_both_databases_find_the_last_word_of_a_long_text(engine: Engine) -> None:
    write(engine, *author("ida", {"text": "魚" * 20_000 + "鳥"}))
    publish(engine)
    assert found(engine, search="鳥") == ["ida"]


def test_no_text_of_a_forgotten_person_outlives_its_post_in_the_index(engine: Engine) -> None:
    ida, words = account(native_id=HOME("ida")).key, " ".join(f"w{n}" for n in range(2100))
    write(engine, *author("ida", {"text": words}, {"text": words}))
    publish(engine)
    with writing(engine) as connection:
        connection.execute(delete(tables.post).where(tables.post.c.account == ida))
    forget(engine, [ida], suppress=False)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM search_text")).scalar() == 0
    write(engine, *author("bo", {"text": words}, {"text": words}))
    publish(engine)
    assert found(engine, search="w7") == ["bo"]


def test_a_text_that_changed_or_went_is_found_by_its_new_words_only(engine: Engine) -> None:
    write(engine, *author("ida", {"text": "rye"}), *author("bo", {"text": "oats"}))
    publish(engine)
    home = HOME("ida")
    write(engine, post(1, 1, account_id=home, native_id=f"{home}0", url=f"{home}0", title=None, text="barley"))
    with writing(engine) as connection:
        connection.execute(delete(tables.post).where(tables.post.c.native_id == HOME("bo") + "0"))
    publish(engine)
    assert found(engine, search="barley") == ["ida"]
    assert found(engine, search="rye OR oats") == []


@pytest.mark.parametrize(
    ("query", "at"), [("bread AND", 9), ("(a OR b", 0), ("a ) b", 2), ('a "b', 2), ("AND a", 0), ("a !!", 2), ("", 0)]
)
def test_a_search_that_cannot_be_read_is_refused_with_its_place(query: str, at: int) -> None:
    with pytest.raises(SearchSyntaxError) as refused:
        parse(query)
    assert refused.value.at == at


def test_words_lose_case_and_accents_but_no_vowel_signs() -> None:
    assert fold("Crème BRÛLÉE, straße") == ["creme", "brulee", "strasse"]
    assert fold("हिन्दी") == ["हिन्दी"]
    assert fold("ไทย") == ["ไ", "ท", "ย"]


def test_filters_narrow_by_what_was_published(engine: Engine) -> None:
    world(engine)
    score(engine, "tier", "ida", 12_000, "micro")
    score(engine, "rising", "ida", 0.1, "rising")
    score(engine, "specialist", "bo", 0.9)
    publish(engine)
    assert sorted(found(engine, topic="Backen & Gebäck")) == sorted(found(engine, topic="baking")) == ["bo", "ida"]
    assert found(engine, topic="motor sport") == ["dee"]
    assert sorted(found(engine, topic="food")) == ["bo", "cy", "ida"]
    assert found(engine, lang="fr") == found(engine, place="lyon") == ["bo"]
    assert found(engine, tier="micro") == found(engine, rising=True) == ["ida"]
    assert found(engine, min_specialist="0.8") == ["bo"]
    assert found(engine, affiliate="yes") == ["cy"]
    assert "cy" not in found(engine, sponsored_share="0.4")
    assert "cy" in found(engine, sponsored_share="0.5")
    assert found(engine, min_posts="2") == ["cy"]
    assert found(engine, active_days="0.001") == []


def test_the_best_score_comes_first_and_those_without_one_follow(engine: Engine) -> None:
    write(engine, *bakers(1), *author("ida", {}), *author("bo", {}), *author("cy"))
    score(engine, "field_geek", "bo", 0.5)
    score(engine, "field_geek", "cy", 0.9)
    publish(engine)
    assert found(engine) == ["cy", "bo", "ida", "Baker 0"]
    assert found(engine, limit=1) == ["cy"]
    assert found(engine, limit=3) == ["cy", "bo", "ida"]


def test_an_unknown_filter_or_value_is_refused_with_the_nearest(engine: Engine) -> None:
    with pytest.raises(UnknownFilterError, match="did you mean min_posts"):
        checked({"min_post": "3"})
    with pytest.raises(UnknownFilterError, match=r"auto\.motorsport"):
        topic("motorsprot")
    with pytest.raises(UnknownFilterError, match="never a person"):
        topic("politics")
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"tier": "mikro"}, "micro"),
        ({"min_posts": "many"}, "no number"),
        ({"sponsored_share": "30"}, "from 0 to 1"),
        ({"list": "x"}, "known"),
        ({"lang": "french"}, r"fr \(French\)"),
        ({"lang": "xx"}, "BCP-47"),
        ({"platform": "youtub"}, "youtube"),
        ({"min_specialist": "nan"}, "no number"),
    )
    for filters, why in wrong:
        with pytest.raises(UnknownFilterError, match=why):
            found(engine, **filters)


def test_a_creator_is_found_by_id_retired_id_address_handle_and_name(engine: Engine) -> None:
    write(engine, account(name="Sourdough", handle="ida"))
    key = account().key
    with writing(engine) as connection:
        for old, new in ((5, 6), (6, key)):
            connection.execute(insert(tables.creator_redirect).values(old=old, new=new, at=day(0)))
    with reading(engine) as connection:
        for given in (str(key), "5", "https://sourdough.example/", "@ida", "Sourdough"):
            assert find_creator(connection, given) == key
        with pytest.raises(UnknownCreatorError, match="did you mean Sourdough"):
            find_creator(connection, "Sourdoug")


def test_languages_and_platforms_go_by_the_names_that_the_index_uses() -> None:
    given = {"lang": "pt_BR", "platform": "pixelfed", "topic": "Motor Sport", "tier": "Micro"}
    known = {"lang": "pt", "platform": "fediverse", "topic": "auto.motorsport", "tier": "micro"}
    assert checked(given) == checked(known) == known
    assert [checked({"lang": code})["lang"] for code in ("zh-hant", "hr", "iw", "HI-latn")] == [
        "zh-Hant",
        "sh",
        "he",
        "hi-Latn",
    ]


def test_a_text_joins_the_block_of_its_account_and_a_block_is_never_half_gone(engine: Engine) -> None:
    long = " ".join(["rye"] * 1500)
    write(engine, *author("ida", {"text": long}, {"text": long}, {"text": "oats"}))
    publish(engine)
    home = HOME("ida")
    write(engine, post(8, account_id=home, native_id=f"{home}8", url=f"{home}8", title=None, text="spelt"))
    publish(engine)
    with writing(engine) as connection:
        assert len(connection.execute(select(block)).all()) == 2
        assert take_out(connection, [post(native_id=f"{home}8").key])["search_document"] > 1
    publish(engine)
    assert found(engine, search="rye oats spelt") == ["ida"]
