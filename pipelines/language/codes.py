"""One set of language codes for detectors that do not agree on theirs, read from codes.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def tables() -> dict[str, Any]:
    """The tables of codes.toml."""
    return tomllib.loads((resources.files(__package__) / "codes.toml").read_text("utf-8"))


@cache
def label(code: str) -> str:
    """Our name of a detector's language or of a declared tag: ``zh-TW`` is zh, ``nb_NO`` is no; empty if unusable."""
    code = code.strip().lower().replace("_", "-")
    same: dict[str, str] = tables()["same"]
    base = code.split("-", 1)[0]
    if code in same or base in same:
        return same.get(code) or same[base]
    known = 2 <= len(base) <= 3 and base.isascii() and base.isalpha()
    return base if known and base not in {"un", "und", "unk", "mul", "mis", "zxx"} else ""


@cache
def labels_of_script(script: str) -> frozenset[str] | None:
    """The languages written in a script that several share; None for Latin: all that no other script claims."""
    found = tables()["scripts"].get(script)
    return frozenset(found) if found else None


@cache
def not_latin() -> frozenset[str]:
    """Languages never written in Latin letters, as far as this stage goes."""
    scripts: dict[str, list[str]] = dict(tables()["scripts"])
    latin = set(scripts.pop("also_latin"))
    settled = {*tables()["script_settles"].values(), "zh", "ja", "yi", "as", "ti", "dz", "iu", "chr"}
    return frozenset(({name for names in scripts.values() for name in names} | settled) - latin)
