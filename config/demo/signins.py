"""Who may sign in at the demo. These people and their short passwords exist only where `make demo` ran."""

from dataclasses import dataclass

from accounts.models import Role


@dataclass(frozen=True)
class SignIn:
    host: str
    who: str
    name: str
    password: str


@dataclass(frozen=True)
class StaffMember:
    login_name: str
    password: str
    role: str


STAFF = (
    StaffMember("admin", "admin123", Role.ADMIN),
    StaffMember("analyst", "analyst123", Role.ANALYST),
    StaffMember("viewer", "viewer123", Role.VIEWER),
)
OPERATOR = StaffMember("operator", "operator123", Role.OPERATOR)
SCHEMAS = {"north": "North", "south": "South", "berka": "Berka"}


def host_of(schema: str) -> str:
    return f"{schema}.localhost"


def sign_ins() -> list[SignIn]:
    """What `make demo` prints: the shortest way into each role."""
    north = host_of("north")
    customers = [
        SignIn(north, f"customer {name}", mail, "password123")
        for name, mail in (
            ("John", "john.doe@example.com"),
            ("Jane", "jane.doe@example.com"),
            ("Charlie", "charlie@example.com"),
        )
    ]
    staff = [SignIn(north, m.role, m.login_name, m.password) for m in STAFF]
    others = [
        SignIn(host_of(s), "bank admin", "admin", "admin123") for s in SCHEMAS if s != "north"
    ]
    operator = SignIn(host_of("operator"), "operator", OPERATOR.login_name, OPERATOR.password)
    return [*customers, *staff, *others, operator]
