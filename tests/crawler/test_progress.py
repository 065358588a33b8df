"""What whoever runs a command sees in a table."""

from __future__ import annotations

from rich.console import Console

from crawler.progress import table


def test_an_address_in_a_table_is_shown_as_it_is_and_nothing_where_there_is_none() -> None:
    console = Console(width=80)
    with console.capture() as shown:
        console.print(table(("address", "why"), [("https://a.example/[b]/", None)]))
    assert "https://a.example/[b]/" in shown.get()
    assert "None" not in shown.get()
