"""Which lines belong together, decided from numbers and hints alone."""
