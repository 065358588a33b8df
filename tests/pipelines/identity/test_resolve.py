"""What the resolver promises of any evidence and any judgements, found out on many invented ones."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.identity.evidence import KINDS, Evidence
from pipelines.identity.explain import explain
from pipelines.identity.ids import Changes, assign
from pipelines.identity.names import SITES, Profile
from pipelines.identity.resolve import LARGEST, Judgement, Resolution, resolve
from tests.pipelines.identity.world import partition

KEYS = st.integers(1, 24)
PLATFORMS = {key: ("blog", "youtube", "mastodon", "github", "twitter")[key % 5] for key in range(1, 25)}
PAIRS = st.tuples(KEYS, KEYS).filter(lambda pair: pair[0] != pair[1])
AGREES = st.sampled_from([(), ("name",), ("handle",), ("handle_part",), ("name", "handle")])
EVIDENCE = st.lists(
    st.builds(lambda kind, pair, agrees, anchored: Evidence(kind, pair[0], pair[1], agrees, anchored),
              st.sampled_from(sorted(KINDS)), PAIRS, AGREES, st.booleans()),
    max_size=40,
)  # fmt: skip
JUDGEMENTS = st.lists(
    st.builds(
        lambda pair, verdict: Judgement(pair[0], pair[1], verdict),
        PAIRS,
        st.sampled_from(["same", "different", "unsure"]),
    ),
    max_size=6,
    unique_by=lambda judgement: frozenset((judgement.a, judgement.b)),
)


def pairs(found: Resolution) -> set[tuple[int, int]]:
    return {pair for cluster in found.clusters for pair in combinations(cluster, 2)}


@given(EVIDENCE, JUDGEMENTS, st.randoms(use_true_random=False))
def test_the_order_of_evidence_and_judgements_does_not_matter(evidence, judgements, random) -> None:  # type: ignore[no-untyped-def]
    first = resolve(PLATFORMS, evidence, judgements)
    random.shuffle(evidence)
    random.shuffle(judgements)
    again = resolve(PLATFORMS, evidence, judgements)
    assert again.clusters == first.clusters
    assert again.forest == first.forest


@given(EVIDENCE, JUDGEMENTS)
def test_what_a_human_called_different_never_meets(evidence: list[Evidence], judgements: list[Judgement]) -> None:
    joined = pairs(resolve(PLATFORMS, evidence, judgements))
    for judgement in judgements:
        if judgement.verdict == "different":
            assert tuple(sorted((judgement.a, judgement.b))) not in joined


@given(EVIDENCE, PAIRS)
def test_what_a_human_called_the_same_is_one(evidence: list[Evidence], pair: tuple[int, int]) -> None:
    assert tuple(sorted(pair)) in pairs(resolve(PLATFORMS, evidence, [Judgement(pair[0], pair[1], "same")]))


@given(EVIDENCE, JUDGEMENTS)
def test_every_joined_pair_has_a_path_of_evidence(evidence: list[Evidence], judgements: list[Judgement]) -> None:
    found = resolve(PLATFORMS, evidence, judgements)
    profiles = {key: Profile(key, platform, f"h{key}") for key, platform in PLATFORMS.items()}
    for a, b in pairs(found):
        assert explain(found, profiles, a, b)
    for edge in found.forest:
        assert isinstance(edge, Judgement) or edge.tier < 3


@given(EVIDENCE)
def test_no_cluster_outgrows_one_person_and_second_accounts_need_proof(evidence: list[Evidence]) -> None:
    found = resolve(PLATFORMS, evidence)
    assert max(map(len, found.clusters), default=0) <= LARGEST
    claims = resolve(PLATFORMS, [e for e in evidence if e.tier > 1])
    for cluster in claims.clusters:
        social = [PLATFORMS[key] for key in cluster if PLATFORMS[key] not in SITES]
        assert len(social) == len(set(social))


@given(EVIDENCE)
def test_hints_alone_join_nobody(evidence: list[Evidence]) -> None:
    assert resolve(PLATFORMS, [e for e in evidence if e.tier == 3]).clusters == []


def applied(before: dict[int, int], changes: Changes) -> dict[int, int]:
    return {key: id_ for key, id_ in before.items() if key not in changes.released} | changes.members


def groups(members: dict[int, int]) -> set[frozenset[int]]:
    return {
        frozenset(group)
        for id_ in set(members.values())
        if len(group := {key for key in PLATFORMS if members.get(key, key) == id_}) > 1
    }


@given(st.lists(st.tuples(EVIDENCE, JUDGEMENTS), min_size=1, max_size=4))
def test_ids_last_and_every_retired_one_redirects(steps: list[tuple[list[Evidence], list[Judgement]]]) -> None:
    seen = {key: float(key * 7 % 11) for key in PLATFORMS}
    members: dict[int, int] = {}
    redirects: dict[int, int] = {}
    taken: set[int] = set()
    ever = set(PLATFORMS)
    for evidence, judgements in steps:
        found = resolve(PLATFORMS, evidence, judgements)
        changes = assign(found.clusters, members, seen, found.proven, taken)
        members = applied(members, changes)
        taken |= changes.created
        redirects = {
            old: changes.redirects.get(new, new) for old, new in redirects.items() if old not in changes.revived
        }
        redirects |= changes.redirects
        borne = {members.get(key, key) for key in PLATFORMS}
        assert groups(members) == partition(found.clusters)
        ever |= borne
        assert all(redirects.get(id_) in borne for id_ in ever - borne)
        assert not borne & redirects.keys()
        again = assign(found.clusters, members, seen, found.proven, taken)
        assert not again


@given(EVIDENCE, st.data())
def test_an_unmerged_pair_stays_unmerged_and_the_anchor_keeps_the_id(
    evidence: list[Evidence], data: st.DataObject
) -> None:
    found = resolve(PLATFORMS, evidence)
    if not found.clusters:
        return
    cluster = data.draw(st.sampled_from(found.clusters))
    a, b = data.draw(st.sampled_from(list(combinations(cluster, 2))))
    seen = {key: float(key) for key in PLATFORMS}
    before = applied({}, assign(found.clusters, {}, seen, found.proven))
    apart = resolve(PLATFORMS, evidence, [Judgement(a, b, "different")])
    changes = assign(apart.clusters, before, seen, apart.proven, set(before.values()))
    after = applied(before, changes)
    assert after.get(a, a) != after.get(b, b)
    anchor = min((key for key in cluster if key in apart.proven), default=min(cluster))
    now, mine = after.get(anchor, anchor), before[anchor]
    older = [key for key in PLATFORMS if after.get(key, key) == now and key not in cluster and key < anchor]
    assert now == mine or (older and changes.redirects[mine] == now)  # the free part may meet an older account


@given(EVIDENCE)
def test_a_merge_keeps_the_id_of_the_oldest_account(evidence: list[Evidence]) -> None:
    found = resolve(PLATFORMS, evidence)
    seen = {key: float(-key) for key in PLATFORMS}
    changes = assign(found.clusters, {}, seen, found.proven)
    for cluster in found.clusters:
        assert {changes.members[key] for key in cluster} == {max(cluster)}


def test_a_site_that_nothing_proves_does_not_join_somebody_who_has_a_proven_one() -> None:
    platforms = {1: "blog", 2: "youtube", 3: "blog"}
    proof, squat = Evidence("reciprocal", 1, 2, ("name",)), Evidence("claim", 3, 2, ("name",), anchored=True)
    assert resolve(platforms, [proof, squat]).clusters == [[1, 2]]
    assert resolve(platforms, [squat]).clusters == [[2, 3]]
    assert resolve(platforms, [proof, squat, Evidence("reciprocal", 3, 1)]).clusters == [[1, 2, 3]]


def test_a_claim_waits_until_something_anchors_the_claimant() -> None:
    platforms = {1: "telegram", 2: "blog", 3: "mastodon"}
    claim = Evidence("claim", 1, 2, ("name", "handle"))
    assert resolve(platforms, [claim]).clusters == []
    assert resolve(platforms, [claim]).review == [(claim, "not_anchored")]
    assert resolve(platforms, [claim, Evidence("claim", 3, 1, ("name",))]).clusters == [[1, 2]]
    assert resolve(platforms, [claim, Evidence("verified", 3, 1)]).clusters == [[1, 2, 3]]
    assert resolve(platforms, [claim, Evidence("claim", 3, 1, ("name",)), Evidence("copy", 1, 3)]).clusters == []
