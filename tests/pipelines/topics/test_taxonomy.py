"""The taxonomy's data files are whole and agree with each other."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pipelines.topics.classes import class_probabilities, mapping
from pipelines.topics.taxonomy import LANGUAGES, NEVER_OF_A_PERSON, domain_of, label, niches, rows


def test_there_are_over_a_hundred_niches_in_23_domains() -> None:
    assert len(niches()) >= 106
    assert len(set(domain_of().values())) == 23


def test_niche_ids_are_unique_and_well_formed() -> None:
    ids = [niche.id for niche in niches()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) for name in ids)


def test_every_niche_has_a_label_in_every_language_a_description_and_an_iab_id() -> None:
    assert len(LANGUAGES) >= 12
    for niche in niches():
        assert niche.iab31, niche.id
        assert niche.description, niche.id
        assert all(niche.labels[language].strip() for language in LANGUAGES), niche.id


def test_two_niches_never_share_a_label_in_a_language() -> None:
    for language in LANGUAGES:
        labels = [niche.labels[language] for niche in niches()]
        assert len(set(labels)) == len(labels), language


def test_a_label_falls_back_to_english_and_an_unknown_niche_has_none() -> None:
    assert label("pets.cats", "de") == "Katzen"
    assert label("pets.cats", "xx") == "Cats"
    assert label("no.such") is None


def test_what_is_never_said_of_a_person_names_real_niches() -> None:
    assert set(NEVER_OF_A_PERSON) <= set(domain_of())


@pytest.mark.parametrize("table", ["keywords.tsv", "classes.tsv"])
def test_every_table_has_one_row_for_every_niche(table: str) -> None:
    assert {row["niche"] for row in rows(table)} == set(domain_of())
    assert len(rows(table)) == len(niches())


@pytest.mark.parametrize(("scheme", "classes"), [("youtube11", 11), ("sib7", 7)])
def test_the_class_tables_have_the_classes_of_their_scheme_and_shares_of_at_most_one(scheme: str, classes: int) -> None:
    names, table = mapping(scheme)
    assert len(names) == classes
    assert (table.sum(1) <= 1.0001).all()
    assert (table.sum(0) > 0).all()


def test_class_probabilities_sum_to_one_and_follow_the_niche() -> None:
    names, _ = mapping("youtube11")
    chances = np.full((1, len(niches())), 0.1 / len(niches()))
    chances[0, [niche.id for niche in niches()].index("pets.cats")] += 0.9
    of_classes = class_probabilities(chances, "youtube11")
    assert names[int(of_classes.argmax())] == "Pets & Animals"
    assert of_classes.sum() == pytest.approx(1)
