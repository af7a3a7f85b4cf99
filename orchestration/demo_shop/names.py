"""Invented people: names and places. Addresses are all at example.com, which belongs to nobody."""

from __future__ import annotations

from orchestration.demo_shop.market import COUNTRY_CODES

FIRST_NAMES = (
    ("Anna", "f"),
    ("Jonas", "m"),
    ("Mia", "f"),
    ("Paul", "m"),
    ("Lena", "f"),
    ("Felix", "m"),
    ("Clara", "f"),
    ("Emil", "m"),
    ("Hannah", "f"),
    ("Lukas", "m"),
    ("Marie", "f"),
    ("Oskar", "m"),
    ("Sophie", "f"),
    ("Anton", "m"),
    ("Ida", "f"),
    ("Theo", "m"),
    ("Katharina", "f"),
    ("Sebastian", "m"),
    ("Julia", "f"),
    ("Martin", "m"),
    ("Birgit", "f"),
    ("Wolfgang", "m"),
    ("Petra", "f"),
    ("Andreas", "m"),
    ("Aylin", "f"),
    ("Emre", "m"),
    ("Zofia", "f"),
    ("Jakub", "m"),
    ("Giulia", "f"),
    ("Matteo", "m"),
    ("Femke", "f"),
    ("Daan", "m"),
    ("Sanne", "f"),
    ("Bram", "m"),
    ("Olivia", "f"),
    ("Harry", "m"),
    ("Amelia", "f"),
    ("George", "m"),
    ("Jürgen", "m"),
    ("Käthe", "f"),
    ("Noël", "m"),
    ("Zoë", "f"),
    ("Robin", "x"),
    ("Alex", "x"),
)
LAST_NAMES = (
    "Ahrens",
    "Bauer",
    "Becker",
    "Brandt",
    "Busch",
    "Dietrich",
    "Engel",
    "Fischer",
    "Frank",
    "Friedrich",
    "Graf",
    "Günther",
    "Haas",
    "Hartmann",
    "Heinrich",
    "Hoffmann",
    "Horn",
    "Huber",
    "Jäger",
    "Jansen",
    "Keller",
    "Klein",
    "Koch",
    "König",
    "Kraus",
    "Krüger",
    "Kuhn",
    "Lang",
    "Lehmann",
    "Lorenz",
    "Maier",
    "Möller",
    "Neumann",
    "Otto",
    "Peters",
    "Pohl",
    "Richter",
    "Roth",
    "Sauer",
    "Schäfer",
    "Schubert",
    "Seidel",
    "Simon",
    "Sommer",
    "Stein",
    "Thomas",
    "Vogel",
    "Vogt",
    "Wagner",
    "Weber",
    "Winkler",
    "Winter",
    "Wolf",
    "Ziegler",
    "Yılmaz",
    "Kowalska",
    "Rossi",
    "de Vries",
    "van Dijk",
    "Bakker",
    "Smith",
    "Taylor",
    "O'Brien",
    "Évrard",
    "Lindqvist",
    "Novak",
    "Steiner",
    "Gruber",
    "Hofer",
    "Zbinden",
    "Meierhans",
)
_PLACES = """
DE|Berlin|Berlin|12
DE|Hamburg|Hamburg|8
DE|Bavaria|Munich|9
DE|Bavaria|Nuremberg|3
DE|Bavaria|Augsburg|2
DE|North Rhine-Westphalia|Cologne|7
DE|North Rhine-Westphalia|Düsseldorf|4
DE|North Rhine-Westphalia|Münster|3
DE|North Rhine-Westphalia|Bonn|3
DE|Hesse|Frankfurt|5
DE|Baden-Württemberg|Stuttgart|5
DE|Baden-Württemberg|Freiburg|3
DE|Saxony|Leipzig|4
DE|Saxony|Dresden|3
DE|Lower Saxony|Hanover|4
DE|Bremen|Bremen|3
AT|Vienna|Vienna|10
AT|Styria|Graz|4
AT|Salzburg|Salzburg|2
AT|Tyrol|Innsbruck|2
NL|North Holland|Amsterdam|8
NL|Utrecht|Utrecht|4
NL|South Holland|Rotterdam|5
CH|Zürich|Zürich|8
CH|Bern|Bern|4
CH|Basel-Stadt|Basel|3
CH|Geneva|Genève|2
GB|England|London|9
GB|England|Bristol|3
GB|Scotland|Edinburgh|3
"""
PLACES = tuple(tuple(line.split("|")) for line in _PLACES.strip().splitlines())
"""(country, region, city, weight)"""

INCOME_BANDS = ("under 20k", "20k-40k", "40k-60k", "60k-100k", "over 100k")
INCOME_SHARES = (0.10, 0.30, 0.30, 0.22, 0.08)
EDUCATIONS = ("school", "vocational", "bachelor", "master", "doctorate")
EDUCATION_SHARES = (0.12, 0.34, 0.25, 0.24, 0.05)

_ASCII = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "ë": "e",
        "é": "e",
        "É": "E",
        "ı": "i",
        " ": "",
        "'": "",
    }
)


def mail_part(name: str) -> str:
    """A name as it stands in an e-mail address."""
    return name.translate(_ASCII).lower()


def places_of(country: int) -> list[int]:
    """The places, by their index, that lie in a country."""
    return [index for index, place in enumerate(PLACES) if place[0] == COUNTRY_CODES[country]]
