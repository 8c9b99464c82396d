"""Numbers only: days and amounts in, streams out."""
