"""Whole banks of invented or published data as plain objects; loading them is another's work."""
