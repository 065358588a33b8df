"""Disclosures are told from talk about them."""

from __future__ import annotations

import pytest

from pipelines.sponsorship import judge, signals
from pipelines.sponsorship.judge import is_affiliate


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Today we bake.\nThis video is sponsored by Crumbly.\nRecipe below.", "phrase"),
        ("Big thanks to Lampo for sponsoring this episode!", "phrase"),
        ("Anzeige\nUnser Wochenende am See war herrlich.", "label"),
        ("Dieser Beitrag ist in freundlicher Kooperation mit dem Hof Birkental entstanden.", "phrase"),
        ("[Werbung] Neue Schuhe im Test", "label"),
        ("Collaboration commerciale avec Zibou. Je vous montre tout.", "phrase"),
        ("Este vídeo está patrocinado por Montepuro.", "phrase"),
        ("Parceria paga com a Loja Brisa", "phrase"),
        ("Wpis powstał we współpracy z marką Szyszka", "phrase"),
        ("Видео снято при поддержке компании Ромашка", "phrase"),
        ("Sponsor выпуска. Реклама. ООО Пример, erid: 2Vtzq", "phrase"),
        ("この動画は有料プロモーションを含みます", "phrase"),
        ("본 영상은 유료광고를 포함하고 있습니다", "phrase"),
        ("本视频由云杉茶业赞助播出", "phrase"),
        ("محتوى برعاية شركة النخيل", "phrase"),
        ("यह वीडियो ऊनघर द्वारा प्रायोजित है", "phrase"),
        ("New trail shoes! #ad #running", "hashtag"),
        ("The yarn was kindly sent to me by Woolmoor.", "gift"),
    ],
)
def test_a_disclosure_is_seen_in_its_language(text: str, reason: str) -> None:
    verdict = judge(text)
    assert verdict.kind == "disclosed"
    assert reason in verdict.reasons
    assert verdict.words


@pytest.mark.parametrize(
    "text",
    [
        "I sew at night.\nThis blog does not accept sponsored posts.",
        "This post is not sponsored, I bought the pan myself.",
        "Dieser Text ist nicht gesponsert von irgendwem.",
        "For advertising and sponsored posts please contact mail@hill.example",
        "По вопросам рекламы пишите на почту",
        "광고 문의: hello@hill.example",
        "Werbeanfragen bitte an post@hill.example",
        "Sponsored content is written and edited by members of our community.",
        "Why influencers hate writing sponsored posts: an interview about money and trust on the web.",
        "The wiki shortcode [ad#ad-2] stays in the text",
        "NOTICIA PATROCINADA patrocinado por:",
        "She works freelance in cooperation between two schools.",
        "We occasionally publish posts that are sponsored by brands.",
        "Publicidade e propaganda é o curso que eu fiz na faculdade antes de virar padeira.",
    ],
)
def test_talk_about_advertising_is_no_disclosure(text: str) -> None:
    assert judge(text).kind == "none"


def test_the_platforms_own_mark_comes_before_all_words() -> None:
    assert judge("Nothing is sponsored here", flagged=True).reasons == ["platform_flag"]


def test_affiliate_words_and_addresses_make_a_post_affiliate() -> None:
    assert judge("This post contains affiliate links.").kind == "affiliate"
    assert judge("Dieser Artikel enthält Affiliate-Links").kind == "affiliate"
    verdict = judge("My kettle", links=["https://www.amazon.de/dp/B000?tag=hill-21"])
    assert verdict.kind == "affiliate"
    assert verdict.reasons == ["link"]


def test_a_denial_of_affiliate_links_is_none() -> None:
    assert judge("There are no affiliate links on this site.").kind == "none"


def test_a_discount_code_without_a_word_of_disclosure_is_likely_undisclosed() -> None:
    verdict = judge("Love these socks!\nUse my code HILL15 for 15% off at https://socks.example/hill")
    assert verdict.kind == "undisclosed"
    assert verdict.reasons == ["code"]


def test_a_disclosure_outweighs_a_code() -> None:
    assert judge("Sponsored by Sockworks. Use my code HILL15 for 15% off.").kind == "disclosed"


def test_a_label_deep_inside_the_text_belongs_to_something_else() -> None:
    lines = ["Line of the story."] * 6
    assert judge("\n".join([*lines, "Werbung", *lines])).kind == "none"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://amzn.to/3xyz", True),
        ("https://www.awin1.com/cread.php?awinmid=1", True),
        ("https://shop.example/pan?aff_id=77", True),
        ("https://notamzn.to.example/3", False),
        ("https://www.amazon.com/dp/B000", False),
        ("https://shop.example/pan", False),
    ],
)
def test_affiliate_addresses_are_known_by_host_or_by_number(url: str, expected: bool) -> None:
    assert is_affiliate(url) is expected


def test_signals_of_a_professional_come_with_their_words() -> None:
    found = signals("Business inquiries: me@hill.example. See my media kit.", ["https://www.etsy.com/shop/hill"])
    assert set(found) == {"business_contact", "media_kit", "own_shop"}
    assert signals("I knit on the bus.") == {}
