"""Ratios of two things measured in turn in one run; absolute times are printed, never asserted."""
