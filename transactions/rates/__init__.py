"""Stored exchange rates: brought by file or by hand, never fetched; and what is counted by them."""
