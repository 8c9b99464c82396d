"""Files for many customers at once: a column says whose each row is."""
