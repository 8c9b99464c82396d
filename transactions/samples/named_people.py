"""The named demo people: their work, bills and shops.

John is practical (groceries, utilities, transport), Jane social (dining, entertainment, transport),
Charlie lives for style (shopping, travel, health); each also spends on technology and education.
South has Sam, careful with a house.
"""

from dataclasses import dataclass

from transactions.samples.habits import Bill
from transactions.samples.places import Shop

PASSWORD = "password123"  # noqa: S105 - the demo's public one, made by the demo loader alone


@dataclass(frozen=True, slots=True)
class Round:
    """A shop gone to `times` a month at `low`–`high` minor units, in seasons of `kind`."""

    shop: Shop
    kind: str
    times: float
    low: int
    high: int
    on_card: bool = False
    weekend: bool = False


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A demo person as written below: who they are and how they live."""

    full_name: str
    email: str
    age_bracket: str
    employment_status: str
    branch: str
    location: str
    employer: str
    pay_day: int
    salary: int
    risen_salary: int
    raise_month: int
    saving: int
    saving_day: int
    bills: tuple[Bill, ...]
    rounds: tuple[Round, ...]
    budgets: tuple[tuple[str, int], ...]
    tails: tuple[str, str, str]
    quarterly_saving: int
    lowest: int
    savings_opening: int


def _shop(name: str, category: str, mcc: str) -> Shop:
    return Shop(name, category, mcc, 0, 0)


GREENLEAF = _shop("Greenleaf Market", "supermarket", "5411")
MARKET_HALL = _shop("Market Hall", "supermarket", "5411")
BAKERY = _shop("Corner Bakery", "coffee", "5814")
KIOSK = _shop("Station Kiosk Snacks", "fast_food", "5814")
CAFE = _shop("Blue Door Cafe", "coffee", "5814")
FUEL = _shop("Fuel Point", "fuel", "5541")
TRANSIT = _shop("City Transit Ticket", "public_transport", "4111")
TAXI = _shop("Swift Taxi", "taxi", "4121")
PARKING = _shop("Parkwell Parking", "parking_tolls", "7523")
THREADLINE = _shop("Threadline Clothing", "clothing", "5651")
ONLINE = _shop("Parcel Street Online Shop", "online_shopping", "5964")
STORES = _shop("Harrow and Finch Stores", "department_store", "5311")
BOOKS = _shop("Paper Lantern Books", "books", "5942")
HARDWARE = _shop("Sturdy Hardware", "home_improvement", "5251")
PHARMACY = _shop("Rosemary Pharmacy", "pharmacy", "5912")
PHYSIO = _shop("Valley Physio", "doctor", "8049")
SALON = _shop("Velvet Chair Hair Salon", "hair_beauty", "7230")
BISTRO = _shop("Lantern Bistro", "restaurants", "5812")
NOODLES = _shop("Noodle Yard", "restaurants", "5812")
BAR = _shop("Night Heron Bar", "bars", "5813")
CINEMA = _shop("Aurora Cinema", "streaming", "7832")
THEATRE = _shop("Old Mill Theatre", "events", "7922")
GAMES = _shop("Pixel Forge Games", "games", "7994")
AIRLINE = _shop("Skylark Airlines", "flights", "4511")
HOTEL = _shop("Seaview Hotel", "lodging", "7011")
TOURS = _shop("Wayfarer Travel Tours", "trips", "4722")
ELECTRONICS = _shop("Circuit House Electronics", "electronics", "5732")
FLOWERS = _shop("Bluebell Flowers", "gifts", "5992")


JOHN = NamedPerson(
    full_name="John Doe",
    quarterly_saving=75000,
    email="john.doe@example.com",
    age_bracket="35-44",
    employment_status="employed",
    branch="Northport",
    location="Northport Quay",
    employer="Harbour Works",
    pay_day=1,
    salary=294000,
    risen_salary=304000,
    raise_month=4,
    saving=60000,
    saving_day=4,
    bills=(
        Bill("Oak Street Housing", "rent", 3, 98000, "rent"),
        Bill("City Works", "water", 15, 3150, "water"),
        Bill("Peak Mobile", "phone", 8, 1499),
        Bill("Fibreline Internet", "internet", 10, 2500),
        Bill("City Transit", "public_transport", 1, 5900, "pass"),
        Bill("Streamline", "streaming", 18, 1299, "subscription"),
        Bill("Cloudbox", "software_cloud", 20, 299),
        Bill("Open Classroom", "courses", 10, 4500),
        Bill("Fairway Insurance", "car_insurance", 12, 31800, "car insurance", every=12),
    ),
    rounds=(
        Round(GREENLEAF, "groceries", 6.5, 2100, 4600),
        Round(MARKET_HALL, "groceries", 4.5, 2400, 4800, weekend=True),
        Round(BAKERY, "dining", 4, 480, 1250),
        Round(KIOSK, "dining", 3, 620, 1480),
        Round(CAFE, "dining", 2.2, 1450, 3300, weekend=True),
        Round(FUEL, "transport", 1.6, 4300, 6200, on_card=True),
        Round(TRANSIT, "transport", 2, 320, 640),
        Round(PARKING, "transport", 1.5, 300, 900),
        Round(ONLINE, "shopping", 1.3, 1900, 5200, on_card=True),
        Round(HARDWARE, "housing", 0.5, 1400, 4800),
        Round(ELECTRONICS, "technology", 0.3, 2400, 7900, on_card=True),
        Round(PHARMACY, "health", 0.8, 700, 2300),
        Round(BOOKS, "education", 0.4, 1200, 2900),
    ),
    budgets=(("housing", 980), ("groceries", 460), ("dining", 140), ("utilities", 160),
             ("transport", 220), ("shopping", 150)),
    tails=("4821", "9054", "7730"),
    lowest=1850,
    savings_opening=412000,
)  # fmt: skip

JANE = NamedPerson(
    full_name="Jane Doe",
    quarterly_saving=115000,
    email="jane.doe@example.com",
    age_bracket="25-34",
    employment_status="employed",
    branch="Elmstead",
    location="Elmstead Green",
    employer="Juniper Media",
    pay_day=15,
    salary=268000,
    risen_salary=279000,
    raise_month=7,
    saving=20000,
    saving_day=27,
    bills=(
        Bill("Terrace Row Housing", "rent", 2, 82000, "rent", rise_at=14, risen=85500),
        Bill("Brightwater Energy", "energy", 8, 5400, rise_at=11, risen=6100),
        Bill("Peak Mobile", "phone", 12, 2499),
        Bill("Streamline", "streaming", 18, 1299, "subscription", rise_at=17, risen=1499),
        Bill("Tunewave", "music", 21, 999, "music"),
        Bill("Cloudbox", "software_cloud", 20, 299),
        Bill("Open Classroom", "courses", 11, 2900),
        Bill("Meadow Life Insurance", "life_insurance", 9, 1850),
    ),
    rounds=(
        Round(BISTRO, "dining", 3.5, 2600, 5200, on_card=True, weekend=True),
        Round(NOODLES, "dining", 4.5, 1300, 2400),
        Round(BAR, "dining", 4, 1400, 3600, weekend=True),
        Round(CAFE, "dining", 8, 420, 980),
        Round(CINEMA, "dining", 2.2, 1200, 2800, on_card=True),
        Round(THEATRE, "dining", 0.8, 2800, 6400, on_card=True),
        Round(GAMES, "technology", 0.7, 900, 3200, on_card=True),
        Round(TRANSIT, "transport", 11, 280, 560),
        Round(TAXI, "transport", 4.5, 900, 2300, weekend=True),
        Round(GREENLEAF, "groceries", 6, 1200, 3400),
        Round(THREADLINE, "shopping", 0.9, 2600, 7200, on_card=True),
        Round(SALON, "personal_care", 0.7, 3200, 6200),
        Round(ELECTRONICS, "technology", 0.35, 2500, 11000, on_card=True),
        Round(PHARMACY, "health", 0.6, 700, 1900),
    ),
    budgets=(("housing", 860), ("dining", 380), ("entertainment", 120), ("transport", 150),
             ("groceries", 150), ("shopping", 100)),
    tails=("3316", "6072", "1948"),
    lowest=4200,
    savings_opening=158000,
)  # fmt: skip

CHARLIE = NamedPerson(
    full_name="Charlie Williams",
    quarterly_saving=115000,
    email="charlie@example.com",
    age_bracket="45-54",
    employment_status="employed",
    branch="Westbridge",
    location="Weir End",
    employer="Northlight Studio",
    pay_day=28,
    salary=452000,
    risen_salary=467000,
    raise_month=1,
    saving=30000,
    saving_day=2,
    bills=(
        Bill("Terrace Row Housing", "rent", 1, 134000, "rent"),
        Bill("Brightwater Energy", "energy", 5, 11200, rise_at=15, risen=12450),
        Bill("Fibreline Internet", "internet", 10, 4499),
        Bill("Peak Mobile", "phone", 6, 3999),
        Bill("Iron Gate Gym", "fitness", 4, 6900),
        Bill("Valley Health Insurance", "health_insurance", 7, 8900, "health insurance"),
        Bill("Appsmith Software", "software_cloud", 16, 2299, rise_at=19, risen=2599),
        Bill("Open Classroom", "courses", 12, 3900),
        Bill("Fairway Insurance", "car_insurance", 20, 68400, "car insurance", every=12, phase=3),
    ),
    rounds=(
        Round(THREADLINE, "shopping", 3, 4800, 16500, on_card=True, weekend=True),
        Round(STORES, "shopping", 2.4, 3600, 14800, on_card=True, weekend=True),
        Round(ONLINE, "shopping", 3.5, 1900, 8800, on_card=True),
        Round(PHYSIO, "health", 1.2, 4500, 7000),
        Round(PHARMACY, "health", 1.8, 900, 4200),
        Round(GREENLEAF, "groceries", 6, 2200, 5600),
        Round(BISTRO, "dining", 3.2, 4200, 9600, on_card=True, weekend=True),
        Round(CAFE, "dining", 7, 520, 1280),
        Round(FUEL, "transport", 2.2, 5200, 8400, on_card=True),
        Round(PARKING, "transport", 4, 300, 1400),
        Round(SALON, "personal_care", 1, 4200, 7800),
        Round(FLOWERS, "shopping", 0.7, 1800, 4600),
        Round(ELECTRONICS, "technology", 0.5, 3900, 19900, on_card=True),
        Round(BOOKS, "education", 0.8, 1400, 3900),
    ),
    budgets=(("housing", 1340), ("shopping", 800), ("travel", 600), ("health", 250),
             ("dining", 320), ("groceries", 260)),
    tails=("8840", "2295", "5107"),
    lowest=-24500,
    savings_opening=930000,
)  # fmt: skip

SAM = NamedPerson(
    full_name="Sam Fallowbrook",
    quarterly_saving=60000,
    email="sam@example.com",
    age_bracket="35-44",
    employment_status="employed",
    branch="Southmere",
    location="Southmere Dock",
    employer="Tidewater Port",
    pay_day=28,
    salary=231000,
    risen_salary=238000,
    raise_month=4,
    saving=25000,
    saving_day=2,
    bills=(
        Bill("Dockside Housing", "rent", 1, 76000, "rent"),
        Bill("Southern Light Energy", "energy", 8, 9300, rise_at=16, risen=10250),
        Bill("Seawire Internet", "internet", 10, 2800),
        Bill("Peak Mobile", "phone", 14, 1500),
        Bill("Open Classroom", "courses", 12, 1900),
        Bill("Cloudbox", "software_cloud", 20, 249),
    ),
    rounds=(
        Round(GREENLEAF, "groceries", 7, 1600, 4800),
        Round(FUEL, "transport", 2, 3800, 5600, on_card=True),
        Round(CAFE, "dining", 5, 380, 920),
        Round(BISTRO, "dining", 1, 2400, 5200, on_card=True, weekend=True),
        Round(ONLINE, "shopping", 1.6, 1200, 5400, on_card=True),
        Round(HARDWARE, "housing", 0.8, 1200, 6400),
        Round(PHARMACY, "health", 0.7, 500, 1800),
    ),
    budgets=(("housing", 800), ("groceries", 260), ("utilities", 150), ("dining", 80)),
    tails=("6120", "3471", "9903"),
    lowest=7600,
    savings_opening=246000,
)  # fmt: skip

NORTH_PEOPLE = (JOHN, JANE, CHARLIE)
SOUTH_PEOPLE = (SAM,)
