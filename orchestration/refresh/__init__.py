"""The nightly refresh: landing, models, audits, publication, as Dagster assets and checks.

`settings` says whose refresh it is and where it lies, `lock` that there is one at a time, `models` drives dbt,
`audits` drives Great Expectations, `assets` and `checks` are what Dagster sees, `schedule` when it runs, `summary`
what a person reads at the end.
"""
