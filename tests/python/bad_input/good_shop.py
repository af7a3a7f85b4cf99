"""A good shop of every input table, so small that each of its rows can be pointed at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from orchestration import contract

LOADED_AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
"""When the files are landed; a second night comes a day later."""

SETTINGS = {
    "shop": "corner",
    "reporting_currency": "EUR",
    "reporting_time_zone": "Europe/Berlin",
    "shop_opened_on": "2022-01-01",
    "prices_include_tax": False,
}

FILES = {
    "orders": """\
order_id,customer_id,ordered_at,status,currency,discount_amount
0001,007,2025-03-01T10:00:00Z,completed,EUR,
0002,007,2025-04-02T11:30:00+02:00,shipped,,1.50
0003,008,2025-05-03,paid,USD,
0004,,2025-06-04T12:00:00Z,placed,,
""",
    "order_lines": """\
order_id,line_number,product_id,quantity,unit_price,discount_amount
0001,1,p1,2,9.99,
0001,2,p2,1,5.00,0.50
0002,1,p1,1,9.99,
0003,1,p3,3,20.00,
0004,1,p2,4,5.00,
""",
    "customers": """\
customer_id,created_at,full_name,birth_date,city,referred_by_customer_id,merged_into_customer_id,merged_at
007,2025-01-01,Zoë Müller,1980-05-06,Köln,,,
008,2025-02-01,Ann Lee,,Bonn,007,,
009,2025-02-02,Ann Lee,,Bonn,,008,2025-09-01
""",
    "products": """\
product_id,product_name,category,list_price,unit_cost,currency
p1,Lamp,Light,12.00,4.00,EUR
p2,Bulb,Light,5.00,1.25,
p3,Chair,Seats,22.50,11.00,USD
""",
    "product_costs": "product_id,valid_from,unit_cost\np1,2025-01-01,4.10\n",
    "refunds": "refund_id,order_id,line_number,refunded_at,quantity,refund_amount\nr1,0001,1,2025-03-09,1,9.99\n",
    "payments": """\
payment_id,order_id,method,amount,paid_at,status
y1,0001,card,24.48,2025-03-01,paid
y2,0002,invoice,8.49,,open
""",
    "shipments": "shipment_id,order_id,shipped_at,shipping_cost,currency\ns1,0002,2025-04-03,4.90,USD\n",
    "marketing_spend": "spend_date,channel,campaign,purpose,amount\n2025-03-01,search,spring,acquisition,50.00\n",
    "marketing_touches": "touch_id,customer_id,touched_at,channel\nt1,007,2025-02-20,search\n",
    "service_contacts": "contact_id,customer_id,opened_at,handle_minutes\nk1,007,2025-03-05,12\n",
    "loyalty_events": "event_id,customer_id,occurred_at,event_type,points\nl1,007,2025-03-01,earn,20\n",
    "web_events": "event_id,occurred_at,event_type,product_id\nw1,2025-03-01T09:00:00Z,view,p1\n",
    "surveys": "survey_id,customer_id,surveyed_at,nps\nv1,007,2025-03-20,9\n",
    "fx_rates": "rate_date,currency,rate_to_reporting\n2025-04-03,USD,0.91\n2025-05-02,USD,0.92\n",
    "cost_pools": "month,pool,amount\n2025-03-01,warehouse,400.00\n",
}

ROWS = {table: text.count("\n") - 1 for table, text in FILES.items()}
"""Rows of each table, every one of them accepted."""


def write_good_shop(folder: Path) -> None:
    """Writes the shop's files, one a table, and its settings."""
    assert list(FILES) == list(contract.tables()), "the good shop has every table of the contract"
    folder.mkdir(parents=True)
    for table, text in FILES.items():
        (folder / f"{table}.csv").write_bytes(text.encode())
    (folder / "shop.yml").write_text("".join(f"{name}: {value}\n" for name, value in SETTINGS.items()))
