"""Addresses and telephone numbers of people never reach a table; handles, dates and versions stay what they are."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.redact import MAIL, PHONE, redact, redacted, role_address
from pipelines.suppress import is_school, refusal
from storage.records import Account
from tests.storage.records import account, post


@pytest.mark.parametrize(
    "said",
    [
        "ida@sourdough.example",
        "ida.example+bread@mail.sourdough.example",
        "mailto:ida@sourdough.example",
        "ida [at] sourdough.example",
        "ida(at)sourdough(dot)example",
        "ida {at} sourdough [punkt] example",
        "ídá@brød.example",
    ],
)
def test_an_e_mail_address_goes_however_it_is_written(said: str) -> None:
    told = redacted(f"Rye. Write to {said}, or come by.")
    assert MAIL in told
    assert "sourdough" not in told
    assert "brød" not in told
    assert told.endswith(", or come by.")


@pytest.mark.parametrize(
    "said",
    [
        "+49 30 1234 5678",
        "+1 (555) 010-9999",
        "0044 20 7946 0958",
        "+33.1.99.00.12.34",
        "(555) 010-9999",
        "555-010-9999",
        "Tel: 030 / 12 34 567",
        "WhatsApp 0171 2345678",
        "電話:03-1234-5678",
        "тел. 8 800 123-45-67",
    ],
)
def test_a_telephone_number_goes_however_it_is_written(said: str) -> None:
    assert redacted(f"Call {said} today") == f"Call {PHONE} today"


@pytest.mark.parametrize(
    "said",
    [
        "@ida@social.example",
        "https://social.example/@ida@other.example",
        "react@18.2.0 and logo@2x.png",
        "git@code.example:ida/rye",
        "2026-11-01, 01.11.2026, 12:30",
        "1,234,567 views, 12 345 678 visits",
        "ISBN 978-3-16-148410-0",
        "iPhone 15 2024-2025",
        "mobile 2019-2024",
        "a[at]b, f(x) < 3, 10 + 200 + 3000",
        "52.520008, 13.404954",
    ],
)
def test_what_only_looks_like_contact_data_stays(said: str) -> None:
    assert redacted(said) == said


def bakery(**facts: Any) -> Account:
    return account(bio="Rye. info@sourdough.example or ida@sourdough.example", **facts)


def test_no_address_is_kept_unless_that_was_switched_on() -> None:
    made = redact(bakery(details={"about": "ring +49 30 1234 5678", "contact_opt_in": "offers@sourdough.example"}))
    assert isinstance(made, Account)
    assert made.bio == f"Rye. {MAIL} or {MAIL}"
    assert made.details == {"about": f"ring {PHONE}", "contact_opt_in": "offers@sourdough.example"}


def test_switched_on_only_a_roles_address_is_kept_and_apart() -> None:
    made = redact(bakery(), roles=True)
    assert isinstance(made, Account)
    assert made.bio == f"Rye. {MAIL} or {MAIL}"
    assert made.details == {"contact": "info@sourdough.example"}
    assert role_address("ida@sourdough.example") is None


def test_posts_are_redacted_in_text_title_and_details() -> None:
    made = redact(
        post(text="Ask ida@sourdough.example", summary="ida@sourdough.example", details={"tags": ["a@b.example"]})
    )
    assert (made.text, made.summary, made.details) == (f"Ask {MAIL}", MAIL, {"tags": [MAIL]})  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "host",
    [
        "lincoln.k12.or.us",
        "blogs.oak.sch.uk",
        "www.am-wald.schule.berlin",
        "clg.ac-paris.fr",
        "kidblog.org",
        "a.edu.it",
    ],
)
def test_a_page_of_a_school_for_minors_is_refused(host: str) -> None:
    assert refusal(account(url=f"https://{host}/class-4b")) == "minor"


@pytest.mark.parametrize(
    "url", ["https://k12.com/", "https://ac-photo.fr/", "https://mit.edu/", "https://sch.example/", "x"]
)
def test_a_page_of_grown_ups_is_no_schools(url: str) -> None:
    assert not is_school(url)
