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
from orchestration.landing.erased import MARK
from orchestration.landing.store import put_in_place
from orchestration.paths import Home
from orchestration.refresh.settings import shop_settings
from orchestration.sql_text import literal

FILE = "customer_keys.parquet"


def prepare(home: Home) -> int:
    """Write the keys of all landed customers, where the shop asks for keys. Returns how many; 0 where it does not.

    KeyMissing where the environment has no key.
    """
    if shop_settings(home).get("customer_ids") != "keyed":
        return 0
    secret = keyed.key("The setting customer_ids: keyed")
    numbers = _landed_customers(home.landed)
    keys = [number if number == MARK else keyed.customer_key(secret, number) for number in numbers]
    home.private.mkdir(parents=True, exist_ok=True)
    partial = home.private / f"{FILE}.partial"
    pq.write_table(pa.table({"customer_id": pa.array(numbers, pa.string()), "customer_key": keys}), partial)
    put_in_place(partial, home.private / FILE)
    return len(numbers)


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
