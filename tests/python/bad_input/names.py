"""Names of files that are no plain name: misspelt, unreadable, tricky, links, things that are no file."""

from __future__ import annotations

from bad_input.case import lands, stops
from bad_input.spoiling import append, as_parquet, both, link, outside, pipe, remove, rename, write

SURVEY = "survey_id,customer_id,surveyed_at,nps\nv2,008,2025-03-21,10\n"
ONE_MORE = {"surveys": {"accepted": 2}}
FROM = "select source_file from judged_surveys where survey_id = 'v2'"


def _is_kept(name: str) -> dict:
    return {"fates": ONE_MORE, "kept": {FROM: [(name,)]}}


LONGEST = "surveys-" + "x" * 243 + ".csv"
DEEP = "surveys/" + "/".join(["a folder of a name that is rather long"] * 20) + "/2025.csv"

CASES = (
    # of no table
    stops("a misspelt table", rename("surveys.csv", "survey.csv"), "survey.csv belongs to no table",
          "did you mean surveys?"),
    stops("a capital letter", rename("surveys.csv", "Surveys.csv"), "Surveys.csv belongs to no table", "surveys?"),
    stops("a name that another system adds to", rename("surveys.csv", "surveys (1).csv"), "surveys (1).csv",
          "surveys?"),
    stops("a folder of Parquet called as a file", both(as_parquet("surveys"),
          rename("surveys.parquet", "part-0"), rename("part-0", "surveys.parquet/part-0.parquet")),
          "surveys.parquet/part-0.parquet", "<table>/"),
    stops("a packed file of a table", write("surveys-2.csv.gz", b"\x1f\x8b"), "surveys-2.csv.gz", ".csv or .parquet"),
    stops("a spreadsheet of a table", rename("surveys.csv", "surveys.xlsx"), "surveys.xlsx", ".csv or .parquet"),
    stops("a spreadsheet with a capital letter", rename("surveys.csv", "Surveys.XLSX"), "Surveys.XLSX",
          ".csv or .parquet"),
    stops("a spreadsheet with a year in its name", rename("surveys.csv", "surveys_2025.xlsx"), "surveys_2025.xlsx",
          ".csv or .parquet"),
    stops("a spreadsheet that another system numbers", rename("surveys.csv", "surveys (1).xlsx"), "surveys (1).xlsx",
          ".csv or .parquet"),
    stops("a packed file of a misspelt table", rename("surveys.csv", "survey.csv.gz"), "survey.csv.gz",
          ".csv or .parquet"),
    stops("a packed file in a folder of no table", rename("surveys.csv", "2025/surveys.csv.gz"), "2025/surveys.csv.gz",
          ".csv or .parquet"),
    stops("a table that an editor calls a text", rename("surveys.csv", "surveys.csv.txt"), "surveys.csv.txt",
          ".csv or .parquet"),
    lands("files that are no data", both(write("README.md", "# read me"), write("_old/orders.csv", "x"),
          write(".orders.csv.swp", "x"), write("orders/_SUCCESS", ""), write("shop.yml.bak", "x"),
          write("surveys overview.xlsx", "x"), write("surveys.txt", "x"), write("orders.csv.sha256", "x"))),
    # tricks
    lands("an apostrophe in the name", write("surveys-o'brien's.csv", SURVEY), **_is_kept("surveys-o'brien's.csv")),
    lands("quotes in the name", write('surveys-"a".csv', SURVEY), **_is_kept('surveys-"a".csv')),
    lands("spaces in the name", write("surveys- march 2025 .csv", SURVEY), **_is_kept("surveys- march 2025 .csv")),
    lands("dots in the name", write("surveys-..csv", SURVEY), **_is_kept("surveys-..csv")),
    lands("stars and brackets in the name", write("surveys-[*]?{a}.csv", SURVEY), **_is_kept("surveys-[*]?{a}.csv")),
    lands("SQL in the name", write("surveys-'); drop table orders;--.csv", SURVEY),
          **_is_kept("surveys-'); drop table orders;--.csv")),
    lands("a command in the name", write("surveys-$(rm -rf ~)&.csv", SURVEY), **_is_kept("surveys-$(rm -rf ~)&.csv")),
    lands("a percent sign and a backslash in the name", write("surveys-%2e%2e\\.csv", SURVEY),
          **_is_kept("surveys-%2e%2e\\.csv")),
    lands("emoji in the name", write("surveys-🛍️.csv", SURVEY), **_is_kept("surveys-🛍️.csv")),
    lands("the longest name that a disk takes", write(LONGEST, SURVEY), **_is_kept(LONGEST)),
    lands("a file far down", write(DEEP, SURVEY), **_is_kept(DEEP)),
    stops("a line break in the name", write("surveys-a\nb.csv", SURVEY), r"surveys-a\nb.csv", "name", "rename"),
    stops("a name that is no UTF-8", write("surveys-M\udcfcnchen.csv", SURVEY), r"surveys-M\udcfcnchen.csv", "rename"),
    stops("..", both(remove("surveys.csv"), outside("surveys.csv", SURVEY), link("surveys.csv",
          "../elsewhere/surveys.csv")),
          "surveys.csv", "link", "out of the input folder"),
    stops("a link to a file elsewhere on the machine", link("surveys-2.csv", "/etc/passwd"),
          "surveys-2.csv", "link", "out of the input folder"),
    stops("a link to a folder elsewhere", both(outside("2025.csv", SURVEY), remove("surveys.csv"),
          link("surveys", "../elsewhere")), "surveys", "link", "out of the input folder"),
    stops("a link to nothing", link("surveys-2.csv", "gone.csv"), "surveys-2.csv", "cannot be read"),
    stops("a link to itself", link("surveys-2.csv", "surveys-2.csv"), "surveys-2.csv", "cannot be read"),
    lands("a link within the folder", both(write("_store/a.csv", SURVEY), link("surveys-2.csv", "_store/a.csv")),
          **_is_kept("surveys-2.csv")),
    lands("a link to the folder itself", link("surveys", ".")),
    stops("a pipe for a file", pipe("surveys-2.csv"), "surveys-2.csv", "is no file"),
    stops("a folder for a file", both(rename("orders.csv", "orders"), rename("orders", "orders.csv/2025.csv")),
          "orders.csv/2025.csv"),
    stops("a folder for the settings", both(remove("shop.yml"), write("shop.yml/a.txt", "x")), "shop.yml", "read"),
    # settings
    stops("settings called .yaml", rename("shop.yml", "shop.yaml"), "shop.yaml", "rename it to shop.yml"),
    stops("settings with a capital letter", rename("shop.yml", "Shop.yml"), "Shop.yml", "rename it to shop.yml"),
    stops("settings that an editor calls a text", rename("shop.yml", "shop.yml.txt"), "shop.yml.txt",
          "rename it to shop.yml"),
    stops("settings twice", write("shop.yaml", "shop: corner\n"), "shop.yaml", "beside shop.yml"),
    stops("a day without dashes", append("shop.yml", "shop_opened_on: 20240101\n"), "20240101",
          "a date like 2000-01-01"),
    stops("a day by its week", append("shop.yml", "shop_opened_on: 2024-W01-1\n"), "2024-W01-1",
          "a date like 2000-01-01"),
    stops("settings that are no YAML", write("shop.yml", "a: [\n"), "shop.yml is no valid YAML"),
    stops("settings in Latin-1", write("shop.yml", "shop: Café\n".encode("latin-1")), "shop.yml is no valid YAML"),
    stops("a setting misspelt", append("shop.yml", "reporting_curency: EUR\n"), "reporting_curency",
          "reporting_currency?"),
    stops("a setting of another kind", append("shop.yml", "shop_opened_on: 01.02.2020\n"), "shop_opened_on",
          "01.02.2020", "a date like 2000-01-01"),
)  # fmt: skip
