"""Invented towns, people, employers and shops: combined at random, met nowhere else."""

from dataclasses import dataclass

FIRST_NAMES: tuple[str, ...] = (
    *("Alba", "Anders", "Aria", "Arlo", "Bea", "Bram", "Cato", "Cleo", "Corin", "Dara", "Della"),
    *(
        "Eamon",
        "Edda",
        "Elio",
        "Esme",
        "Fenn",
        "Flora",
        "Gideon",
        "Greta",
        "Hale",
        "Hedda",
        "Idris",
    ),
    *("Ines", "Ivo", "Jago", "Juna", "Kai", "Kerra", "Lars", "Leda", "Lorne", "Mabel", "Marek"),
    *("Mira", "Nell", "Nico", "Odin", "Oona", "Orla", "Pavel", "Pia", "Quinn", "Rafe", "Runa"),
    *("Sander", "Selma", "Silas", "Sunna", "Tarn", "Thea", "Tove", "Una", "Vera", "Viggo", "Wren"),
    *("Yara", "Yves", "Zadie", "Zeno"),
)
_SURNAME_STARTS = (
    *("Amber", "Alder", "Birch", "Bramble", "Brindle", "Cinder", "Clover", "Copper", "Dapple"),
    *(
        "Elder",
        "Fallow",
        "Fennel",
        "Flint",
        "Frost",
        "Gale",
        "Hazel",
        "Heather",
        "Juniper",
        "Larch",
    ),
    *("Linden", "Marl", "Meadow", "Nettle", "Oaken", "Pebble", "Quill", "Reed", "Rowan", "Sorrel"),
    *("Tansy", "Thistle", "Umber", "Willow", "Yarrow"),
)
_SURNAME_ENDS = (
    "wick",
    "combe",
    "vale",
    "mere",
    "shaw",
    "stead",
    "gate",
    "worth",
    "field",
    "brook",
)
SURNAMES: tuple[str, ...] = tuple(a + b for a in _SURNAME_STARTS for b in _SURNAME_ENDS)

EMPLOYERS: tuple[str, ...] = (
    *("Alder Joinery", "Beacon Logistics", "Bluebell School", "Brightside Clinic", "Canal Foundry"),
    *("Cedar Software", "Copperfield Works", "Fernhill Council", "Granite Build", "Harbour Works"),
    *("Hearth Bakeries", "Ivy House Hotels", "Juniper Media", "Kite Insurance Office"),
    *("Lantern Theatre", "Millrace Textiles", "Northlight Studio", "Orchard Farms"),
    *("Pinewood Timber", "Quarry Lane Garage", "Redstone Rail", "Sable Design", "Tidewater Port"),
    *("Umbra Labs", "Vale Hospital", "Wharf Street Legal", "Yew Tree Care", "Zephyr Energy Office"),
)


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch and the places its customers live in."""

    name: str
    places: tuple[str, ...]
    weight: int


NORTH_BRANCHES: tuple[Branch, ...] = (
    Branch("Northport", ("Northport Quay", "Northport Hill", "Saltmarsh"), 24),
    Branch("Elmstead", ("Elmstead", "Elmstead Green"), 20),
    Branch("Westbridge", ("Westbridge", "Weir End", "Millrace"), 18),
    Branch("Kingsford", ("Kingsford", "Kingsford Park"), 16),
    Branch("Lakemouth", ("Lakemouth", "Reedham Shore"), 12),
    Branch("Hollow Hill", ("Hollow Hill", "Upper Hollow"), 10),
)
SOUTH_BRANCHES: tuple[Branch, ...] = (
    Branch("Southmere", ("Southmere", "Southmere Dock"), 34),
    Branch("Ashcombe", ("Ashcombe", "Ashcombe Heath"), 28),
    Branch("Redcliff Bay", ("Redcliff Bay", "Cliff End"), 22),
    Branch("Millbrook", ("Millbrook", "Brookside"), 16),
)


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop: name, truth category, merchant category code, cheapest and dearest usual price."""

    name: str
    category: str
    mcc: str
    low: int
    high: int


