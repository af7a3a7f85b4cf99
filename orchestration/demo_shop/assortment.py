"""The assortment of the demo shop, as a list that is read: a roastery that also sells what belongs to good coffee."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """One product: list price in euros before tax, cost as a share of it, popularity as a weight."""

    category: str
    subcategory: str
    name: str
    price: float
    cost_share: float
    popularity: float
    is_food: bool = False
    is_heavy: bool = False
    by_weight: bool = False
    is_new: bool = False
    """Launched while the shop was running."""


_SINGLE_ORIGINS = (
    ("Ethiopia Yirgacheffe", 10.90, 9),
    ("Ethiopia Sidamo Natural", 11.40, 6),
    ("Kenya Nyeri AA", 12.90, 5),
    ("Colombia Huila", 10.40, 9),
    ("Guatemala Antigua", 10.90, 6),
    ("Costa Rica Tarrazú", 11.90, 4),
    ("Brazil Cerrado", 8.90, 12),
    ("Peru Cajamarca Organic", 10.20, 6),
    ("Honduras Marcala", 9.60, 5),
    ("Sumatra Mandheling", 11.60, 4),
    ("India Monsooned Malabar", 9.90, 4),
    ("Rwanda Lake Kivu", 12.40, 3),
)
_NEW_ORIGINS = (("Panama Boquete Geisha", 24.90, 1.5), ("Burundi Kayanza", 12.60, 3), ("Yemen Haraaz", 19.90, 1.2))
_BLENDS = (
    ("House Espresso", 8.40, 22),
    ("Espresso Milano", 8.90, 16),
    ("Espresso Napoli Dark", 8.70, 12),
    ("Breakfast Filter", 7.90, 14),
    ("Organic Crema", 9.40, 11),
    ("Decaf Swiss Water", 10.20, 6),
)
_OTHERS = """
Tea|Black tea|Assam Second Flush 100 g|6.90|0.40|4|f
Tea|Black tea|Darjeeling First Flush 100 g|11.90|0.42|2.5|f
Tea|Black tea|Earl Grey 100 g|5.90|0.38|4|f
Tea|Green tea|Sencha 100 g|7.90|0.40|3.5|f
Tea|Green tea|Genmaicha 100 g|7.40|0.40|2|f
Tea|Green tea|Ceremonial Matcha 30 g|21.90|0.48|1.8|fn
Tea|Herbal tea|Mountain Herbs 80 g|5.40|0.35|3|f
Tea|Herbal tea|Ginger and Lemon 100 g|5.60|0.35|3|f
Tea|Herbal tea|Rooibos Vanilla 100 g|5.20|0.35|2.5|f
Pantry|Chocolate|Drinking Chocolate 70% 300 g|9.20|0.46|5|f
Pantry|Chocolate|Cocoa Nibs Bar 80 g|3.90|0.48|6|f
Pantry|Biscuits|Cantuccini 200 g|4.60|0.50|6|f
Pantry|Biscuits|Oat Biscuits 250 g|4.20|0.48|4|f
Pantry|Syrups|Caramel Syrup 500 ml|6.90|0.42|3|f
Pantry|Syrups|Hazelnut Syrup 500 ml|6.90|0.42|2.5|f
Pantry|Syrups|Oat Barista Drink 6 x 1 l|14.90|0.68|4|fhn
Green coffee|Green coffee|Green Santos, per kilo|9.90|0.60|0.6|fw
Green coffee|Green coffee|Green Sidamo, per kilo|12.90|0.61|0.5|fw
Green coffee|Green coffee|Green Huila, per kilo|11.90|0.60|0.4|fw
Machines|Espresso machines|Aurelia Compact Espresso Machine|249.00|0.66|1.6|h
Machines|Espresso machines|Aurelia Duo Dual Boiler|899.00|0.70|0.5|h
Machines|Espresso machines|Brunetti Classic Lever|649.00|0.69|0.4|h
Machines|Espresso machines|Brunetti Pro E61|1290.00|0.71|0.25|h
Machines|Espresso machines|Kantine Office Fully Automatic|1090.00|0.70|0.2|hn
Machines|Filter machines|Nordlys Filter Machine|139.00|0.64|1.5|h
Machines|Filter machines|Nordlys Thermo Filter Machine|199.00|0.65|0.9|h
Machines|Filter machines|Precision Brewer|279.00|0.66|0.4|hn
Grinders|Hand grinders|Wanderer Hand Grinder|49.00|0.55|2.2|
Grinders|Hand grinders|Wanderer Steel Hand Grinder|99.00|0.58|1.2|
Grinders|Hand grinders|Kompass 48 Hand Grinder|179.00|0.62|0.5|n
Grinders|Electric grinders|Malve Filter Grinder|119.00|0.63|1.4|h
Grinders|Electric grinders|Malve Espresso Grinder|239.00|0.65|0.9|h
Grinders|Electric grinders|Silo 64 Single Dose Grinder|449.00|0.68|0.4|hn
Brewing|Pour over|Ceramic Dripper 02|22.90|0.44|4|
Brewing|Pour over|Glass Carafe 600 ml|27.90|0.45|2.5|
Brewing|Pour over|Wooden Neck Brewer 6 cups|42.90|0.48|2|
Brewing|Pour over|Filter Papers 02, 100 pieces|5.90|0.40|14|
Brewing|Pour over|Square Filter Papers, 100 pieces|8.90|0.42|6|
Brewing|Immersion|French Press 350 ml|24.90|0.45|2.5|
Brewing|Immersion|French Press 1 l|34.90|0.46|2.2|
Brewing|Immersion|Travel Press|36.90|0.48|2.2|
Brewing|Immersion|Cold Brew Bottle 750 ml|19.90|0.44|2|n
Brewing|Stovetop|Moka Pot 3 cups|27.90|0.46|2.5|
Brewing|Stovetop|Moka Pot 6 cups|34.90|0.46|2|
Brewing|Stovetop|Induction Moka Pot 4 cups|44.90|0.48|1.5|
Kettles|Kettles|Gooseneck Kettle 1 l|39.90|0.50|1.8|
Kettles|Kettles|Electric Gooseneck Kettle|89.00|0.60|1.3|h
Kettles|Kettles|Temperature Kettle Pro|149.00|0.63|0.6|hn
Tableware|Cups|Espresso Cup, stoneware|8.90|0.40|5|
Tableware|Cups|Cappuccino Cup, stoneware|11.90|0.40|5|
Tableware|Cups|Double Wall Glass 250 ml, pair|18.90|0.42|3.5|
Tableware|Cups|Double Wall Glass 80 ml, pair|15.90|0.42|2.5|
Tableware|Cups|Enamel Mug|10.90|0.38|3|
Tableware|Cups|Travel Mug 360 ml|24.90|0.46|3|
Tableware|Cups|Porcelain Mug, limited edition|16.90|0.40|1.5|n
Tableware|Serving|Serving Tray, oak|32.90|0.46|1|
Tableware|Serving|Milk Jug 350 ml|17.90|0.44|2.4|
Tableware|Serving|Milk Jug 600 ml|21.90|0.44|1.6|
Tools|Barista tools|Tamper 58 mm|34.90|0.46|1.6|
Tools|Barista tools|Tamping Mat|12.90|0.40|2|
Tools|Barista tools|Knock Box|27.90|0.44|1.6|
Tools|Barista tools|Distribution Tool|29.90|0.44|1|n
Tools|Barista tools|Bottomless Portafilter|44.90|0.50|0.9|
Tools|Measuring|Brew Scale with Timer|59.00|0.55|1.8|
Tools|Measuring|Measuring Spoon|6.90|0.36|2.6|
Tools|Measuring|Thermometer|13.90|0.42|1.4|
Tools|Storage|Vacuum Canister 500 g|29.90|0.46|2.4|
Tools|Storage|Coffee Tin 250 g|12.90|0.40|2.6|
Care|Cleaning|Descaler 500 ml|9.90|0.36|7|
Care|Cleaning|Cleaning Tablets, 30 pieces|11.90|0.36|5|
Care|Cleaning|Grinder Cleaning Pellets|14.90|0.40|2|
Care|Cleaning|Group Head Brush|7.90|0.36|2|
Care|Water|Water Filter Cartridges, 3 pieces|19.90|0.50|4|
Kitchen|Knives|Paring Knife|24.90|0.48|1|
Kitchen|Knives|Chef's Knife 20 cm|79.00|0.55|0.8|
Kitchen|Boards|Chopping Board, walnut|49.00|0.50|0.8|h
Kitchen|Pans|Cast Iron Pan 24 cm|59.00|0.54|0.8|h
Kitchen|Pans|Iron Crêpe Pan|39.00|0.50|0.6|
Kitchen|Textiles|Linen Apron|44.00|0.46|0.7|
Kitchen|Textiles|Tea Towel, linen|12.90|0.42|1.4|
Gifts|Gift sets|Espresso Tasting Box|29.90|0.50|3|f
Gifts|Gift sets|Around the World in Six Coffees|39.90|0.50|3|f
Gifts|Gift sets|Pour Over Starter Kit|59.00|0.52|1.6|
Gifts|Gift sets|Advent Calendar, 24 coffees|54.90|0.54|1.4|fn
Samples|Samples|Tasting Sachet 30 g|0.00|0.70|2.2|f
"""


def _coffees() -> list[Product]:
    """Each coffee by the bag and by the kilo, the kilo at a better price."""
    coffees = []
    groups = (
        ("Single origin", _SINGLE_ORIGINS, False),
        ("Single origin", _NEW_ORIGINS, True),
        ("Espresso and blends", _BLENDS, False),
    )
    for subcategory, beans, is_new in groups:
        for name, price, popularity in beans:
            coffees.append(
                Product("Coffee", subcategory, f"{name} 250 g", price, 0.46, popularity, is_food=True, is_new=is_new)
            )
            kilo = round(price * 3.4, 1)
            coffees.append(
                Product(
                    "Coffee", subcategory, f"{name} 1 kg", kilo, 0.50, popularity * 0.7, is_food=True, is_new=is_new
                )
            )
    return coffees


def _others() -> list[Product]:
    products = []
    for line in _OTHERS.strip().splitlines():
        category, subcategory, name, price, cost_share, popularity, marks = line.split("|")
        products.append(
            Product(
                category,
                subcategory,
                name,
                float(price),
                float(cost_share),
                float(popularity),
                is_food="f" in marks,
                is_heavy="h" in marks,
                by_weight="w" in marks,
                is_new="n" in marks,
            )
        )
    return products


ASSORTMENT: tuple[Product, ...] = (*_coffees(), *_others())
SAMPLE = len(ASSORTMENT) - 1
"""The free sample: price zero, cost not."""
