"""What must hold of `customer_lifetime_value`: customer."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, no_row, same_customers

MART = Mart(
    key=("customer_id",),
    columns=(
        "customer_id",
        "first_order_value",
        "historic_value",
        "net_historic_value",
        "average_order_value",
        "keeping_cost_per_order",
        "purchase_frequency",
        "lifespan_years",
        "formula_value",
        "net_formula_value",
        "prediction_model",
        "probability_alive",
        "expected_orders_90d",
        "expected_orders_365d",
        "expected_order_profit",
        "predicted_value_365d",
        "net_predicted_value_365d",
        "predicted_value_365d_low",
        "predicted_value_365d_high",
        "predicted_value_horizon",
        "net_predicted_value_horizon",
        "expected_next_order_on",
        "customer_equity",
        "net_customer_equity",
    ),
)

ROUNDING = 0.0051
"""Money is rounded to the cent, so each amount may be half a cent off, and a hair for the last bit of a double."""


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    product = "cast(average_order_value as double) * purchase_frequency * lifespan_years"
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        between("purchase_frequency", 0),
        between("lifespan_years", 0),
        between("probability_alive", 0, 1),
        between("expected_orders_90d", 0),
        between("predicted_value_horizon", 0),
        no_row(
            "no less is expected of a year than of 90 days",
            "select customer_id, expected_orders_90d, expected_orders_365d from {batch} "
            "where expected_orders_365d < expected_orders_90d",
            column="expected_orders_365d",
        ),
        no_row(
            "the interval of the predicted value begins at 0 or above and does not end before it begins",
            "select customer_id, predicted_value_365d_low, predicted_value_365d_high from {batch} "
            "where predicted_value_365d_low < 0 or predicted_value_365d_high < predicted_value_365d_low",
            column="predicted_value_365d_low",
        ),
        no_row(
            "predicted_value_365d is expected_orders_365d times expected_order_profit",
            "select customer_id, predicted_value_365d, expected_orders_365d, expected_order_profit from {batch} "
            "where abs(predicted_value_365d - expected_orders_365d * expected_order_profit) "
            f"> {ROUNDING} * (1 + expected_orders_365d) + 0.000001 * expected_order_profit",
            column="predicted_value_365d",
        ),
        no_row(
            "customer_equity is historic_value plus predicted_value_horizon",
            "select customer_id, historic_value, predicted_value_horizon, customer_equity from {batch} "
            "where customer_equity is distinct from historic_value + predicted_value_horizon",
            column="customer_equity",
        ),
        no_row(
            "net_customer_equity is net_historic_value plus net_predicted_value_horizon",
            "select customer_id, net_historic_value, net_predicted_value_horizon, net_customer_equity from {batch} "
            "where net_customer_equity is distinct from net_historic_value + net_predicted_value_horizon",
            column="net_customer_equity",
        ),
        no_row(
            "net_historic_value is historic_value less service, loyalty and retention marketing",
            "select judged.customer_id, judged.net_historic_value, profit.contribution_3, profit.acquisition_marketing "
            "from {batch} as judged inner join customer_profit as profit on judged.customer_id = profit.customer_id "
            "where judged.net_historic_value <> profit.contribution_3 + profit.acquisition_marketing",
            column="net_historic_value",
        ),
        no_row(
            "net_predicted_value_365d is predicted_value_365d less expected_orders_365d times keeping_cost_per_order",
            "select customer_id, predicted_value_365d, net_predicted_value_365d, expected_orders_365d, "
            "keeping_cost_per_order from {batch} where abs(predicted_value_365d - net_predicted_value_365d "
            "- expected_orders_365d * keeping_cost_per_order) "
            f"> {ROUNDING} * (2 + expected_orders_365d) + 0.000001 * abs(keeping_cost_per_order)",
            column="net_predicted_value_365d",
        ),
        no_row(
            "who has ordered has a rate of what keeping them costs, and nobody else has",
            "select judged.customer_id, judged.keeping_cost_per_order from {batch} as judged "
            "inner join customers on judged.customer_id = customers.customer_id "
            "where (judged.keeping_cost_per_order is null) <> (customers.order_count = 0)",
            column="keeping_cost_per_order",
        ),
        no_row(
            "one model predicts for every customer, or none for any",
            "select customer_id, prediction_model from {batch} where prediction_model is distinct from "
            "(select max(prediction_model) from {batch}) "
            "or (prediction_model is null) <> (predicted_value_horizon is null)",
            column="prediction_model",
        ),
        no_row(
            "formula_value is average_order_value times purchase_frequency times lifespan_years",
            "select customer_id, formula_value, average_order_value, purchase_frequency, lifespan_years from {batch} "
            f"where abs(formula_value - {product}) > {ROUNDING} * (1 + abs(purchase_frequency * lifespan_years))",
            column="formula_value",
        ),
        no_row(
            "formula_value is missing exactly where one of its factors is",
            "select customer_id, formula_value, average_order_value, purchase_frequency, lifespan_years from {batch} "
            f"where (formula_value is null) <> ({product} is null)",
            column="formula_value",
        ),
        no_row(
            "who never ordered has no first order and no average order",
            "select judged.customer_id, judged.first_order_value, judged.average_order_value from {batch} as judged "
            "inner join customers on judged.customer_id = customers.customer_id where customers.order_count = 0 "
            "and (judged.first_order_value is not null or judged.average_order_value is not null)",
            column="average_order_value",
        ),
    ]
