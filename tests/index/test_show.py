"""What is known of a creator, and who is like them."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Engine

from index.publish import publish
from index.show import everything
from index.similar import similar
from pipelines.topics.strong import pack
from storage.database import reading
from tests.index.test_publish import write
from tests.index.test_query import HOME, author, score
from tests.storage.records import a_crawl, account, link


def test_everything_of_a_creator_is_there_with_its_source_and_nothing_of_others(engine: Engine) -> None:
    write(engine, *a_crawl(0), *author("bo", {"text": "mine"}))
    score(engine, "tier", "bo", 5, "micro")
    publish(engine)
    with reading(engine) as connection:
        known = everything(connection, account().key)
        other = everything(connection, account(native_id=HOME("bo")).key)
    assert known["creator"]["name"] == "Ida Example"
    assert len(known["posts"]) == 7
    assert {fact["source_url"] for fact in known["facts"] if fact["field"] == "name"} == {
        "https://sourdough.example/feed",
        "https://sourdough.example/about",
    }
    assert [row["value"] for row in known["observations"]] == [1200]
    assert [row["label"] for row in other["scores"]] == ["micro"]
    assert (len(other["posts"]), other["observations"], known["scores"]) == (1, [], [])


def test_the_like_share_niches_links_and_readers_and_it_says_so(engine: Engine) -> None:
    baking = {"niche": "food.baking"}
    write(engine, *author("ida", baking), *author("bo", baking), *author("cy", {"niche": "auto.cars"}), *author("dee"))
    mill = "https://mill.example/"
    write(engine, *(link(mill, "body", account_id=HOME(name), target=mill) for name in ("ida", "bo")))
    write(engine, *(link(HOME(n), "blogroll", account_id=HOME("dee"), target=HOME(n)) for n in ("ida", "cy")))
    publish(engine)
    with reading(engine) as connection:
        found = similar(connection, account(native_id=HOME("ida")).key)
    assert [one.name for one in found] == ["bo", "cy"]
    assert found[0].why == ["both post in food.baking", f"both link to {mill}"]
    assert found[1].why == [f"both are linked to by {HOME('dee')}"]
    assert 1 >= found[0].value > found[1].value > 0


def test_those_who_write_about_like_things_are_told_where_posts_keep_embeddings(engine: Engine) -> None:
    said = {"ida": (1.0, 0.0, 0.2), "bo": (0.9, 0.1, 0.2), "cy": (0.0, 1.0, 0.0)}
    for name, vector in said.items():
        kept = {"topic": {"embedding": pack(np.array(vector, np.float32) * 0.2)}}
        write(engine, *author(name, *({"text": name, "niche": "food.baking", "findings": kept} for _ in range(2))))
    write(engine, *author("dee", {"niche": "food.baking"}))
    publish(engine)
    with reading(engine) as connection:
        found = similar(connection, account(native_id=HOME("ida")).key)
    niche = "both post in food.baking"
    told = {one.name: one.why for one in found}
    assert told == {"bo": [niche, "write about like things: cosine 0.99"], "cy": [niche], "dee": [niche]}
    assert found[0].name == "bo"
