"""A fetched response as a value: above all, which letters its bytes are."""

from __future__ import annotations

import pytest

from crawler.page import Page

JAPANESE = "<html lang=ja><meta charset=utf-8><title>駅名標めぐり</title><p>終点まで乗る。写真は一枚だけ。"
RUSSIAN = "<html lang=ru><title>Шарамы</title><p>Вчера вечером снова чинил старый приёмник на кухне."
POLISH = "<html lang=pl><title>Kostki i karty</title><p>Zdzisława i Łukasz grają. Jeść, spać, źle liczyć owce."
CZECH = "<html lang='cs-CZ'><title>Houby</title><p>Příště šli žáci do lesa, ťukal datel."
GERMAN = "<html lang=de><title>Öfen</title><p>Größere Brötchen „backen“ – für über zwölf Gäste."


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        (JAPANESE, "utf-8", "text/html; charset=shift_jis"),
        (JAPANESE, "shift_jis", "text/html; charset=utf-8"),
        (JAPANESE, "euc_jp", "text/html; charset=utf-8"),
        (RUSSIAN, "cp1251", "text/html; charset=utf-8"),
        (RUSSIAN, "cp1251", "text/html; charset=windows-1251"),
        (RUSSIAN, "utf-8", "text/html"),
        (POLISH, "iso8859_2", "text/html; charset=utf-8"),
        (POLISH, "cp1250", "text/html; charset=utf-8"),
        (CZECH, "iso8859_2", "text/html; charset=utf-8"),
        (CZECH, "cp1250", "text/html; charset=utf-8"),
        (GERMAN, "cp1252", "text/html; charset=utf-8"),
        ("<p>caffè e perché", "latin-1", "text/html; charset=ISO-8859-1"),
        ("<p>plain words", "ascii", "text/html; charset=utf-16"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_is_in_whatever_it_declares(text: str, encoding: str, declared: str) -> None:
    page = Page(url="http://a.example/", body=text.encode(encoding), headers={"content-type": declared})
    assert page.text == text


def test_a_few_broken_bytes_do_not_change_the_encoding() -> None:
    body = ("Grüße aus der Werkstatt, " * 20).encode() + b"\xff\xfe!"
    assert (
        "Grüße" in Page(url="http://a.example/", body=body, headers={"content-type": "text/html; charset=utf-8"}).text
    )


@pytest.mark.parametrize("body", [b"", b"\x00", b"<", b"\xef\xbb\xbf", b"<!-- only", b"\xff\xfe"])
def test_any_bytes_give_a_tree(body: bytes) -> None:
    assert Page(url="http://a.example/", body=body).tree.tag == "html"
