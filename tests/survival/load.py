"""People at work: threads that read and write through the API of a started stack, and note each answer."""

import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.stack import NORTH, StartedStack

TIMEOUT = 10.0
PASSWORD = "a test's own password"
FILL = """
import json
from accounts.banks.tenancy import in_bank
from tests import factories
from transactions import ids
with in_bank("north"):
    target = str(factories.category("shopping").public_id)
    people = []
    for n in range({people}):
        email = f"load{{n}}@example.com"
        user = factories.make_person(email=email)
        customer = factories.make_customer(user=user, reference=f"L{{n:05}}")
        account = factories.make_account(customer=customer)
        rows = factories.make_transactions(account, [{{"amount": "-1.00"}}] * {rows})
        numbers = [row.pk for row in rows]
        people.append([email, list(zip(numbers, ids.encode(numbers)))])
print("made " + json.dumps([target, people]))
"""


@dataclass(frozen=True)
class Answer:
    """What one request got. `status` 0 is no answer at all, and `said` why."""

    sent: float
    done: float
    status: int
    retry_after: str
    said: str
    row: int | None  # the line that was to be changed

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Person:
    email: str
    rows: list[tuple[int, str]]
    token: str = ""


@dataclass
class Load:
    """`per_second` requests in all, spread over as many threads as people, until it is stopped."""

    stack: StartedStack
    url: str
    per_second: float
    category: str = ""
    people: list[Person] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def fill(self, *, people: int, rows: int) -> None:
        said = self.stack.manage(
            "shell", "--no-imports", "-c", FILL.format(people=people, rows=rows)
        )
        self.category, made = json.loads(said.split("made ")[1])
        for email, ids in made:
            person = Person(email, [(number, public) for number, public in ids])
            answer, body = self._ask("POST", "login", {"email": email, "password": PASSWORD}, {})
            assert answer == 200, body
            person.token = json.loads(body)["access_token"]
            self.people.append(person)

    def start(self) -> None:
        for number, person in enumerate(self.people):
            thread = threading.Thread(target=self._work, args=(number, person), daemon=True)
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(2 * TIMEOUT)
            assert not thread.is_alive()

    def good_since(self, moment: float) -> int:
        return sum(answer.good for answer in list(self.answers) if answer.sent >= moment)

    def _work(self, number: int, person: Person) -> None:
        pause = len(self.people) / self.per_second
        due = time.monotonic() + pause * number / len(self.people)
        rows = iter(person.rows)
        for turn in itertools.count():
            if self.stopped.wait(max(0.0, due - time.monotonic())):
                return
            # Who is late does not run after the clock: the load is bounded.
            due = max(due + pause, time.monotonic())
            row = next(rows, None) if turn % 2 else None
            self.answers.append(self._write(person, row) if row else self._read(person))

    def _read(self, person: Person) -> Answer:
        return self._noted(None, "GET", "transactions?limit=5", None, person)

    def _write(self, person: Person, row: tuple[int, str]) -> Answer:
        body = {"category_id": self.category}
        return self._noted(row[0], "PATCH", f"transactions/{row[1]}", body, person)

    def _noted(
        self, row: int | None, method: str, path: str, body: object, person: Person
    ) -> Answer:
        sent, headers = time.monotonic(), {"Authorization": f"Bearer {person.token}"}
        if row is not None:
            headers["If-Match"] = '"1"'
        kept: dict[str, str] = {}
        try:
            status, text = self._ask(method, path, body, headers, kept)
        except (OSError, http.client.HTTPException) as error:
            return Answer(sent, time.monotonic(), 0, "", type(error).__name__, row)
        said = "" if status < 300 else text[:200]
        return Answer(sent, time.monotonic(), status, kept.get("Retry-After", ""), said, row)

    def _ask(
        self,
        method: str,
        path: str,
        body: object,
        headers: dict[str, str],
        kept: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        port = urlsplit(self.url).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        try:
            connection.request(
                method, f"/api/v1/{path}", None if body is None else json.dumps(body),
                {"Host": f"{NORTH}.localhost", "Content-Type": "application/json", **headers},
            )  # fmt: skip
            answer = connection.getresponse()
            text = answer.read().decode()
            if kept is not None:
                kept.update(answer.headers.items())
            return answer.status, text
        finally:
            connection.close()
