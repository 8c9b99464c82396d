"""Whose payments a line is among: names by the key of its text, looked up when a line is read.

Nothing of it stands in the ledger, so an import pays nothing for it and a name is given, joined and taken back
for all rows at once without writing one of them.
"""
