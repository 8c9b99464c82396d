"""What one currency was worth in another on a day, with who says so."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ExchangeRate(models.Model):
    """One unit of `base` was `rate` units of `quote` on this day; one rate for a pair and day."""

    base = models.CharField(_("one unit of"), max_length=3)
    quote = models.CharField(_("in"), max_length=3)
    day = models.DateField(_("day"))
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=10)
    source = models.CharField(_("source"), max_length=40)
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-day", "base", "quote"]
        constraints = [
            # In this order it also answers "the last one up to a day".
            models.UniqueConstraint(fields=["base", "quote", "day"], name="exchange_rate_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_above_zero"),
            models.CheckConstraint(condition=~Q(base=F("quote")), name="exchange_rate_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.day}"
