"""Discover card: charges are positive, payments and credits negative."""

from transactions.adapters.named import NamedFormat, Shape


class DiscoverCard(NamedFormat):
    name = "DISCOVER_CARD"
    label = "Discover card"
    shapes = (
        Shape(
            label="Discover card",
            required={
                "trans date": "booked_on", "post date": "value_on", "description": "text",
                "amount": "amount", "category": "category",
            },
            sign="reversed",
            convention="Discover writes charges without a minus and payments with one",
        ),
    )  # fmt: skip
