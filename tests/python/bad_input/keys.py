"""Rows that contradict, repeat, wait for or lead round to other rows."""

from __future__ import annotations

from bad_input.case import lands
from bad_input.spoiling import append, both, nothing, replace, write

NO_ORDER = "its order has not been seen"
CONTRADICTS = "contradicts another row of the same key in the same load"
CIRCLE = "its merges go round in a circle"
REFERRALS = "its referrals go round in a circle"
CUSTOMERS = "customers.csv"


def _customer(customer_id: str, referred_by: str = "", merged_into: str = "") -> str:
    return f"{customer_id},2025-01-01,,,,{referred_by},{merged_into},\n"


CASES = (
    # keys
    lands("a row twice", append("orders.csv", "0003,008,2025-05-03,paid,USD,\n"), {"orders": {"accepted": 4,
          "duplicate": 1}}),
    lands("a row three times, in two files", both(append("surveys.csv", "v1,007,2025-03-20,9\n"),
          write("surveys-2.csv", "nps,survey_id,customer_id,surveyed_at\n9,v1,007,2025-03-20\n")),
          {"surveys": {"accepted": 1, "duplicate": 2}}),
    lands("two rows of one key that differ", append("surveys.csv", "v1,007,2025-03-20,3\n"),
          {"surveys": {"quarantined": 2}}, {"surveys": (CONTRADICTS,)}),
    lands("two rows of one key that differ, and a copy", append("surveys.csv",
          "v1,007,2025-03-20,3\nv1,007,2025-03-20,3\n"),
          {"surveys": {"quarantined": 2, "duplicate": 1}}, {"surveys": (CONTRADICTS,)}),
    lands("two versions that updated_at tells apart", write("surveys.csv",
          "survey_id,customer_id,surveyed_at,nps,updated_at\n"
          "v1,007,2025-03-20,9,2025-04-02\nv1,007,2025-03-20,3,2025-04-01\n"), {"surveys": {"accepted": 1,
          "superseded": 1}},
          kept={"select nps from judged_surveys where fate = 'accepted'": [(9,)]}),
    lands("a correction on a second night", nothing, {"surveys": {"accepted": 1, "superseded": 1}},
          then=write("surveys.csv", "survey_id,customer_id,surveyed_at,nps\nv1,007,2025-03-20,3\n"),
          kept={"select nps from judged_surveys where fate = 'accepted'": [(3,)]}),
    lands("a correction that is broken takes no good row's place", nothing, {"surveys": {"accepted": 1,
          "quarantined": 1}},
          {"surveys": ("nps: 'three' is no whole number",)},
          then=write("surveys.csv", "survey_id,customer_id,surveyed_at,nps\nv1,007,2025-03-20,three\n"),
          kept={"select nps from judged_surveys where fate = 'accepted'": [(9,)]}),
    lands("a broken row that is corrected on a second night", replace("surveys.csv", ",9\n", ",three\n"),
          {"surveys": {"accepted": 1, "superseded": 1}}, then=replace("surveys.csv", "three", "3")),
    lands("a withdrawn row", nothing, {"surveys": {"superseded": 2}},
          then=write("surveys.csv", "survey_id,customer_id,surveyed_at,is_deleted\nv1,007,2025-03-20,yes\n")),
    lands("a key is missing", append("surveys.csv", ",007,2025-03-20,9\n,007,2025-03-20,9\n"),
          {"surveys": {"accepted": 1, "quarantined": 2}}, {"surveys": ("survey_id is missing",)}),
    lands("keys that differ by a blank and by case", append("surveys.csv",
          "V1,007,2025-03-20,9\nv1 ,007,2025-03-20,9\n"),
          {"surveys": {"accepted": 3}}),
    # orphans
    lands("a line without its order", append("order_lines.csv", "0009,1,p1,1,9.99,\n"),
          {"order_lines": {"accepted": 5, "quarantined": 1}}, {"order_lines": (NO_ORDER,)}),
    lands("a line of an order that is refused", both(append("orders.csv", "0005,007,2099-01-01,paid,EUR,\n"),
          append("order_lines.csv", "0005,1,p1,1,9.99,\n")),
          {"orders": {"accepted": 4, "quarantined": 1}, "order_lines": {"accepted": 5, "quarantined": 1}},
          {"orders": ("ordered_at is after the load",), "order_lines": (NO_ORDER,)}),
    lands("a line whose order comes a night later", append("order_lines.csv", "0005,1,p1,1,9.99,\n"),
          {"orders": {"accepted": 5}, "order_lines": {"accepted": 6}},
          then=write("orders-2.csv", "order_id,ordered_at\n0005,2025-07-01\n")),
    lands("a refund without its order", append("refunds.csv", "r2,0009,1,2025-03-10,1,5.00\n"),
          {"refunds": {"accepted": 1, "quarantined": 1}}, {"refunds": (NO_ORDER,)}),
    lands("a refund without its line", append("refunds.csv", "r2,0001,9,2025-03-10,1,5.00\n"),
          {"refunds": {"accepted": 1, "quarantined": 1}}, {"refunds": ("its line has not been seen",)}),
    lands("a refund larger than what was paid", append("refunds.csv", "r2,0004,1,2025-07-10,1,20.01\n"),
          {"refunds": {"accepted": 1, "quarantined": 1}}, {"refunds": ("gives back more than was paid",)}),
    lands("refunds that add up to more than was paid", append("refunds.csv",
          "r2,0001,1,2025-03-10,1,9.99\nr3,0001,1,2025-03-11,0,0.01\n"),
          {"refunds": {"accepted": 2, "quarantined": 1}}, {"refunds": ("with the earlier ones it gives back more",)}),
    lands("a refund of more than was bought", append("refunds.csv", "r2,0004,1,2025-07-10,5,1.00\n"),
          {"refunds": {"accepted": 1, "quarantined": 1}}, {"refunds": ("returns more than was bought",)}),
    lands("a refund in another currency", write("refunds.csv", "refund_id,order_id,refunded_at,refund_amount,currency\n"
          "r1,0001,2025-03-09,9.99,USD\n"), {"refunds": {"quarantined": 1}},
          {"refunds": ("its currency is not that of its order",)}),
    lands("a payment without its order", append("payments.csv", "y3,0009,card,5.00,2025-03-01,paid\n"),
          {"payments": {"accepted": 2, "quarantined": 1}}, {"payments": (NO_ORDER,)}),
    lands("a shipment without its order", append("shipments.csv", "s2,0009,2025-04-03,4.90,USD\n"),
          {"shipments": {"accepted": 1, "quarantined": 1}}, {"shipments": (NO_ORDER,)}),
    lands("a line of a product that nobody knows", append("order_lines.csv", "0004,2,p9,1,9.99,\n"),
          {"order_lines": {"accepted": 6}}),
    lands("an order of a customer whom nobody knows", append("orders.csv", "0005,999,2025-07-01,paid,EUR,\n"),
          {"orders": {"accepted": 5}}),
    lands("a referral by a customer whom nobody knows", append(CUSTOMERS, _customer("010", referred_by="999")),
          {"customers": {"accepted": 4}}),
    lands("no order of any line", write("orders.csv", "order_id,ordered_at\n0009,2025-01-01\n"),
          {"orders": {"accepted": 1}, "order_lines": {"quarantined": 5}, "refunds": {"quarantined": 1},
           "payments": {"quarantined": 2}, "shipments": {"quarantined": 1}},
          dict.fromkeys(("order_lines", "refunds", "payments", "shipments"), (NO_ORDER,))),
    # circles
    lands("two accounts merged into each other", append(CUSTOMERS, _customer("010",
          merged_into="011") + _customer("011", merged_into="010")),
          {"customers": {"accepted": 3, "quarantined": 2}}, {"customers": (CIRCLE,)}),
    lands("an account merged into itself", append(CUSTOMERS, _customer("010", merged_into="010")),
          {"customers": {"accepted": 3, "quarantined": 1}}, {"customers": (CIRCLE,)}),
    lands("three accounts in a circle, and one that leads into it", append(CUSTOMERS, _customer("010",
          merged_into="011")
          + _customer("011", merged_into="012") + _customer("012", merged_into="010") + _customer("013",
          merged_into="010")),
          {"customers": {"accepted": 3, "quarantined": 4}}, {"customers": (CIRCLE,)}),
    lands("an account merged along a chain", append(CUSTOMERS, _customer("010", merged_into="009")),
          {"customers": {"accepted": 4}}),
    lands("two customers who referred each other", append(CUSTOMERS, _customer("010",
          referred_by="011") + _customer("011", referred_by="010")),
          {"customers": {"accepted": 3, "quarantined": 2}}, {"customers": (REFERRALS,)}),
    lands("customers who referred each other in a circle", append(CUSTOMERS, _customer("010", referred_by="011")
          + _customer("011", referred_by="012") + _customer("012", referred_by="010")),
          {"customers": {"accepted": 3, "quarantined": 3}}, {"customers": (REFERRALS,)}),
    lands("a circle of merges that is mended on a second night", append(CUSTOMERS, _customer("010", merged_into="011")
          + _customer("011", merged_into="010")), {"customers": {"accepted": 5, "superseded": 1}},
          then=write("customers-2.csv", "customer_id,created_at\n011,2025-01-01\n")),
)  # fmt: skip
