"""What the list of banks tells the apps above it."""

from django.dispatch import Signal

# Sent inside the new bank's schema, after its tables exist; receivers fill reference data and are
# safe to run again.
bank_created = Signal()
