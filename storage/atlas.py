"""The tables of the atlas of scores and of the bets: percentiles of cells, and what was said would rise."""

from __future__ import annotations

from storage.tables import HOLDS, table

published_benchmark = table(  # as the other published tables: part of publication N when since <= N < until
    "published_benchmark",
    f"word score* platform* tier* topic* language*, {HOLDS}, int n!, real p10! p25! p50! p75! p90!",
)

# ``leaves``: the hashes of the entries, sorted; they outlive an entry that was forgotten
bet = table("bet", "int publication*, time made_at!, text hash!, int size!, json leaves!")

# the salt goes with the entry, so that the hash that stays names nobody
bet_entry = table("bet_entry", "int publication*, key creator*+, text salt!, real value! size chance!")
