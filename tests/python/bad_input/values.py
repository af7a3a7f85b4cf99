"""Values: text is kept exactly as it came; a number or a time that is not written as the contract has it is refused."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from bad_input.case import Case, lands
from bad_input.spoiling import append, remove, replace, write

LINES = "order_lines.csv"


def _text(name: str, text: str, written: str | None = None) -> Case:
    """A product of this name is accepted and its name kept; `written` is the field as it stands in the file."""
    return lands(name, append("products.csv", f"p4,{written or text},Light,,,\n"), {"products": {"accepted": 4}},
                 kept={"select product_name from judged_products where product_id = 'p4'": [(text,)]})  # fmt: skip


def _id(name: str, customer_id: str) -> Case:
    """A customer with this id is one of their own."""
    return lands(name, append("customers.csv", f"{customer_id},2025-01-01,,,,,,\n"), {"customers": {"accepted": 4}},
                 kept={"select customer_id from judged_customers order by source_row desc limit 1": [
                 (customer_id,)]})  # fmt: skip


def _told_id(name: str, customer_id: str, reason: str) -> Case:
    """A customer whose number says who they are, which every table would carry."""
    return lands(name, append("customers.csv", f"{customer_id},2025-01-01,,,,,,\n"),
                 {"customers": {"accepted": 3, "quarantined": 1}}, {"customers": (reason,)})  # fmt: skip


def _bad_line(name: str, number: str, quantity: str, price: str, reason: str) -> Case:
    """One more line of an order, which is quarantined."""
    return lands(name, append(LINES, f"0004,{number},p2,{quantity},{price},\n"),
                 {"order_lines": {"accepted": 5, "quarantined": 1}}, {"order_lines": (reason,)})  # fmt: skip


def _good_line(name: str, quantity: str, price: str, kept: tuple[str, str]) -> Case:
    """One more line of an order, which is accepted with exactly this quantity and price."""
    query = "select quantity, unit_price from judged_order_lines where order_id = '0004' and line_number = 2"
    return lands(name, append(LINES, f"0004,2,p2,{quantity},{price},\n"), {"order_lines": {"accepted": 6}},
                 kept={query: [(Decimal(kept[0]), Decimal(kept[1]))]})  # fmt: skip


def _bad_time(name: str, written: str, reason: str = "is no ISO 8601 time like 2026-11-30T18:05:00Z") -> Case:
    """An order of this time is quarantined."""
    return lands(name, append("orders.csv", f"0005,007,{written},paid,EUR,\n"),
                 {"orders": {"accepted": 4, "quarantined": 1}}, {"orders": (reason,)})  # fmt: skip


def _good_time(name: str, written: str, *moment: int) -> Case:
    """An order of this time is accepted, at that moment in UTC."""
    return lands(name, append("orders.csv", f"0005,007,{written},paid,EUR,\n"), {"orders": {"accepted": 5}},
                 kept={"select ordered_at from judged_orders where order_id = '0005'": [
                 (datetime(*moment),)]})  # fmt: skip


def _bad_row(name: str, table: str, row: str, reason: str) -> Case:
    """One more row of a table that has a single one, which is quarantined."""
    return lands(name, append(f"{table}.csv", row), {table: {"accepted": 1, "quarantined": 1}}, {table: (reason,)})


CASES = (
    # text
    _text("emoji", "Lamp 🛋️💡👩‍👩‍👧"),
    _text("text from right to left", "مصباح \u202eLamp\u202c"),
    _text("letters composed and not", "Cafe\u0301 Café"),
    _text("SQL", "Robert'); drop table orders;--", '"Robert\'); drop table orders;--"'),
    _text("a template", "{{ var('shop') }}{% do x %}{#"),
    _text("a page's script", "<script>alert(1)</script>"),
    _text("a spreadsheet's formula", '=HYPERLINK("x","y")', '"=HYPERLINK(""x"",""y"")"'),
    _text("backslashes", "C:\\new\\table\\0"),
    _text("a percent sign and braces", "100 % {0} %s"),
    _text("the word NULL", "NULL"),
    _text("blanks around a value", "  Lamp\t"),
    _text("a hundred thousand letters", "ä" * 100_000),
    lands("Latin-1", append("products.csv", "p4,Glühbirne,Light,,,\n".encode("latin-1")),
          {"products": {"accepted": 3, "quarantined": 1}}, {"products": ("product_name: no valid UTF-8 text",)}),
    lands("bytes that are no text in an id", append("products.csv", b"p\xff,Bulb,Light,,,\n"),
          {"products": {"accepted": 3, "quarantined": 1}}, {"products": ("product_id: no valid UTF-8 text",)}),
    lands("a NUL byte in a text", append("products.csv", b"p4,Bu\0lb,Light,,,\n"),
          {"products": {"accepted": 3, "quarantined": 1}}, {"products": ("product_name: holds a NUL",)}),
    lands("a NUL byte in an id", append("products.csv", b"p\0,Bulb,Light,,,\n"),
          {"products": {"accepted": 3, "quarantined": 1}}, {"products": ("product_id: holds a NUL",)}),
    # ids
    _id("an id with leading zeros", "0000000000000000007"),
    _id("the same id without them", "7"),
    _id("an id with a blank at its end", "007 "),
    _id("an id with a letter that looks the same", "оо7"),
    _id("an id like a number in exponent form", "1E5"),
    _id("an id of four thousand letters", "x" * 4000),
    _id("an id with a plus", "+7"),
    _told_id("an id that is an e-mail address", "ann@example.org", "customer_id is an e-mail address"),
    _told_id("an id that is a telephone number", "+49 351 123456", "customer_id is a telephone number"),
    # numbers
    _bad_line("a decimal comma, quoted", "2", "1", '"9,99"', "unit_price: '9,99' is no decimal with at most 4 places"),
    _bad_line("a decimal comma", "2", "1", "9,99", "row: 7 fields where the header has 6"),
    _bad_line("a comma for thousands", "2", "1", '"1,000.00"', "unit_price: '1,000.00' is no decimal"),
    _bad_line("a point for thousands", "2", "1", "1.000.00", "unit_price: '1.000.00' is no decimal"),
    _bad_line("a sign of a currency", "2", "1", "€9.99", "unit_price: '€9.99' is no decimal"),
    _bad_line("a blank beside a number", "2", "1", " 9.99", "unit_price: '9.99' is no decimal"),
    _bad_line("a fifth decimal place", "2", "1", "9.99999", "unit_price: '9.99999' is no decimal"),
    _bad_line("a number in exponent form", "2", "1", "1e3", "unit_price: '1e3' is no decimal"),
    _bad_line("a number in hexadecimal", "2", "1", "0x1F", "unit_price: '0x1F' is no decimal"),
    _bad_line("NaN", "2", "1", "NaN", "unit_price: 'NaN' is no decimal"),
    _bad_line("infinity", "2", "1", "Infinity", "unit_price: 'Infinity' is no decimal"),
    _bad_line("less than infinity", "2", "-inf", "1", "quantity: '-inf' is no decimal"),
    _bad_line("digits of another script", "2", "1", "٩٫٩٩", "unit_price: '٩٫٩٩' is no decimal"),
    _bad_line("a typographic minus", "2", "1", "−5", "unit_price: '−5' is no decimal"),
    _bad_line("a word for a number", "2", "two", "9.99", "quantity: 'two' is no decimal"),
    _bad_line("NULL for a number", "2", "1", "NULL", "unit_price: 'NULL' is no decimal"),
    _bad_line("a required number is missing", "2", "", "9.99", "quantity is missing"),
    _bad_line("a whole number with a point", "2.0", "1", "9.99",
          "line_number: '2.0' is no whole number within 32 bits"),
    _bad_line("a whole number that overflows", "2147483648", "1", "9.99",
          "line_number: '2147483648' is no whole number"),
    _bad_line("a decimal that overflows", "2", "1", "10000000000000000",
          "unit_price: '10000000000000000' is no decimal"),
    _bad_line("a decimal that overflows everything", "2", "1", "9" * 400, "unit_price: '" + "9" * 60),
    _bad_line("a quantity that overflows", "2", "1000000000", "1", "quantity: '1000000000' is no decimal"),
    _bad_line("an amount that overflows", "2", "999999999.999", "9999999999999999.9999", "quantity * unit_price"),
    _bad_line("an amount one too large", "2", "1000", "1000000000", "quantity * unit_price"),
    _bad_line("a negative quantity", "2", "-1", "9.99", "quantity is below 0"),
    _bad_line("a negative price", "2", "1", "-9.99", "unit_price is below 0"),
    _bad_line("a negative number of a line", "-1", "1", "9.99", "line_number is below 0"),
    _good_line("a price of zero is a gift", "1", "0", ("1", "0")),
    _good_line("a quantity of zero", "0", "9.99", ("0", "9.99")),
    _good_line("the largest amount", "999.999", "999999999.9999", ("999.999", "999999999.9999")),
    _good_line("signs, zeros and no digit before the point", "+001.500", ".50000000000000000000", ("1.5", "0.5")),
    _bad_row("a cost that no mart could hold", "cost_pools", "2025-04-01,warehouse,1000000000000\n",
             "amount has more than 12 digits before the point"),
    lands("the largest cost that a mart holds", append("cost_pools.csv", "2025-04-01,warehouse,999999999999.9999\n"),
          {"cost_pools": {"accepted": 2}},
          kept={"select max(amount) from judged_cost_pools": [(Decimal("999999999999.9999"),)]}),
    _bad_row("a negative cost", "cost_pools", "2025-04-01,warehouse,-400.00\n", "amount is below 0"),
    _bad_row("11 of 10", "surveys", "v2,008,2025-03-21,11\n", "nps is above 10"),
    lands("6 of 5", replace("surveys.csv", "nps\nv1,007,2025-03-20,9", "satisfaction\nv1,007,2025-03-20,6"),
          {"surveys": {"quarantined": 1}}, {"surveys": ("satisfaction is above 5",)}),
    _bad_row("a word that the contract does not know", "loyalty_events", "l2,007,2025-03-02,earned,20\n",
          "event_type is none of earn, redeem, expire"),
    # times
    _good_time("a date like 2025-07-01", "2025-07-01", 2025, 7, 1),
    _bad_time("a date like 01.07.2025", "01.07.2025", "ordered_at: '01.07.2025' is no ISO 8601 time"),
    _bad_time("a date like 7/1/2025", "7/1/2025", "ordered_at: '7/1/2025' is no ISO 8601 time"),
    _bad_time("a date like 20250701", "20250701", "ordered_at: '20250701' is no ISO 8601 time"),
    _bad_time("a date like 1 July 2025", "1 July 2025", "ordered_at: '1 July 2025' is no ISO 8601 time"),
    _bad_time("a date like 25-07-01", "25-07-01"),
    _bad_time("seconds since 1970", "1751328000"),
    _bad_time("days since 1900, a spreadsheet's", "45839"),
    _bad_time("a day that is not in the calendar", "2025-02-30"),
    _bad_time("a time of 24:00", "2025-07-01T24:00:00Z"),
    _bad_time("a leap second", "2016-12-31T23:59:60Z"),
    _bad_time("an offset that is not on Earth", "2025-07-01T10:00:00+99:00"),
    _bad_time("the name of a zone", "2025-07-01T10:00:00 Europe/Berlin"),
    _bad_time("the year 10000", "10000-01-01T00:00:00Z"),
    _bad_time("zeros for no date", "0000-00-00 00:00:00"),
    _bad_time("a time is missing", "", "ordered_at is missing"),
    _bad_time("the year 1900", "1900-01-01", "ordered_at is before the shop opened"),
    _bad_time("the day before the shop opened", "2019-12-31T23:59:59Z", "ordered_at is before the shop opened"),
    _bad_time("the day after the load", "2026-01-16T12:00:00Z", "ordered_at is after the load"),
    _bad_time("the year 9999", "9999-12-31", "ordered_at is after the load"),
    # In Berlin, clocks go from 2:00 to 3:00 on 30 March 2025, and from 3:00 to 2:00 on 26 October.
    _good_time("a time that Berlin skips, in UTC", "2025-03-30T02:30:00", 2025, 3, 30, 2, 30),
    _good_time("a time that Berlin skips, with an offset", "2025-03-30T02:30:00+01:00", 2025, 3, 30, 1, 30),
    _good_time("a time that Berlin has twice, the first", "2025-10-26T02:30:00+02:00", 2025, 10, 26, 0, 30),
    _good_time("a time that Berlin has twice, the second", "2025-10-26T02:30:00+01:00", 2025, 10, 26, 1, 30),
    _good_time("a time to the nanosecond", "2025-07-01T10:00:00.123456789Z", 2025, 7, 1, 10, 0, 0, 123456),
    lands("born in 1900", append("customers.csv", "010,2025-01-01,,1900-02-28,,,,\n"), {"customers": {"accepted": 4}},
          kept={"select cast(birth_date as string) from judged_customers where customer_id = '010'": [
          ("1900-02-28",)]}),
    lands("a birth date of another form is not told", append("customers.csv", "010,2025-01-01,,28.02.1990,,,,\n"),
          {"customers": {"accepted": 3, "quarantined": 1}}, {"customers": ("birth_date: the value is no date",)}),
    _bad_row("a month that is no month's first day", "cost_pools", "2025-03-02,warehouse,1\n",
          "month is not the first day of one"),
    _bad_row("a month before the shop opened", "cost_pools", "0202-05-01,warehouse,1\n",
          "month is before the shop opened"),
    # words and currencies
    lands("a status that the contract does not know", append("orders.csv", "0005,007,2025-07-01,shiped,EUR,\n"),
          {"orders": {"accepted": 4, "quarantined": 1}}, {"orders": ("status is none of placed, paid, shipped",)}),
    lands("a status in capitals", append("orders.csv", "0005,007,2025-07-01,Paid,EUR,\n"),
          {"orders": {"accepted": 4, "quarantined": 1}}, {"orders": ("status is none of placed, paid, shipped",)}),
    lands("a yes in another language", replace("surveys.csv", "nps\nv1,007,2025-03-20,9",
          "is_deleted\nv1,007,2025-03-20,ja"),
          {"surveys": {"quarantined": 1}}, {"surveys": ("is_deleted: 'ja' is no true, false, yes, no, 1 or 0",)}),
    lands("a currency without a rate", append("orders.csv", "0005,007,2025-07-01,paid,GBP,\n"),
          {"orders": {"accepted": 4, "quarantined": 1}}, {"orders": ("no rate of its currency within 7 days",)}),
    lands("a currency whose rate is eight days old", append("orders.csv", "0005,007,2025-05-10,paid,USD,\n"),
          {"orders": {"accepted": 4, "quarantined": 1}}, {"orders": ("no rate of its currency within 7 days",)}),
    lands("a currency in small letters", append("orders.csv", "0005,007,2025-07-01,paid,eur,\n"),
          {"orders": {"accepted": 4, "quarantined": 1}}, {"orders": ("no rate of its currency within 7 days",)}),
    lands("a rate of zero", append("fx_rates.csv", "2025-06-30,USD,0\n"),
          {"fx_rates": {"accepted": 2, "quarantined": 1}}, {"fx_rates": ("rate_to_reporting is below 0.00000001",)}),
    lands("no rates at all", remove("fx_rates.csv"),
          {"fx_rates": {}, "orders": {"accepted": 3, "quarantined": 1}, "order_lines": {"accepted": 4,
          "quarantined": 1},
           "products": {"accepted": 2, "quarantined": 1}, "shipments": {"quarantined": 1}},
          {"orders": ("no rate of its currency within 7 days",), "order_lines": ("its order has not been seen",),
           "products": ("no rate of its currency at all",), "shipments": ("no rate of its currency within 7 days",)}),
    lands("everything of a table unreadable", write(LINES, "order_id,line_number,product_id,quantity,unit_price\n"
          + "".join(f"0001,{number},p1,2,ten\n" for number in range(4))),
          {"order_lines": {"quarantined": 4}, "refunds": {"quarantined": 1}},
          {"order_lines": ("unit_price: 'ten' is no decimal",), "refunds": ("its line has not been seen",)}),
)  # fmt: skip
