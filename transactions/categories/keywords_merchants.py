"""Names of merchants that people know, in several countries; the format is that of `keywords`."""

MERCHANTS = """
supermarket: aldi; lidl; tesco; sainsbury*; asda; morrisons; waitrose; ocado; kroger; trader joe s;
    trader joes; whole foods; wholefds*; safeway; publix; wegmans; heb; h e b; giant eagle;
    food lion; albertsons; vons; ralphs; meijer; winco; sprouts farmers; sprouts; hy vee;
    stop shop; shoprite; shop rite; giant food; harris teeter; costco; costco whse; sams club;
    bjs wholesale; food 4 less; winn dixie; piggly wiggly; save mart; smart final; rewe; edeka;
    kaufland; penny markt; netto marken; norma; tegut; hofer; billa; spar; migros; coop; carrefour;
    leclerc; e leclerc; auchan; intermarche; monoprix; casino supermarche; super u; albert heijn;
    jumbo supermarkt; delhaize; colruyt; mercadona; dia; eroski; esselunga; conad;
    albert hypermarket; penny market; globus; checkers; checkers hyper; pick n pay; pnp;
    woolworths; food lovers; boxer superstore*; loblaws; sobeys; metro plus; no frills; coles;
    instacart; gorillas; hellofresh; hello fresh; iceland foods; co op group; coop food; m s food;
    marks spencer food; greenleaf market; biedronka; zabka; ica supermarket; willys; rohlik;
    supercenter; wm supercenter; walmart; wal mart; freshdirect; grocery outlet; amazon fresh
convenience_store: 7 eleven; 7eleven; circle k; wawa; sheetz; quiktrip; quik trip; caseys;
    speedway; cumberland farms; londis; spar express; family mart; lawson
alcohol_shop: total wine; bevmo; liquor city; tops liquor; majestic wine; nicolas vins
restaurants: olive garden; applebees; chilis; ihop; dennys; cheesecake factory; red lobster;
    texas roadhouse; outback steakhouse; cracker barrel; nandos; wagamama; pizza express; vapiano;
    buffalo wild wings; red robin; ruby tuesday; tgi fridays; waffle house; spur steak;
    ocean basket; pf changs; opentable; noodles co; ruths chris; longhorn steak*; benihana;
    mugg bean
fast_food: mcdonald s; mcdonalds; mcd; burger king; kfc; subway; taco bell; wendys; wendy s;
    chick fil a; chipotle; dominos; domino s; pizza hut; papa johns; papa john s; five guys;
    panda express; popeyes; sonic drive in; arbys; jack in the box; in n out; shake shack;
    whataburger; dairy queen; jimmy johns; jersey mike s; little caesars; panera; raising canes;
    culvers; hardees; carls jr; zaxbys; bojangles; wingstop; el pollo loco; white castle;
    long john silvers; del taco; qdoba; baja fresh; quiznos; steers; debonairs; fishaways;
    roman s pizza; chicken licken; wimpy; greggs; pret a manger; leon; nordsee; quick burger;
    uber eats; ubereats; doordash; grubhub; deliveroo; just eat; justeat; lieferando; mr d food;
    wolt; seamless; postmates; takeaway com; glovo; foodora; dame jidlo; skip the dishes
coffee: starbucks; dunkin; dunkin donuts; blue bottle coffee; peets coffee; peet s; costa;
    costa coffee; caffe nero; tim hortons; krispy kreme; vida e caffe; philz; caribou coffee;
    dutch bros; einstein bros; corner bakery; seattle coffee; le pain quotidien; paul bakery;
    baskin robbins; ben jerry s; cinnabon; jamba juice; mugg and bean
bars: wetherspoon; j d wetherspoon; brewdog; greene king
fuel: shell; shell oil; exxon; exxonmobil; exxon mobil; chevron; texaco; esso; aral; bp; conoco;
    phillips 66; sunoco; valero; marathon petro; arco; citgo; mobil; sinclair; 76; total energies;
    totalenergies; jet tankstelle; omv; agip; repsol; cepsa; q8; mol; orlen; benzina; engen; sasol;
    caltex; total garage; astron energy; petro canada; murphy usa; kwik trip; loves travel;
    love s travel; pilot travel; flying j; gulf oil; racetrac; getgo; cenex; fuel point;
    star tankstelle; avia; maverik; holiday stations; texas gas; costco gas
public_transport: mta; nyct; nyct paygo; bart; clipper; ventra; cta; septa; wmata; metrolink; tfl;
    tfl travel; transport for london; tfl gov; oyster; bvg; mvg; hvv; vbb; rmv; ratp; stib; gvb;
    ovpay; ns reizigers; nj transit; caltrain; amtrak commuter; gautrain; city transit; dpp;
    deutschlandticket; arriva; stagecoach; national express; mbta; translink; opal travel; myki
taxi: uber; uber trip; lyft; bolt; bolt eu; free now; freenow; cabify; gett; via ride; ola; taxify;
    indrive; liftago; curb taxi; blablacar; didi; grab ride; heetch
parking_tolls: parkmobile; paybyphone; ringgo; justpark; easypark; apcoa; ncp; spothero; e zpass;
    ezpass; fastrak; sunpass; sanral; laz parking; q park; autobahn; asfinag; tollway; parkwhiz;
    impark; sp plus parking; dartford charge; interparking; indigo park; vinci autoroutes
car_costs: jiffy lube; autozone; auto zone; o reilly auto; advance auto; pep boys; midas;
    valvoline; kwik fit; halfords; firestone; goodyear; discount tire; atu; tuv; dekra; adac; aaa;
    meineke; napa auto; supercheap auto; tiger wheel; cartrack; monro muffler; safelite; mavis
bikes_scooters: lime ride; lime; bird ride; citi bike; citibike; nextbike; voi; tier mobility;
    call a bike; lyft bike; santander cycles; swapfiets; evans cycles
online_shopping: amazon; amzn; amzn mktp; amazon mktpl; amazon com; amazon marketplace; ebay; etsy;
    aliexpress; alibaba; temu; shein; wish; zalando; otto; allegro; alza; takealot; wayfair;
    bol com; cdiscount; mercado libre; rakuten; asos; qvc; superbalist; vinted; mall cz; fnac com;
    overstock; chewy marketplace; shopify; gumroad; kickstarter; facebook marketplace
department_store: target; macys; macy s; nordstrom; kohls; kohl s; jcpenney; jc penney; dillards;
    bloomingdale*; marshalls; tj maxx; tjmaxx; t j maxx; ross stores; ross; burlington;
    dollar tree; dollar general; family dollar; big lots; five below; marks spencer; john lewis;
    debenhams; selfridges; galeria kaufhof; karstadt; el corte ingles; primark; tk maxx;
    b m retail; poundland; action; makro; game stores; boots department; kmart; myer; el palacio
clothing: h m; zara; uniqlo; gap; old navy; banana republic; levis; levi s; nike; adidas; puma;
    foot locker; footlocker; dsw; payless shoe; famous footwear; victoria s secret; lululemon;
    next; new look; river island; matalan; c a; deichmann; peek cloppenburg; mango; bershka;
    pull bear; mr price; truworths; foschini; edgars; pep stores; ackermans; threadline;
    forever 21; hollister; abercrombie; american eagle; j crew; jcrew; ann taylor;
    urban outfitters; anthropologie; skechers; timberland; the north face; patagonia; swarovski;
    pandora; kay jewelers; zales; jared; decimas
books: barnes noble; waterstones; thalia; hugendubel; foyles; kinokuniya; half price books;
    audible; kindle; kindle svcs; fnac; new york times; nytimes; washington post; the guardian;
    wsj; economist; exclusive books; cna; wh smith; whsmith; scribd; medium com; financial times
sports_hobby: decathlon; dicks sporting; dick s sporting; rei; rei com; academy sports;
    sports direct; intersport; bass pro; cabelas; michaels stores; michaels; hobby lobby; joann;
    jo ann stores; lego; toys r us; smyths; guitar center; games workshop; hobbycraft; go outdoors;
    sportsmans warehouse; total sports; sportsmans; big 5 sporting; golf galaxy; peloton; strava
home_improvement: home depot; lowes; lowe s; menards; ace hardware; true value; b q; bauhaus; obi;
    hornbach; toom; leroy merlin; castorama; wickes; screwfix; toolstation; builders warehouse;
    harbor freight; sherwin williams; bunnings; brico; tractor supply; homebase; hagebau; praktiker
furniture: ikea; crate barrel; pottery barn; west elm; williams sonoma; bed bath; ashley furniture;
    rooms to go; la z boy; xxxlutz; poco; roller; conforama; dfs; mattress firm; at home;
    homegoods; home goods; dunelm; container store; restoration hardware; pier 1; jysk; kirklands
home_services: taskrabbit; angi; servicemaster; terminix; adt; ring com; simplisafe; vivint;
    checkatrade; myhammer; roto rooter; merry maids; orkin; molly maid
energy: pg e; pge; pacific gas; con edison; con ed; coned; comed; duke energy; dominion energy;
    national grid; edf; edf energy; e on; eon energy; eon; vattenfall; enbw; engie; british gas;
    octopus energy; ovo energy; scottish power; bulb energy; cez; innogy; eskom; city power;
    xcel energy; southern california edison; so cal edison; socalgas; dte energy; fpl;
    florida power; georgia power; entergy; pseg; ameren; centerpoint; brightwater energy;
    direct energy; prepaid electricity; stadtwerke; enel; iberdrola; naturgy; rwe; shell energy;
    reliant energy; txu energy
water: thames water; severn trent; anglian water; american water; veolia; suez; water company;
    rand water; yorkshire water; united utilities; city works; waste management; republic services;
    southern water; wessex water; aqua america
internet: comcast; xfinity; spectrum; charter comm*; cox communications; cox; verizon fios;
    centurylink; frontier comm*; optimum; virgin media; sky digital; bt broadband; talktalk;
    plusnet; unitymedia; kabel deutschland; xs4all; ziggo; kpn; free telecom; sfr; upc; starlink;
    afrihost; rsaweb; vumatel; google fiber; hughesnet; windstream; webafrica; axxess; rcn; directv
phone: verizon; verizon wireless; vzw; vzwrlss; at t; att; t mobile; tmobile; sprint; mint mobile;
    vodafone; o2; telefonica; ee limited; giffgaff; three uk; telekom; deutsche telekom; congstar;
    orange; bouygues; swisscom; sunrise; vodacom; mtn; cell c; telkom; airtime; lycamobile;
    cricket wireless; metro by t mobile; boost mobile; google fi; us cellular; tracfone;
    1 1 telecom; virgin mobile; straight talk; visible; rain mobile; lebara; proximus;
    prepaid mobile; telus; rogers
flights: delta air*; united airlines; united air; american air*; southwest air*; southwes; jetblue;
    alaska air*; spirit air*; frontier airlines; british airways; easyjet; ryanair; lufthansa;
    eurowings; air france; klm; wizz air; wizzair; iberia; vueling; emirates; qatar air*;
    turkish airlines; swiss intl; austrian airlines; air canada; qantas; flysafair; kulula;
    sas air*; norwegian air; finnair; tap air; aer lingus; singapore air*; etihad; virgin atlantic;
    jet2; hawaiian air*; allegiant; ethiopian air*; ana air; japan airlines; cathay
lodging: airbnb; booking com; marriott; hilton; hyatt; holiday inn; ihg; best western; motel 6;
    premier inn; travelodge; accor; ibis; novotel; mercure; hampton inn; sheraton; westin;
    radisson; hostelworld; hotels com; vrbo; days inn; super 8; la quinta; comfort inn;
    courtyard by; four seasons; ritz carlton; fairfield inn; doubletree; embassy suites; wyndham;
    ramada; city lodge; protea hotel; red roof; hostelling; motel one; nh hotels; quality inn;
    omni hotel*
car_rental: hertz; avis; enterprise rent; enterprise rent a car; europcar; sixt; budget rent;
    alamo; national car; dollar rent; thrifty car; zipcar; turo; rentalcars; first car rental;
    bidvest car; miles mobility; share now; rent a car
trips: expedia; kayak; priceline; tripadvisor; eurostar; trainline; amtrak; deutsche bahn;
    db vertrieb; sncf; ceske drahy; regiojet; flixbus; greyhound; megabus; getyourguide; viator;
    tui; thomas cook; royal caribbean; carnival cruise; obb; trenitalia; renfe; sbb; lner;
    great western rail; avanti west; ryde ferry; stena line; p o ferries; thetrainline; travelstart
pharmacy: cvs; cvs pharmacy; walgreens; rite aid; duane reade; boots; superdrug; lloyds pharmacy;
    dm drogerie; dm fil; rossmann; dr max; clicks; dis chem; dischem; gnc; vitamin shoppe; iherb;
    holland barrett; muller drogerie; shoppers drug; benu; etos; kruidvat; docmorris; shop apotheke
doctor: kaiser permanente; kaiser; quest diagnostics; labcorp; one medical; mayo clinic; netcare;
    mediclinic; zocdoc; teladoc; cleveland clinic; minuteclinic; bupa clinic
dentist: aspen dental; mydentist; western dental; bupa dental
eye_care: specsavers; lenscrafters; warby parker; fielmann; apollo optik; vision express;
    pearle vision; visionworks; americas best; 1 800 contacts; spec savers
fitness: planet fitness; la fitness; 24 hour fitness; golds gym; gold s gym; equinox;
    anytime fitness; ymca; crossfit; orangetheory; puregym; the gym group; david lloyd; mcfit;
    fitx; clever fit; virgin active; basic fit; soulcycle; crunch fitness; lifetime fitness;
    life time fitness; urban sports; john reed; blink fitness; snap fitness; classpass; f45;
    pure barre; lifetime athletic; planet fit; curves
hair_beauty: sephora; ulta; ulta beauty; great clips; supercuts; sport clips; sally beauty;
    douglas; body shop; bath body works; mac cosmetics; lush; sorbet; massage envy; clinique;
    european wax; fantastic sams; regis salon; yves rocher; loccitane; kiehls; toni guy
streaming: netflix; hulu; disney plus; disneyplus; disney; hbo max; hbo; max com; prime video;
    amazon prime; paramount plus; peacock; youtube premium; youtube tv; youtube; showmax; dstv;
    multichoice; now tv; sky tv; crunchyroll; apple tv; dazn; streamline; zdf; rundfunk*;
    beitragss*; tv licence; tv licensing; sling tv; fubotv; twitch; itvx; amc theatres; amc;
    regal cinemas; regal; cinemark; odeon; cineworld; vue; cinemaxx; uci kino; ster kinekor;
    nu metro; fandango; redbox
music: spotify; spotify usa; deezer; tidal; pandora radio; apple music; soundcloud; sirius xm;
    siriusxm; itunes music; bandcamp; youtube music; qobuz
games: steam; steamgames; steam games; steampowered; playstation; sony playstation; xbox; nintendo;
    epic games; blizzard; riot games; gamestop; game stop; roblox; ea games; ubisoft; minecraft;
    battle net; gog com; supercell; dave busters; chuck e cheese; humble bundle
events: ticketmaster; stubhub; eventbrite; live nation; seatgeek; axs com; eventim; see tickets;
    six flags; disneyland; disney world; universal studios; legoland; computicket; quicket;
    webtickets; merlin entertainments; topgolf; bowlero; amf bowling; smithsonian; louvre;
    national trust
gambling: draftkings; fanduel; bet365; betway; hollywoodbets; william hill; ladbrokes; paddy power;
    lottoland; lotto; national lottery; tipico; pokerstars; powerball; betfair; sportingbet;
    sportsbet; supabets; lottostar; tipsport; fortuna; betmgm; bwin; easybet; yesplay; sunbet
electronics: best buy; apple store; currys; media markt; mediamarkt; saturn; micro center; newegg;
    b h photo; fry s electronics; incredible connection; hi fi corp; datart; conrad; jb hi fi;
    darty; boulanger; bestbuy; bhphoto; samsung; dell; lenovo; radioshack; icentre; gopro;
    verkkokauppa; coolblue; notebooksbilliger; cyberport; hirsch; bose; canon; nikon; argos
software_cloud: adobe; microsoft; msft; microsoft 365; google storage; google one; icloud;
    apple com bill; apple bill; itunes; itunes com; dropbox; github; openai; chatgpt; zoom us;
    zoom; slack; notion; canva; godaddy; namecheap; aws; amazon web services; digitalocean;
    nordvpn; expressvpn; evernote; cloudbox; jetbrains; squarespace; wix; wordpress; hetzner;
    heroku; cloudflare; google play; google workspace; google gsuite; google svcs; norton; mcafee;
    1password; lastpass; grammarly; linkedin; midjourney; anthropic; atlassian; strato; ionos;
    figma; backblaze
courses: udemy; coursera; skillshare; masterclass; duolingo; babbel; codecademy; open classroom;
    pluralsight; edx; linkedin learning; khan academy; datacamp; rosetta stone; udacity;
    getsmarter; brilliant org; treehouse; leetcode; chegg
tuition: unisa; open university; volkshochschule; university of
insurance: allianz; axa; aviva; zurich insurance; huk coburg; generali; ergo; state farm; allstate;
    farmers ins*; liberty mutual; nationwide ins*; usaa insurance; lemonade; outsurance; santam;
    king price; direct line; admiral; fairway insurance; old mutual; sanlam; momentum; kooperativa;
    ceska pojistovna; travelers ins*; discovery insure; 1life; hollard; miway
car_insurance: geico; progressive; progressive ins*; esurance; hastings direct; churchill ins*;
    root insurance; mercury insurance; the general; auto insurance; car insurance
health_insurance: aetna; cigna; blue cross; bcbs; humana; unitedhealth*; anthem; bupa;
    techniker krankenkasse; barmer; aok; dak; discovery health; bonitas; gems medical; medihelp;
    medical aid; vitality health; health insurance; delta dental; vsp vision
home_insurance: home insurance; hausrat; homeowners ins*; renters ins*; contents insurance
life_insurance: life insurance; metlife; prudential; new york life; northwestern mutual;
    funeral cover; funeral policy; avbob; lebensversicherung; funeral plan; discovery life
childcare: brighthorizons; bright horizons; kindercare; care com; kita; carters; gymboree;
    buy buy baby; babies r us; mothercare; oshkosh; children s place; mamas papas; baby city;
    pampers
pets: petsmart; petco; chewy; pets at home; fressnapf; zooplus; pet supplies; petland; jumper pet;
    barkbox; rover com; petbarn; super zoo; maxi zoo; absolute pets; pet supermarket
veterinary: banfield; vca animal; vets4pets; animal hospital; vetco; anicura
gifts: 1 800 flowers; ftd; interflora; proflowers; hallmark; moonpig; fleurop; edible arrange*;
    netflorist; party city; cards gifts
donations: unicef; red cross; oxfam; salvation army; wwf; greenpeace; goodwill; doctors without;
    amnesty; gofundme; shriners; shriners hospitals; wikimedia; wikipedia; patreon;
    save the children; habitat for humanity; st jude; cancer research; aktion mensch; spca;
    justgiving; msf
post_shipping: usps; ups store; ups; fedex; royal mail; dhl; hermes versand; deutsche post; dpd;
    evri; postnet; stamps com; public storage; extra space; u haul; uhaul; la poste; ceska posta;
    cubesmart; aramex; pudo; u haul moving; life storage; big yellow self storage; mondial relay
work_costs: staples; office depot; officemax; vistaprint; regus; wework; fiverr; upwork;
    viking direct; ryman; fedex office
professional_services: turbotax; h r block; hr block; intuit; quickbooks; legalzoom; taxfix;
    freetaxusa; jackson hewitt; xero; experian; equifax; smartsteuer; transunion; datev
fines: dmv; dept of motor; parking fine; traffic fine; penalty charge; bussgeld; passport office;
    aarto; dvla; city clerk; court fee; parking citation; traffic ticket
tobacco: smoke shop; vape; vape shop; tobacconist; juul; british american tobacco; smokers
"""
