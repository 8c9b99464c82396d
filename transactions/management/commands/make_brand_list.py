"""Make the list of well-known names anew from its two public sources; for whoever maintains the product."""

import csv
import gzip
import json
import re
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from transactions.categories.categorise import searchable
from transactions.categories.reference import BY_CODE, map_mcc
from transactions.categories.textmodel import brands

# Kinds of places in the name-suggestion-index, by the category of ours that they are.
_KINDS = """
supermarket: shop/supermarket shop/greengrocer shop/butcher shop/bakery shop/deli shop/frozen_food
    shop/health_food shop/seafood shop/cheese shop/wholesale shop/farm shop/dairy shop/food shop/tea
    shop/coffee shop/spices shop/nuts shop/chocolate shop/confectionery shop/pastry shop/beverages
    shop/water
convenience_store: shop/convenience shop/kiosk shop/newsagent
alcohol_shop: shop/alcohol shop/wine
restaurants: amenity/restaurant amenity/food_court
fast_food: amenity/fast_food
coffee: amenity/cafe amenity/ice_cream
bars: amenity/pub amenity/bar
fuel: amenity/fuel
car_costs: shop/car_repair shop/car_parts shop/tyres amenity/car_wash shop/car shop/motorcycle
    amenity/vehicle_inspection shop/caravan shop/truck
parking_tolls: amenity/parking
energy: amenity/charging_station office/energy_supplier
clothing: shop/clothes shop/shoes shop/jewelry shop/watches shop/bag shop/fashion_accessories
    shop/fabric shop/leather shop/sewing
department_store: shop/department_store shop/variety_store shop/mall shop/second_hand shop/charity
furniture: shop/furniture shop/bed shop/houseware shop/interior_decoration shop/kitchen
    shop/lighting shop/curtain shop/carpet shop/appliance shop/bathroom_furnishing
    shop/household_linen
home_improvement: shop/doityourself shop/hardware shop/paint shop/flooring shop/garden_centre
    shop/tiles shop/trade shop/tool_hire shop/doors shop/window_blind shop/swimming_pool
    shop/agrarian
electronics: shop/electronics shop/computer shop/hifi shop/camera shop/photo shop/video_games
    shop/radiotechnics shop/printer_ink
phone: shop/mobile_phone shop/telecommunication office/telecommunication
books: shop/books
sports_hobby: shop/sports shop/outdoor shop/craft shop/art shop/bicycle shop/fishing shop/hunting
    shop/music shop/musical_instrument shop/golf shop/games shop/model shop/scuba_diving
    shop/stationery shop/weapons
family: shop/toys shop/baby_goods
pets: shop/pet shop/pet_grooming
veterinary: amenity/veterinary
gifts: shop/gift shop/florist shop/party
personal_care: shop/cosmetics shop/perfumery shop/chemist shop/beauty shop/hairdresser
    shop/hairdresser_supply shop/massage shop/tattoo shop/erotic shop/nutrition_supplements
    shop/tanning
laundry: shop/laundry shop/dry_cleaning
pharmacy: amenity/pharmacy shop/medical_supply
eye_care: shop/optician
doctor: amenity/doctors amenity/clinic amenity/hospital healthcare/laboratory amenity/dentist
    healthcare/blood_donation shop/hearing_aids healthcare/counselling healthcare/physiotherapist
fitness: leisure/fitness_centre leisure/sports_centre leisure/dance
events: amenity/cinema leisure/bowling_alley leisure/trampoline_park leisure/amusement_arcade
    leisure/escape_game tourism/theme_park tourism/museum
gambling: shop/bookmaker shop/lottery leisure/adult_gaming_centre amenity/casino
lodging: tourism/hotel tourism/motel tourism/hostel tourism/apartment tourism/camp_site
    tourism/caravan_site
car_rental: amenity/car_rental amenity/car_sharing
trips: shop/travel_agency
bikes_scooters: amenity/bicycle_rental amenity/scooter_rental
taxi: amenity/taxi
insurance: office/insurance
post_shipping: amenity/post_office amenity/parcel_locker office/courier shop/copyshop
childcare: amenity/kindergarten amenity/childcare
courses: amenity/prep_school amenity/language_school amenity/driving_school amenity/music_school
tobacco: shop/tobacco shop/e-cigarette shop/cannabis
home_services: shop/storage_rental office/moving_company shop/locksmith
professional_services: office/tax_advisor office/estate_agent office/employment_agency
personal_loan: shop/money_lender shop/pawnbroker
"""
# Companies that run something, of the same index: who sends the water and the power bill.
_OPERATORS = {"office/water_utility": "water", "route/power": "energy"}
_PLACES = """
    001 us ca gb ie za au nz de at ch fr be nl cz sk pl it es pt se dk no fi lu hu in sg 150 021 419
    conus q27468
"""
_COUNTRIES = frozenset(_PLACES.split())
_NAMES = ("name", "brand", "short_name", "alt_name", "name:en")
# Networks whose codes each name one company: airlines, car hire, hotels.
_OWN_CODES = range(3000, 4000)


class Command(BaseCommand):
    help = (
        "Writes transactions/categories/textmodel/brands.txt from NSI (dist/json/nsi.json of the "
        "name-suggestion-index) and MCC (the table of merchant category codes)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("nsi", metavar="NSI", type=Path)
        parser.add_argument("mcc", metavar="MCC", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        found: dict[str, set[str]] = defaultdict(set)
        try:
            index = json.loads(options["nsi"].read_text())
            for code, name in [*_of_index(index["nsi"]), *_of_codes(options["mcc"])]:
                word = searchable(name).strip()
                if word.isascii() and len(word) > 2 and not word.isdigit():
                    found[code].add(word)
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"This is no such file: {error}") from None
        unknown = found.keys() - BY_CODE.keys()
        if unknown:
            raise CommandError(f"Unknown category codes: {', '.join(sorted(unknown))}")
        head = brands.LIST.read_text().split("\n\n", 1)[0] if brands.LIST.exists() else "#"
        lines = [f"{code}: {';'.join(sorted(names))}" for code, names in sorted(found.items())]
        brands.LIST.write_text(head + "\n\n" + "\n".join(lines) + "\n")
        self.stdout.write(f"{sum(map(len, found.values()))} names in {len(found)} categories")


def _of_index(index: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kinds: dict[str, str] = {}
    for line in re.sub(r"\n +", " ", _KINDS).strip().splitlines():
        code, _, paths = line.partition(":")
        kinds |= dict.fromkeys(paths.split(), code)
    for path, held in index.items():
        tree, _, kind = path.partition("/")
        own = {"brands": kinds, "operators": _OPERATORS}.get(tree, {}).get(kind)
        for item in held["items"] if own else ():
            if not any(map(_is_near, item["locationSet"].get("include", []))):
                continue
            tags = item["tags"]
            keys = _NAMES if tree == "brands" else ("operator",)
            names = [item["displayName"], *(tags.get(key) for key in keys)]
            for name in [*names, *item.get("matchNames", [])]:
                for part in re.split(r"[;/|]", re.sub(r"\([^()]*\)", "", name or "")):
                    yield str(own), part


def _is_near(place: Any) -> bool:
    # A point with a radius is one town's: kept, there are few.
    return not isinstance(place, str) or place.lower().split("-")[0] in _COUNTRIES


def _of_codes(path: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.reader(file):
            if row and row[0].isdigit() and int(row[0]) in _OWN_CODES:
                own = map_mcc(row[0])
                for name in row[1:3] if own else ():
                    yield str(own), name
