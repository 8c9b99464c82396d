"""Names of places that card lines carry after the merchant: facts, kept apart from the code."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STATES: frozenset[str] = _words(
    """
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH
    NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AB BC MB NB NL NS ON
    PE QC SK
    """
)

_CITY_LINES = """
new york;los angeles;chicago;houston;phoenix;philadelphia;san antonio;san diego;dallas;san jose
austin;jacksonville;fort worth;columbus;charlotte;san francisco;indianapolis;seattle;denver
washington;boston;el paso;nashville;detroit;oklahoma city;portland;las vegas;memphis;louisville
baltimore;milwaukee;albuquerque;tucson;fresno;sacramento;kansas city;mesa;atlanta;omaha
colorado springs;raleigh;miami;long beach;virginia beach;oakland;minneapolis;tulsa;tampa;arlington
new orleans;wichita;cleveland;bakersfield;aurora;anaheim;honolulu;santa ana;riverside;lexington
stockton;st louis;saint paul;st paul;cincinnati;pittsburgh;greensboro;anchorage;plano;lincoln
orlando;irvine;newark;toledo;durham;chula vista;fort wayne;jersey city;st petersburg;laredo;madison
chandler;buffalo;lubbock;scottsdale;reno;glendale;gilbert;winston salem;north las vegas;norfolk
chesapeake;garland;irving;hialeah;fremont;boise;richmond;baton rouge;spokane;des moines;tacoma
san bernardino;modesto;fontana;santa clarita;birmingham;oxnard;fayetteville;rochester;evanston
cupertino;mountain view;palo alto;redmond;bellevue;cambridge;brooklyn;salt lake city
toronto;montreal;vancouver;calgary;ottawa;edmonton;winnipeg;mississauga;quebec;hamilton
london;manchester;leeds;glasgow;edinburgh;liverpool;bristol;sheffield;cardiff;belfast;nottingham
leicester;coventry;brighton;oxford;dublin;cork;galway
berlin;hamburg;munich;muenchen;münchen;koeln;köln;frankfurt;stuttgart;duesseldorf;düsseldorf
leipzig;dresden;hannover;nuernberg;nürnberg;bremen;wien;vienna;graz;zurich;zürich;geneve;basel;bern
paris;lyon;marseille;toulouse;bordeaux;lille;nantes;bruxelles;brussel;brussels;antwerpen;gent
amsterdam;rotterdam;utrecht;den haag;eindhoven;madrid;barcelona;valencia;sevilla;lisboa;porto
roma;milano;torino;napoli;praha;prague;brno;ostrava;plzen;warszawa;krakow;kraków;budapest
stockholm;oslo;copenhagen;kobenhavn;helsinki
johannesburg;cape town;durban;pretoria;sydney;melbourne;brisbane;perth;auckland;singapore
"""
CITIES: frozenset[str] = frozenset(
    name for line in _CITY_LINES.strip().splitlines() for name in line.split(";")
)
