"""Work that survives: processes killed, messages doubled, servers wiped and restarted (G13–G16, G19)."""
