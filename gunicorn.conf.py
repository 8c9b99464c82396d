"""What gunicorn reads by itself where it is started: a line whose body stays unread is closed, and says so."""

from typing import Any

# As accounts/parsing.py has it; read before there are settings, so it can't be asked there.
LIMIT = 2_500_000


def pre_request(worker: Any, request: Any) -> None:
    """A body of the API that is refused unread would be taken for the next request on the line.

    gunicorn alone may say `Connection: close`; what an application says of the line it drops.
    """
    if not request.path.startswith("/api/"):
        return
    said = dict(request.headers)
    length = said.get("CONTENT-LENGTH", "0")
    if "TRANSFER-ENCODING" in said or not length.isdigit() or int(length) > LIMIT:
        request.force_close()