# Prices in whole units of the bank's currency.
SHOPS: dict[str, tuple[Shop, ...]] = {
    "groceries": (
        Shop("Greenleaf Market", "supermarket", "5411", 22, 88),
        Shop("Market Hall", "supermarket", "5411", 18, 62),
        Shop("Larder and Co", "supermarket", "5411", 30, 96),
        Shop("Basket Foods", "supermarket", "5411", 16, 58),
        Shop("Corner Pantry", "convenience_store", "5499", 6, 24),
    ),
    "dining": (
        Shop("Blue Door Cafe", "coffee", "5814", 6, 22),
        Shop("Station Kiosk Snacks", "fast_food", "5814", 5, 18),
        Shop("Lantern Bistro", "restaurants", "5812", 24, 78),
        Shop("Copper Kettle Restaurant", "restaurants", "5812", 20, 66),
        Shop("Night Heron Bar", "bars", "5813", 12, 48),
        Shop("Noodle Yard", "restaurants", "5812", 14, 38),
        Shop("Corner Bakery", "coffee", "5814", 4, 16),
    ),
    "transport": (
        Shop("Fuel Point", "fuel", "5541", 36, 82),
        Shop("City Transit Ticket", "public_transport", "4111", 3, 12),
        Shop("Swift Taxi", "taxi", "4121", 9, 34),
        Shop("Parkwell Parking", "parking_tolls", "7523", 3, 14),
    ),
    "shopping": (
        Shop("Threadline Clothing", "clothing", "5651", 24, 120),
        Shop("Parcel Street Online Shop", "online_shopping", "5964", 14, 95),
        Shop("Paper Lantern Books", "books", "5942", 9, 42),
        Shop("Harrow and Finch Stores", "department_store", "5311", 18, 140),
        Shop("Trailhead Sports", "sports_hobby", "5941", 20, 110),
    ),
    "health": (
        Shop("Rosemary Pharmacy", "pharmacy", "5912", 7, 38),
        Shop("Bridge Street Dental", "dentist", "8021", 45, 160),
        Shop("Clearview Optician", "eye_care", "8043", 60, 180),
        Shop("Valley Physio", "doctor", "8049", 35, 70),
    ),
    "entertainment": (
        Shop("Aurora Cinema", "streaming", "7832", 11, 34),
        Shop("Old Mill Theatre", "events", "7922", 22, 85),
        Shop("Pixel Forge Games", "games", "7994", 8, 60),
        Shop("Stonebridge Museum", "events", "7991", 8, 26),
    ),
    "personal_care": (
        Shop("Velvet Chair Hair Salon", "hair_beauty", "7230", 22, 68),
        Shop("Whitewash Laundry", "laundry", "7211", 8, 24),
    ),
    "technology": (
        Shop("Circuit House Electronics", "electronics", "5732", 25, 240),
        Shop("Appsmith Software", "software_cloud", "5734", 6, 60),
    ),
    "education": (
        Shop("Openleaf Courses", "courses", "8299", 25, 120),
        Shop("Scholar Lane Courses", "courses", "8299", 18, 80),
    ),
    "housing": (
        Shop("Sturdy Hardware", "home_improvement", "5251", 12, 110),
        Shop("Willow and Oak Furniture", "furniture", "5712", 40, 320),
    ),
    "family": (
        Shop("Little Acorn Childcare", "childcare", "8351", 60, 220),
        Shop("Whisker Pet Shop", "pets", "5995", 14, 62),
        Shop("Bluebell Flowers", "gifts", "5992", 15, 48),
    ),
    "giving": (Shop("Open Hands Foundation", "donations", "8398", 10, 40),),
    "travel": (
        Shop("Skylark Airlines", "flights", "4511", 120, 420),
        Shop("Seaview Hotel", "lodging", "7011", 110, 460),
        Shop("Wayfarer Travel Tours", "trips", "4722", 60, 260),
    ),
    "car": (Shop("Quarry Lane Auto Repair", "car_costs", "7538", 80, 420),),
}
