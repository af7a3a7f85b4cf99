"""Customers by a keyed hash in place of their numbers: what leads from one to the other, kept in the private folder.

Where a shop says `customer_ids: keyed`, the landed tables show keys to the models from the first one on. Only this file
leads back; it is made anew before each build, from the numbers that have landed and the key of the environment.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration import contract, keyed
from orchestration.landing.erased import MARK, hash_of_key
from orchestration.landing.store import put_in_place, write_text
from orchestration.paths import Home
from orchestration.refresh.settings import shop_settings
from orchestration.sql_text import literal

FILE = "customer_keys.parquet"

MADE_WITH = "customer_key.txt"
"""Beside what has landed: a hash of the key. With another one all customers would be new, to whoever reads the tables
and to past lists."""


def prepare(home: Home) -> int:
    """Write the keys of all landed customers, where the shop asks for keys. Returns how many; 0 where it does not.

    KeyMissing where the environment has no key, or another than before.
    """
    if shop_settings(home).get("customer_ids") != "keyed":
        return 0
    secret = keyed.key("The setting customer_ids: keyed")
    _refuse_another(secret, home.landed / MADE_WITH)
    numbers = _landed_customers(home.landed)
    keys = [number if number == MARK else keyed.customer_key(secret, number) for number in numbers]
    home.private.mkdir(parents=True, exist_ok=True)
    partial = home.private / f"{FILE}.partial"
    pq.write_table(pa.table({"customer_id": pa.array(numbers, pa.string()), "customer_key": keys}), partial)
    put_in_place(partial, home.private / FILE)
    return len(numbers)


def _refuse_another(secret: bytes, file: Path) -> None:
    if file.exists() and file.read_text(encoding="utf-8").strip() != hash_of_key(secret):
        raise keyed.KeyMissing(
            f"{keyed.VARIABLE} is another key than the customers' keys were made with: set the one of then. To make "
            f"all keys anew, remove {file}; whoever reads the tables meets other customers then, and none of them was "
            "on a past list."
        )
    write_text(file, hash_of_key(secret))


def _landed_customers(landed: Path) -> list[str]:
    named = [
        f"select {column.name} as customer_id from read_parquet({literal(landed / table.name / '*.parquet')})"
        for table in contract.tables().values()
        for column in table.columns
        if column.customer
    ]
    query = f"select customer_id from ({' union '.join(named)}) where customer_id is not null order by customer_id"
    with duckdb.connect() as connection:
        return [number for (number,) in connection.execute(query).fetchall()]
