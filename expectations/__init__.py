"""What must hold of the data that arrives and of the marts that leave, judged by Great Expectations on DuckDB.

`catalogue` names the suites and `results` writes what they found; neither imports Great Expectations, which takes
seconds. `arriving` makes a suite of each input table, `leaving/` holds one module per table that leaves,
`claims` the words of both. `on_duckdb` is how Great Expectations meets DuckDB, `judge` runs the suites, and
`python -m expectations arriving|leaving --home … --results …` is the process the refresh starts.
"""
