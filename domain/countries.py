"""Countries: their codes, the names that people write, and what their people are called.

Sources: ISO 3166-1 for the codes; the names and adjectives are those of everyday English.
Dependencies that have few inhabitants of their own are left out: their codes are words to others.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Country(NamedTuple):
    """One row of the table."""

    code: str
    code3: str
    names: str
    """Parted by bars; the commonest comes first."""
    people: tuple[str, ...]


_TABLE: Final = """
AD AND Andorra; Andorran
AE ARE United Arab Emirates|UAE|Emirates; Emirati
AF AFG Afghanistan; Afghan
AG ATG Antigua and Barbuda
AL ALB Albania; Albanian
AM ARM Armenia; Armenian
AO AGO Angola; Angolan
AR ARG Argentina; Argentinian|Argentine
AT AUT Austria; Austrian
AU AUS Australia; Australian|Aussie
AZ AZE Azerbaijan; Azerbaijani
BA BIH Bosnia and Herzegovina|Bosnia; Bosnian
BB BRB Barbados; Barbadian
BD BGD Bangladesh; Bangladeshi
BE BEL Belgium; Belgian
BF BFA Burkina Faso
BG BGR Bulgaria; Bulgarian
BH BHR Bahrain; Bahraini
BI BDI Burundi
BJ BEN Benin; Beninese
BN BRN Brunei
BO BOL Bolivia; Bolivian
BR BRA Brazil; Brazilian
BS BHS Bahamas; Bahamian
BT BTN Bhutan; Bhutanese
BW BWA Botswana; Botswanan
BY BLR Belarus; Belarusian
BZ BLZ Belize; Belizean
CA CAN Canada; Canadian
CD COD DR Congo|Democratic Republic of the Congo; Congolese
CF CAF Central African Republic
CG COG Republic of the Congo
CH CHE Switzerland; Swiss
CI CIV Ivory Coast|Côte d'Ivoire; Ivorian
CL CHL Chile; Chilean
CM CMR Cameroon; Cameroonian
CN CHN China; Chinese
CO COL Colombia; Colombian
CR CRI Costa Rica; Costa Rican
CU CUB Cuba; Cuban
CV CPV Cape Verde|Cabo Verde
CY CYP Cyprus; Cypriot
CZ CZE Czechia|Czech Republic; Czech
DE DEU Germany; German
DJ DJI Djibouti
DK DNK Denmark; Danish
DM DMA Dominica
DO DOM Dominican Republic; Dominican
DZ DZA Algeria; Algerian
EC ECU Ecuador; Ecuadorian
EE EST Estonia; Estonian
EG EGY Egypt; Egyptian
ER ERI Eritrea
ES ESP Spain; Spanish
ET ETH Ethiopia; Ethiopian
FI FIN Finland; Finnish
FJ FJI Fiji; Fijian
FM FSM Micronesia
FO FRO Faroe Islands
FR FRA France; French
GA GAB Gabon; Gabonese
GB GBR United Kingdom|Great Britain|UK|Britain|England; British
GD GRD Grenada
GE GEO Georgia; Georgian
GH GHA Ghana; Ghanaian
GL GRL Greenland
GM GMB Gambia; Gambian
GN GIN Guinea; Guinean
GQ GNQ Equatorial Guinea
GR GRC Greece; Greek
GT GTM Guatemala; Guatemalan
GW GNB Guinea-Bissau
GY GUY Guyana; Guyanese
HK HKG Hong Kong
HN HND Honduras; Honduran
HR HRV Croatia; Croatian
HT HTI Haiti; Haitian
HU HUN Hungary; Hungarian
ID IDN Indonesia; Indonesian
IE IRL Ireland; Irish
IL ISR Israel; Israeli
IN IND India; Indian
IQ IRQ Iraq; Iraqi
IR IRN Iran; Iranian
IS ISL Iceland; Icelandic
IT ITA Italy; Italian
JM JAM Jamaica; Jamaican
JO JOR Jordan; Jordanian
JP JPN Japan; Japanese
KE KEN Kenya; Kenyan
KG KGZ Kyrgyzstan; Kyrgyz
KH KHM Cambodia; Cambodian
KI KIR Kiribati
KM COM Comoros
KN KNA Saint Kitts and Nevis
KP PRK North Korea; North Korean
KR KOR South Korea|Korea; South Korean|Korean
KW KWT Kuwait; Kuwaiti
KZ KAZ Kazakhstan; Kazakh
LA LAO Laos; Laotian
LB LBN Lebanon; Lebanese
LC LCA Saint Lucia
LI LIE Liechtenstein
LK LKA Sri Lanka; Sri Lankan
LR LBR Liberia; Liberian
LS LSO Lesotho
LT LTU Lithuania; Lithuanian
LU LUX Luxembourg; Luxembourgish
LV LVA Latvia; Latvian
LY LBY Libya; Libyan
MA MAR Morocco; Moroccan
MC MCO Monaco; Monegasque
MD MDA Moldova; Moldovan
ME MNE Montenegro; Montenegrin
MG MDG Madagascar; Malagasy
MH MHL Marshall Islands
MK MKD North Macedonia|Macedonia; Macedonian
ML MLI Mali; Malian
MM MMR Myanmar|Burma; Burmese
MN MNG Mongolia; Mongolian
MO MAC Macau|Macao
MR MRT Mauritania; Mauritanian
MT MLT Malta; Maltese
MU MUS Mauritius; Mauritian
MV MDV Maldives; Maldivian
MW MWI Malawi; Malawian
MX MEX Mexico; Mexican
MY MYS Malaysia; Malaysian
MZ MOZ Mozambique; Mozambican
NA NAM Namibia; Namibian
NE NER Niger
NG NGA Nigeria; Nigerian
NI NIC Nicaragua; Nicaraguan
NL NLD Netherlands|Holland; Dutch
NO NOR Norway; Norwegian
NP NPL Nepal; Nepalese|Nepali
NZ NZL New Zealand; New Zealander|Kiwi
OM OMN Oman; Omani
PA PAN Panama; Panamanian
PE PER Peru; Peruvian
PG PNG Papua New Guinea
PH PHL Philippines; Filipino|Philippine
PK PAK Pakistan; Pakistani
PL POL Poland; Polish
PR PRI Puerto Rico
PS PSE Palestine; Palestinian
PT PRT Portugal; Portuguese
PW PLW Palau
PY PRY Paraguay; Paraguayan
QA QAT Qatar; Qatari
RO ROU Romania; Romanian
RS SRB Serbia; Serbian
RU RUS Russia; Russian
RW RWA Rwanda; Rwandan
SA SAU Saudi Arabia; Saudi
SB SLB Solomon Islands
SC SYC Seychelles
SD SDN Sudan; Sudanese
SE SWE Sweden; Swedish
SG SGP Singapore; Singaporean
SI SVN Slovenia; Slovenian|Slovene
SK SVK Slovakia; Slovak|Slovakian
SL SLE Sierra Leone
SM SMR San Marino
SN SEN Senegal; Senegalese
SO SOM Somalia; Somali
SR SUR Suriname
SS SSD South Sudan
ST STP Sao Tome and Principe
SV SLV El Salvador; Salvadoran
SY SYR Syria; Syrian
SZ SWZ Eswatini|Swaziland
TD TCD Chad; Chadian
TG TGO Togo; Togolese
TH THA Thailand; Thai
TJ TJK Tajikistan; Tajik
TL TLS East Timor|Timor-Leste
TM TKM Turkmenistan; Turkmen
TN TUN Tunisia; Tunisian
TO TON Tonga
TR TUR Turkey|Türkiye|Turkiye; Turkish
TT TTO Trinidad and Tobago|Trinidad
TW TWN Taiwan; Taiwanese
TZ TZA Tanzania; Tanzanian
UA UKR Ukraine; Ukrainian
UG UGA Uganda; Ugandan
US USA United States of America|United States|USA|America; American
UY URY Uruguay; Uruguayan
UZ UZB Uzbekistan; Uzbek
VA VAT Vatican City|Vatican
VC VCT Saint Vincent and the Grenadines
VE VEN Venezuela; Venezuelan
VN VNM Vietnam|Viet Nam; Vietnamese
VU VUT Vanuatu
YE YEM Yemen; Yemeni
ZA ZAF South Africa; South African
ZM ZMB Zambia; Zambian
ZW ZWE Zimbabwe; Zimbabwean
"""


def _row(line: str) -> Country:
    said, _, people = line.partition("; ")
    code, code3, names = said.split(" ", 2)
    return Country(code, code3, names, tuple(people.split("|")) if people else ())


COUNTRY_ROWS: Final = tuple(_row(line) for line in _TABLE.strip().splitlines())

COUNTRIES: Final[Mapping[str, str]] = {row.code: row.names for row in COUNTRY_ROWS}

THREE_LETTERS: Final[Mapping[str, str]] = {row.code: row.code3 for row in COUNTRY_ROWS}

_ONE_FORM: Final = ("ese", "ish", "ch", "s")
"""Endings of what people are called that take no s for many of them."""

NATIONALS: Final[Mapping[str, str]] = {
    f"{people.lower()}{ending}": row.code
    for row in COUNTRY_ROWS
    for people in row.people
    for ending in ("", *(() if people.endswith(_ONE_FORM) else ("s",)))
}


def is_people(written: str) -> bool:
    """Whether a country is named by its people."""
    return written.lower() in NATIONALS


ALSO_WORDS: Final = frozenset(["turkey", "china", "chad", "polish", "kiwi", "jordan", "guinea"])
"""Names that mean something else, or a person, when they are written small."""

_ALSO_SHORT: Final = (
    "AD AG AL AM AZ BB BF BI BS BT CD CF CG CI CU CV DJ DM DO EC ER FM FO GA GD GL GM GQ GT GW "
    "HT IQ IR JO KM KN KP LA LC LI LK LR LS LY MC MD ME MG MH ML MM MN MO MR MT MU MV MW NA NE NI "
    "OM PA PG PR PS PW QA SB SC SD SL SM SO SR SS ST SV SY SZ TD TG TJ TL TM TO TT VA VC VE"
)

ALSO_SHORT: Final = frozenset(_ALSO_SHORT.split())
"""Codes that in a text more often are a state of the US, a unit or another abbreviation."""
