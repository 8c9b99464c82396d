"""Ordinary words, right more often than not and the first to give way; format as in `keywords`."""

WORDS = """
groceries: grocery; groceries; supermarket; supermarkt; supermercado; supermarche; food mart;
    foods; market; farmers market; butcher; butchery; metzgerei; boucherie; deli; superette; fruit;
    greengrocer; potraviny; lebensmittel; boodschappen; superspar; kwikspar; epicerie; grocer;
    biltong; fresh produce; organic market; pantry; mercado; hypermarket; superstore
convenience_store: convenience; kiosk; corner shop; mini mart; minimart; trafik; spati; tabac;
    quick stop; kwik shop; food store; cafe and store
alcohol_shop: liquor; liquors; wine; wines; winery; brewery; bottle store; spirits; weinhandlung
restaurants: restaurant*; ristorante; restaurante; trattoria; bistro; brasserie; steakhouse; sushi;
    grill; diner; pizzeria; gasthaus; restaurace; tavern; noodle*; ramen; curry; thai; kitchen;
    bbq; barbecue; eatery; cantina; taqueria; buffet; seafood; indian cuisine; dim sum; mexican;
    chinese; korean; hibachi; cuisine; steak; steaks; crab; oyster bar; grille; wok; bar grill
fast_food: pizza; burger; burgers; kebab; doner; imbiss; takeaway; taco; tacos; sandwich*; snack;
    chicken; wings; drive in; drive thru; hot dog; hot dogs; subs; hoagie; fried chicken;
    fish chips; gyro; gyros; burrito; burritos; snackbar; fries; cheesesteak*; snacks
coffee: coffee; cafe; cafeteria; caffe; espresso; bakery; baeckerei; backerei; boulangerie;
    patisserie; roasters; donut*; doughnut*; bagel*; kavarna; pekarna; tea house; ice cream;
    gelato; frozen yogurt; konditorei; roastery; smoothie*; juice bar; creamery; cupcake*; yogurt
bars: bar; pub; cocktail*; nightclub; brewpub; taproom; saloon; alehouse; kneipe; hospoda; pivnice;
    biergarten; lounge; shisha; sports bar; beer garden
fuel: fuel; petrol; gas station; gasoline; tankstelle; tanken; petroleum; filling station; diesel;
    gas mart; travel plaza; service station; truck stop; carburant; cerpaci stanice; fuels;
    petrol station; convenience gas; travel center; gas and go; fast fuel; benzin; gas stop;
    oil co; petro
public_transport: transit; metro; subway fare; bus ticket; bus pass; bus; train ticket; tram;
    railway; metro card; travel card; season ticket; verkehrsbetriebe; jizdenka; commuter; train
taxi: taxi; cab; cabs; ride share; rideshare; ride sharing; minicab; shuttle
parking_tolls: parking; parkhaus; toll; tolls; car park; parkplatz; parkovani; peage;
    garage parking; parking meter; parking garage; parkeren; e toll; car parks; valet
car_costs: car wash; auto repair; auto parts; mechanic; tyres; tyre; tire; tires; autowerkstatt;
    werkstatt; motors; car service; autoservis; oil change; collision; auto body; automotive;
    towing; smog; brake; brakes; transmission; muffler; lube; windshield; panel beaters;
    vehicle licence; autoglass; auto service; car care; radiator; auto
bikes_scooters: bike; bicycle; cycles; scooter; fahrrad
shopping: mall; boutique; variety store; gift shop; retail; outlet; marketplace; einkauf
clothing: clothing; apparel; fashion; shoe; shoes; footwear; jewelry; jewellery; jewelers;
    menswear; womenswear; dress; jeans; sneaker*; boots shoes; schuhe; kleidung; tailor; lingerie;
    earrings; necklace; bracelet; sandals; sandal; shirt; shirts; pants; leggings; hoodie; sweater;
    jacket; socks; dresses; skirt; slippers; loafers; loafer; heels; pendant; ring set; ankle boot;
    t shirt; bra; romper
books: bookstore; bookshop; books; book; buchhandlung; magazine; newspaper; zeitung; librairie;
    news agent; newsagent; paperback; hardcover; novel; knihkupectvi
sports_hobby: sporting goods; sports; hobby; toys; toy; craft; crafts; fishing; golf shop; yarn;
    outdoor gear; camping; tent; kayak; paint by; acrylic paint; watercolor; sewing; crochet;
    knitting; canvas; paintbrush*; marker pens; crayons; colored pencils; dumbbell*; yoga mat;
    basketball; soccer
online_shopping: online shop; webshop; online purchase; internet purchase; online store
rent: rent; apartments; lettings; property management; housing association; hausverwaltung;
    landlord; estate agents; realty; properties; housing; rental payment
home_improvement: hardware; lumber; garden centre; garden center; nursery garden; baumarkt; paint;
    building supplies; plumbing supply; tools; tool; drill; screwdriver; wrench; hammer; saw;
    pliers; ladder; garden; lawn; light bulb*; sander; socket set; power tool*; drill bit;
    drill bits; toolbox
furniture: furniture; mobel; moebel; mattress; home decor; nabytek; meubles; sofa; couch; dresser;
    bookcase; bookshelf; nightstand; coffee table; dining table; recliner; ottoman; bed frame; rug;
    curtains; curtain; throw pillow*; wall art; lamp; appliance*; cookware; microwave;
    refrigerator; dishwasher; toaster; blender; air fryer; vacuum cleaner; frying pan; knife set;
    bakeware; desk chair
home_services: plumber; plumbing; electrician; cleaning service; roofing; pest control; locksmith;
    handyman; gardener; removals; landscaping; hvac; security services; armed response;
    heating repair
energy: electric; electricity; energy; power company; gas bill; strom; elektrizitat; heating;
    solar; electricite; power light; electric coop*; natural gas; utility gas; energie;
    electricity bill; gas company; edison; power and light; power co; gas electric;
    stromversorgung; elektrina; plyn
water: water; sewer; sewage; waste; trash; wasser; abwasser; abfall; water bill; municipality;
    municipal; water district; water dept; sanitation; refuse; recycling; eau; vodne; vodarny;
    wasserwerk
internet: internet; broadband; fibre; fiber; wifi; cable tv; isp; wi fi; satellite internet; dsl
phone: mobile; wireless; telecom; cellular; telephone; phone bill; handy; prepaid; data bundle;
    sim only; mobile phone bill; telefon; telco; communications
travel: travel; tours; tourism; vacation; holiday; cruise; reisen; reiseburo; cestovni kancelar
flights: airlines; airline; airways; flight; flights; airport; flug
lodging: hotel; hotels; motel; hostel; inn; resort; lodge; guesthouse; guest house; suites; b b;
    pension zimmer; campground; campsite; ubytovani; ferienwohnung; inn suites; hotel resort;
    villas
car_rental: car rental; rental car; car hire; mietwagen; autovermietung; van hire; truck rental
health: health; medical; clinic; wellness; physio; physiotherapy; chiropractic; chiro; therapy;
    gesundheit; healthcare; counseling; psychologist; acupuncture; dermatology
doctor: hospital; doctor; dr med; physician; surgery; klinik; arztpraxis; laboratory; radiology;
    pediatrics; urgent care; nemocnice; polyclinic; pathology; praxis; orthopedic; cardiology; gp
dentist: dental; dentist; zahnarzt; orthodontics; orthodontist; dentistry; zubni
pharmacy: pharmacy; apotheke; pharmacie; chemist; farmacia; drugstore; lekarna; vitamins; drugs;
    supplements; vitamin; supplement; capsules; softgels; apotheek; multivitamin; probiotic;
    gummies; drogerie; pharmacies; omega 3; herbal
eye_care: optician*; optical; optometrist; eyewear; eye care; optik; optometry; vision center
fitness: gym; fitness; yoga; pilates; sports club; sportverein; fitnesscentrum; health club;
    martial arts; karate; boxing; personal training; athletic club; sportstudio; dance studio;
    crossfit box
hair_beauty: salon; barber; barbers; hair; hairdresser; beauty; nails; nail; friseur; coiffeur;
    spa; cosmetics; kadernictvi; massage; shampoo; conditioner; lipstick; mascara; eyeliner;
    eyeshadow; concealer; skincare; perfume; lash; lashes; eyebrow; makeup; lip gloss; blush;
    tanning; waxing; barbershop; haircut; foundation spf; moisturizer; hairspray; beauty supply;
    brow; face powder; lotion
laundry: laundry; dry clean*; cleaners; laundromat; reinigung; wascherei; launderette; car laundry
personal_care: personal care; toiletries; deodorant; toothpaste; razor; razors; soap; body wash
entertainment: entertainment; leisure; club; recreation; fun; amusement
streaming: cinema; cinemas; movie; movies; kino; theatre movies; streaming; theaters; theatres;
    subscription; film; blu ray; dvd; imax; drive in theater; television licence; pay tv
music: music; records; vinyl; musik; radio subscription; guitar; piano; headset music
games: game; games; gaming; arcade; puzzle; board game; card game; console; joystick; esports
events: theatre; theater; museum; concert; tickets; festival; zoo; aquarium; bowling; golf;
    stadium; theme park; amusement park; opera; gallery; water park; arena; oper; divadlo;
    escape room; skating; trampoline; mini golf; country club; ski resort; botanical garden; fair;
    galerie; musee
gambling: casino; betting; lottery; bet; poker; sportsbook; sazka; wettburo; gambling; bingo; slots
technology: technology; computers; tech; it services; computer repair; phone repair
electronics: electronics; computer; camera; tv; television; headphone*; laptop; iphone; smartphone;
    tablet; monitor; keyboard; bluetooth; usb; earbuds; speaker; speakers; printer; ssd; hdmi;
    charger; router; elektronik; webcam; soundbar; lens; dslr; tripod; gpu; motherboard; galaxy s;
    ipad; macbook; chromebook; led tv; smart tv; 4k; cell phone; phone case; unlocked; android;
    desktop pc; subwoofer; projector; micro sd; memory card; hard drive; graphics card; mouse;
    amplifier; earphones; headset
software_cloud: software; cloud storage; hosting; domain; saas; app store; vpn; licence key;
    antivirus
courses: course; courses; training; workshop; seminar; lessons; tutoring; kurs; online class;
    bootcamp; language school; driving school; fahrschule; tutor; webinar; exam; certification
education: education; learning; academy; student; lernen; textbook; textbooks; school supplies
tuition: tuition; school fees; university; college; schule; universitat; school; skolne; kollege
insurance: insurance; versicherung; assurance; pojisteni; pojistne; verzekering; assurances;
    insur*; underwriters; policy premium; assicurazioni; seguros
childcare: childcare; daycare; day care; nursery; kindergarten; preschool; baby; babysitter;
    diaper*; kids; toddler; creche; stroller; infant; newborn; onesie; car seat; bassinet; crib;
    pacifier; skolka; au pair; after school
pets: pet; pets; dog; cat; dog food; cat food; tierbedarf; pet shop; kennel; kennels; grooming;
    puppy; aquarium supplies; tierfutter
veterinary: vet; veterinary; veterinarian; tierarzt; animal clinic; veterina
gifts: gift; gifts; florist; flowers; flower; blumen; present; greeting card*; kvetiny; fleuriste
donations: donation; charity; church; spende; foundation; tithe; ministries; humane society;
    relief fund; non profit; nadace; zbor; kirche; synagogue; mosque; parish; kirchensteuer
memberships: membership; annual dues; verein; union dues; club dues; mitgliedsbeitrag; trade union
fees: fee; fees; charges; gebuhr; gebuehr; penalty; entgelt; frais; commission; surcharge
taxes: tax; taxes; treasury; revenue service; customs duty; zoll; dan; impuesto
fines: fine; fines; court; bezirksgericht; passport; licensing dept; county clerk; motor vehicles
card_payment: e payment; epayment; autopay; epay; crd; card bill; creditcard bill
own_transfer: xfer; own funds
interest_earned: interest
payments_to_people: payment to friend; sent money; send money; pay a friend; instant money
post_shipping: post office; postage; courier; shipping; self storage; storage unit; storage; porto;
    posta; parcel; mailbox; poste; postamt; moving company
professional_services: lawyer; attorney; legal; notary; accountant; accounting; tax preparation;
    steuerberater; consulting; solicitor*; rechtsanwalt; law office*; ucetni; advokat;
    financial adviser
work_costs: office supplies; printing; stationery; co working; coworking; papeterie; copy shop
tobacco: tobacco; cigarettes; cigar; cigars; smoke; hookah
cash_withdrawal: withdrawal cash; atm
household_payment: household; household payment; sipo; haushalt
other_income: honorarium; allowance received; grant payment; prize
"""
