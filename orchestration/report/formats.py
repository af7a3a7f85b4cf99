"""How numbers, money and dates are written: one place, for the sentences, the tables and the charts alike."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel import Locale
from babel.numbers import format_decimal, get_currency_symbol

from orchestration.report.texts import Texts

MINUS = "\u2212"
NO_VALUE = "\u2013"
THIN_GAP = "\u00a0"

WITHOUT_CENTS = {"JPY", "KRW", "VND", "CLP", "ISK"}


class Formats:
    """Writes values for one language, one locale and one reporting currency.

    Words (months, thousand, million) are those of the language; marks (decimal sign, grouping, on which side the
    currency stands) are those of `locale`, such as de_DE, and without one those of the language.
    """

    def __init__(self, texts: Texts, currency: str, locale: str | None = None) -> None:
        self.texts = texts
        self.currency = currency
        self.cents = 0 if currency in WITHOUT_CENTS else 2
        marks = Locale.parse((locale or texts.raw("numbers.locale")).replace("-", "_"))
        self._locale = marks
        self._pattern = str(marks.decimal_formats[None].pattern).split(";")[0].partition(".")[0]
        standard = str(marks.currency_formats["standard"].pattern)
        self._is_behind = standard.index("¤") > standard.index("0")
        symbol = get_currency_symbol(currency, marks) if currency else ""
        # A code, as CHF, is not to be read as one word with its number.
        self.symbol = symbol + THIN_GAP if symbol[-1:].isalpha() and not self._is_behind else symbol
        percent = str(marks.percent_formats[None].pattern)
        self._percent_gap = THIN_GAP if not percent.endswith("0%") and percent.endswith("%") else ""
        self._scales = [
            (Decimal(scale["from"]), Decimal(scale["divisor"]), scale["suffix"])
            for scale in texts.raw("numbers.scales")
        ]

    def number(self, value: Decimal | int | None, decimals: int = 0) -> str:
        """With thousands separated: 12,345 or −1.50; a dash for null."""
        if value is None:
            return NO_VALUE
        rounded = _rounded(Decimal(value), decimals)
        pattern = f"{self._pattern}.{'0' * decimals}" if decimals else self._pattern
        text = format_decimal(abs(rounded), pattern, self._locale)
        return (MINUS if rounded < 0 else "") + text

    def money(self, value: Decimal | None) -> str:
        """Short, three to four digits: €12.34, €1,234, €12.3k, €1.23M; a dash for null."""
        if value is None:
            return NO_VALUE
        sign = MINUS if value < 0 else ""
        size = abs(value)
        divisor, suffix = self._scale(size)
        scaled = size / divisor
        if suffix:
            decimals = 2 if _rounded(scaled, 2) < 10 else 1 if _rounded(scaled, 1) < 100 else 0
        else:
            decimals = self.cents if _rounded(scaled, self.cents) < 100 and size != size.to_integral_value() else 0
        if _rounded(scaled, decimals) == 0:
            sign = ""
        return sign + self._with_symbol(self.number(_rounded(scaled, decimals), decimals) + suffix)

    def tick(self, value: float) -> str:
        """Money at an axis: round, so without zeros that say nothing: €50k, −€2.5M."""
        return (MINUS if value < 0 else "") + self._with_symbol(self._round_tick(value))

    def count_tick(self, value: float) -> str:
        """A number at an axis: 1,500, 20k."""
        return (MINUS if value < 0 else "") + self._round_tick(value)

    def exact(self, value: Decimal | None) -> str:
        """Money to the cent, without the currency: for tables, whose heads name it."""
        return self.number(value, self.cents)

    def share(self, value: Decimal | float | None) -> str:
        """A share 0–1 in percent, whole from 1% to 99%, else so that nothing reads as none and almost all as all."""
        if value is None:
            return NO_VALUE
        percent = Decimal(str(value)) * 100
        size = abs(percent)
        sign = MINUS if percent < 0 else ""
        if size == 0 or (size - size.to_integral_value() == 0):
            text = self.number(size)
        elif size < Decimal("0.1"):
            side = "numbers.above" if sign else "numbers.below"
            return self.texts.say(side, percent=self._percent(sign + self.number(Decimal("0.1"), 1)))
        elif size < 1:
            text = self.number(size, 1)
        elif Decimal(99) < size < 100:
            text = self.number(min(size, Decimal("99.9")), 1)
        else:
            text = self.number(size)
        return self._percent(sign + text)

    def change(self, value: Decimal) -> str:
        """A relative change with its sign: +4.1%, −12%."""
        percent = _rounded(value * 100, 1 if abs(value) < Decimal("0.1") else 0)
        decimals = max(0, -int(percent.as_tuple().exponent))
        return self._percent(("+" if percent > 0 else "") + self.number(percent, decimals))

    def day(self, value: date | None) -> str:
        """31 December 2025; a dash for null."""
        if value is None:
            return NO_VALUE
        month = self.texts.raw("dates.months")[value.month - 1]
        return self.texts.say("dates.day", day=value.day, month=month, number=f"{value.month:02d}", year=value.year)

    def month(self, value: date) -> str:
        """December 2025."""
        month = self.texts.raw("dates.months")[value.month - 1]
        return self.texts.say("dates.month", month=month, number=f"{value.month:02d}", year=value.year)

    def months(self, begin: date, end: date) -> str:
        """January 2024 to December 2025, or one month alone."""
        if (begin.year, begin.month) == (end.year, end.month):
            return self.month(begin)
        return self.texts.say("dates.span", begin=self.month(begin), end=self.month(end))

    def name(self, value: str | None) -> str:
        """A value of a column as words: paid_search reads paid search."""
        return NO_VALUE if value is None else value.replace("_", " ")

    def called(self, key: str, value: str | None) -> str:
        """A value of the settings by the word that the texts have for it under `key`; a shop's own as it is."""
        words = self.texts.raw(key).get(value)
        return self.name(value) if words is None else str(words)

    def _round_tick(self, value: float) -> str:
        size = abs(Decimal(str(value)))
        divisor, suffix = self._scale(size)
        scaled = (size / divisor).normalize()
        decimals = max(0, -int(scaled.as_tuple().exponent)) if scaled else 0
        return self.number(scaled, min(decimals, 4)) + suffix

    def _scale(self, size: Decimal) -> tuple[Decimal, str]:
        """What an amount is divided by, and the sign of that."""
        divisor, suffix = Decimal(1), ""
        for begin, scale_divisor, scale_suffix in self._scales:
            # The limit is met by what will be read: 999,999 is €1.00M, not €1,000k.
            if _read_as(size, self._scales[0][0]) >= begin:
                divisor, suffix = scale_divisor, scale_suffix
        return divisor, suffix

    def _with_symbol(self, text: str) -> str:
        if self._is_behind:
            return f"{text}{THIN_GAP}{self.symbol}" if self.symbol else text
        return f"{self.symbol}{text}"

    def _percent(self, text: str) -> str:
        return f"{text}{self._percent_gap}%"


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _read_as(size: Decimal, first_scale: Decimal) -> Decimal:
    """An amount as it will be read: whole below the first scale, three digits from there on."""
    if size < first_scale:
        return _rounded(size, 0)
    return _rounded(size, 2 - size.adjusted())
