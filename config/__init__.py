"""Settings, addresses and what combines the apps.

Kept light: `config.embedded` is imported before Django is set up, so nothing is imported here.
"""
