"""E-mail addresses as they are shown where nobody has said why they ask."""

HIDDEN = "•••"


def masked(email: str) -> str:
    """An address as who knows it already recognises it: ada@example.com is a•••@e•••.com.

    The first letter of the name and of the domain, and the domain's last part; nothing of the lengths.
    """
    name, _at, domain = email.rpartition("@")
    place, dot, last = domain.rpartition(".")
    if not (name and place and dot):
        return HIDDEN
    return f"{name[0]}{HIDDEN}@{place[0]}{HIDDEN}.{last}"
