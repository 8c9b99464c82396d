"""Payments that come again: found at night, corrected by people."""
