"""What consumers build on: the views' columns and types, frozen; the dictionary, in step with the code."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from storage import dictionary as document
from storage.database import reading
from storage.views import dictionary

FROZEN = Path(__file__).with_name("v1_columns.txt")
TYPES = {
    "integer": {"INTEGER", "BIGINT"},
    "real": {"DOUBLE PRECISION", "DOUBLE"},
    "text": {"TEXT"},
    "json": {"JSON", "JSONB"},
    "time": {"DATETIME", "TIMESTAMP"},
    "date": {"DATE"},
}


def test_no_v1_column_has_changed() -> None:
    """A change here breaks consumers: make a v2_* view instead. An added column is added to the frozen list as well."""
    said = [
        f"v1_{view} {name} {column['type']}"
        for view, told in dictionary().items()
        for name, column in told["columns"].items()
    ]
    assert said == FROZEN.read_text(encoding="utf-8").splitlines()


def test_the_views_have_the_names_and_types_of_the_dictionary(engine: Engine) -> None:
    found = inspect(engine)
    assert sorted(found.get_view_names()) == sorted(f"v1_{name}" for name in dictionary())
    for name, view in dictionary().items():
        columns = {
            column["name"]: str(column["type"]).upper().split(" COLLATE")[0]
            for column in found.get_columns(f"v1_{name}")
        }
        assert list(columns) == list(view["columns"])
        for column, told in view["columns"].items():
            computed = columns[column] == "NULL" or columns[column] == ""
            assert computed or columns[column] in TYPES[told["type"]], (name, column, columns[column])


def test_the_documented_dictionary_is_the_one_in_the_code() -> None:
    """Where this fails: `python -m storage.dictionary`."""
    assert document.DOCUMENT.read_text(encoding="utf-8") == document.markdown()


def test_every_column_is_explained() -> None:
    for view in dictionary().values():
        assert view["about"]
        assert set(view["key"]) <= set(view["columns"])
        for column in view["columns"].values():
            assert column["about"].endswith(".")
            assert column["type"] in TYPES
            assert "example" in column
            assert set(column) <= {
                "type",
                "stored",
                "about",
                "null",
                "unit",
                "example",
                "moving",
                "unique",
                "accepted",
                "refers",
                "severity",
            }


def test_a_view_can_be_read_by_any_client(engine: Engine) -> None:
    with reading(engine) as connection:
        for name in dictionary():
            assert connection.execute(text(f"SELECT * FROM v1_{name} LIMIT 1")).all() == []
