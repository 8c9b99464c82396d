"""Merchant category codes (ISO 18245) to our categories: single codes first, then ranges."""

from bisect import bisect_right

_GROUPS: dict[str, str] = {
    "veterinary": "742",
    "home_services": "780 1711 1731 1740 1750 1761 1771 1799 7217 7342 7349 7393 7622 7623 7629"
    " 7641 7692 7699",
    "trips": "4112 4011 4411 4457 4468 4722 4723 7012",
    "public_transport": "4111 4131",
    "taxi": "4121",
    "doctor": "4119 8011 8031 8041 8049 8062 8071 8099",
    "post_shipping": "4214 4215 4225 9402",
    "flights": "4511 4582",
    "lodging": "7011 7032 7033",
    "parking_tolls": "4784 7523",
    "transport": "4789",
    "phone": "4812 4814 4815",
    "software_cloud": "4816 5734 7372 7375 7379 5817 5818",
    "streaming": "4899 7832 7829 7841",
    "own_transfer": "4829",
    "utilities": "4900",
    "car_costs": "5013 5511 5521 5531 5532 5533 5551 5561 5571 5592 5598 5599 7531 7534 7535 7538"
    " 7542 7549 8675",
    "furniture": "5021 5712 5713 5714 5718 5719 5722",
    "home_improvement": "5039 5072 5074 5198 5200 5211 5231 5251 5261 5271 5996 5998",
    "electronics": "5044 5045 5065 5732 5946 7395",
    "pharmacy": "5047 5122 5912 5976",
    "work_costs": "5046 5051 5085 5111 5943 5978 7311 7332 7333 7338 7339 7361 7392 7394 7399 9950",
    "clothing": "5094 5131 5137 5139 5611 5621 5631 5641 5651 5661 5681 5691 5697 5698 5699 5944"
    " 5948 5949 7251 7296 7631",
    "fuel": "5172 5541 5542 5983 7511",
    "books": "5192 5942 5994 2741",
    "gifts": "5193 5947 5992",
    "shopping": "5099 5169 5199 5399 5931 5932 5933 5935 5937 5950 5971 5972 5973 5997 5999 7278",
    "supermarket": "5300 5411 5422 5441 5451 5462",
    "convenience_store": "5499",
    "department_store": "5309 5310 5311 5331",
    "sports_hobby": "5655 5733 5735 5832 5940 5941 5945 5970",
    "restaurants": "5811 5812",
    "bars": "5813",
    "fast_food": "5814",
    "alcohol_shop": "5921",
    "online_shopping": "5961 5963 5964 5965 5966 5967 5968 5969",
    "insurance": "5960 6300 6381 6399",
    "travel": "5962",
    "eye_care": "8042 8043 8044",
    "health": "5975 7277 7297",
    "hair_beauty": "5977 7230 7298",
    "tobacco": "5993",
    "pets": "5995",
    "games": "5816 7993 7994",
    "music": "5815",
    "cash_withdrawal": "6010 6011",
    "fees": "6012",
    "investment_transfer": "6051 6211",
    "rent": "6513",
    "laundry": "7210 7211 7216",
    "personal_care": "7221 7299 7273",
    "professional_services": "7276 7321 8111 8911 8931 8999 8734",
    "other_spending": "7261",
    "car_rental": "7512 7513 7519",
    "events": "7911 7922 7929 7932 7933 7941 7991 7992 7996 7998 7999",
    "gambling": "7995",
    "fitness": "7997",
    "dentist": "8021",
    "care_at_home": "8050",
    "tuition": "8211 8220",
    "courses": "8241 8244 8249 8299",
    "childcare": "8351",
    "donations": "8398 8651 8661",
    "memberships": "8641 8699",
    "fines": "9211 9222 9223 9399",
    "tax_payment": "9311",
}

MCC_CODES: dict[int, str] = {
    int(number): code for code, numbers in _GROUPS.items() for number in numbers.split()
}

# Single airlines, car rental firms and hotels each hold a block; the rest are the broad classes.
MCC_RANGES: tuple[tuple[int, int, str], ...] = (
    (1500, 1799, "home_services"),
    (3000, 3350, "flights"),
    (3351, 3500, "car_rental"),
    (3501, 3999, "lodging"),
    (4000, 4799, "transport"),
    (4812, 4899, "phone"),
    (5000, 5199, "shopping"),
    (5200, 5299, "home_improvement"),
    (5300, 5399, "shopping"),
    (5400, 5499, "groceries"),
    (5500, 5599, "transport"),
    (5600, 5699, "clothing"),
    (5700, 5799, "furniture"),
    (5811, 5814, "dining"),
    (5900, 5999, "shopping"),
    (7200, 7299, "personal_care"),
    (7300, 7399, "other_spending"),
    (7500, 7599, "car_costs"),
    (7600, 7699, "home_services"),
    (7800, 7999, "entertainment"),
    (8000, 8099, "health"),
    (8200, 8299, "education"),
    (9200, 9402, "taxes"),
)
_STARTS = [low for low, _, _ in MCC_RANGES]


def map_mcc(mcc: int | str) -> str | None:
    """Our code for a merchant category code, or None where it says nothing about a purpose."""
    try:
        number = int(mcc)
    except ValueError:
        return None
    known = MCC_CODES.get(number)
    if known is not None:
        return known
    position = bisect_right(_STARTS, number) - 1
    if position < 0:
        return None
    _, high, code = MCC_RANGES[position]
    return code if number <= high else None
