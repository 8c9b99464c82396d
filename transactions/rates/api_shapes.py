"""How the API tells a rate, and an amount that was counted by one."""

from typing import Any

from rest_framework import serializers

from transactions.plain_money import plain_amount
from transactions.rates.book import Rate
from transactions.rates.conversion import Converted


class RateSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(
        help_text="What one unit counts as; the very number multiplied by."
    )
    day = serializers.DateField(help_text="The rate's own day, at most seven before the line's.")
    source = serializers.CharField()  # type: ignore[assignment]
    via = serializers.CharField(allow_null=True, help_text="The currency it was crossed through.")
    turned = serializers.BooleanField(help_text="Stored the other way round.")


class ConvertedSerializer(serializers.Serializer[Any]):
    amount = serializers.CharField()
    currency = serializers.CharField()
    rate = RateSerializer()


def rate(found: Rate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "value": f"{found.value:f}",
        "day": found.day,
        "source": found.source,
        "via": found.via or None,
        "turned": found.is_turned,
    }


def converted(found: Converted | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "amount": plain_amount(found.amount, found.currency),
        "currency": found.currency,
        "rate": rate(found.rate),
    }
