"""What the bank's settings tell those who keep its money."""

from django.dispatch import Signal

# Before the bank's currency changes (old, new): a receiver that answers with a sentence refuses it.
currency_changing = Signal()
