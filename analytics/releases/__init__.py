"""Staff releases: figures of a whole bank that never single out fewer than k customers."""
