"""Segments that are fitted: clusters of behaviour, who looks like a premium customer, a check on the lifecycle's rules.

Pure functions on tables of customers: no clock, no engine, no order of rows, one thread. The dbt Python models call
them; what they find is applied in SQL.
"""
