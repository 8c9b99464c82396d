"""What an editor's page carries besides the fields: the state that was seen."""

import re

from django.test import Client


def seen(client: Client, url: str) -> dict[str, str]:
    """The hidden field of the change page at `url`, to be posted with the rest."""
    page = client.get(url).content.decode()
    found = re.search(r'name="seen_state" value="([0-9a-f]{32})"', page)
    assert found, f"{url} carries no state"
    return {"seen_state": found[1]}
