"""Numbers only: arrays in, arrays or frozen dataclasses out; no Django, no clock, no I/O."""
