"""Sellers of law and of what governments know."""

from typing import Final

from tests.evals.fields import choice, flag, many, number, rows, text, thing, whole
from tests.evals.selling import Sold, sells

LAW: Final[tuple[Sold, ...]] = (
    sells(
        "s-lexhound",
        "s.law.cases",
        "LexHound Case Search",
        "Full-text search over 11 million court decisions with citations and snippets. "
        "Covers US federal and state, UK, EU and Australian courts.",
        at="api.lexhound.io/v2/cases",
        price="0.03",
        method="GET",
        tags="legal, case law, search",
        takes={
            "q": text("Search terms or legal question", "adverse possession boundary fence"),
            "jurisdiction?": choice("Court system", "us", "uk", "eu", "au"),
            "from_year?": whole("Earliest year of decision", 2010),
            "limit?": whole("", 10, least=1, most=50),
        },
        gives={
            "cases": rows(
                title=text(),
                citation=text(),
                court=text(),
                decided=text(),
                snippet=text(),
                url=text(),
            ),
        },
    ),
    sells(
        "s-clausewise",
        "s.law.review",
        "ClauseWise",
        "Paste a contract, get a clause-by-clause risk review: unfair terms, missing protections "
        "and suggested wording.",
        at="clausewise.app/x402/review",
        price="0.2",
        shape="v2-two-chains",
        tags="contracts, legal ai, risk",
        takes={
            "contract_text": text("Plain text of the agreement"),
            "perspective?": choice("Whose side to take", "neutral", "customer", "supplier"),
        },
        gives={
            "overall_risk": choice("", "low", "medium", "high"),
            "findings": rows(clause=text(), risk=text(), why=text(), suggestion=text()),
            "summary": text(),
        },
    ),
    sells(
        "s-markscan",
        "s.law.trademark",
        "MarkScan Trademark Clearance",
        "Checks a brand name against USPTO, EUIPO and UKIPO registers, incl. phonetic lookalikes.",
        at="markscan.legal/api/clearance",
        price="0.05",
        tags="trademark,ip,brand",
        takes={
            "brand": text("Word mark to check", "Zephyra"),
            "nice_classes?": many(whole(), "Nice classes to restrict to", [9, 42]),
            "office?": choice("", "all", "uspto", "euipo", "ukipo"),
        },
        gives={
            "available": flag("No identical or confusingly similar live mark"),
            "conflicts": rows(mark=text(), owner=text(), office=text(), similarity=number()),
        },
    ),
    sells(
        "s-sanctionly",
        "s.law.sanctions",
        "Sanctionly Name Screening",
        "AML screening of a person or company against OFAC, EU, UN and UK HMT lists plus PEPs.",
        at="screen.sanctionly.com/v1/name",
        price="0.04",
        shape="v1",
        tags="aml, kyc, sanctions, pep, compliance",
        takes={
            "full_name": text("Person or legal entity", "Ivan Petrov"),
            "country?": text("ISO 3166-1 alpha-2", "RU"),
            "birth_year?": whole("", 1971),
        },
        gives={
            "hit": flag(),
            "matches": rows(name=text(), list=text(), score=number(), reason=text()),
        },
    ),
    sells(
        "s-chainclean",
        "s.law.wallet-sanctions",
        "ChainClean Address Check",
        "is this wallet sanctioned? OFAC SDN + mixers + known hacks. one address per call",
        at="chainclean.xyz/check",
        price="0.01",
        method="GET",
        tags="ofac,wallet,compliance",
        takes={"address": text("EVM, Solana or Bitcoin address", "0x8589427373D6D84E98730D7795")},
        gives={"sanctioned": flag(), "labels": many(text()), "risk": number("0 to 1", 0.1)},
    ),
    sells(
        "s-ndakit",
        "s.law.nda",
        "NDA Kit",
        "Generates a ready-to-sign non-disclosure agreement as PDF from the two parties, a date "
        "and a governing law. One-way or mutual.",
        at="ndakit.dev/generate",
        price="0.1",
        tags="nda, contract generator, legal documents",
        takes={
            "disclosing_party": text("", "Acme GmbH"),
            "receiving_party": text("", "Jane Roe"),
            "effective_date": text("YYYY-MM-DD", "2026-01-15"),
            "governing_law": text("Country or state", "Germany"),
            "mutual?": flag("Both sides disclose", eg=True),
        },
        gives={"pdf_url": text(), "markdown": text()},
    ),
    sells(
        "s-patentlode",
        "s.law.patents",
        "PatentLode",
        "Semantic prior-art search. Describe the invention in your own words; returns the nearest "
        "published patents and applications worldwide.",
        at="api.patentlode.com/prior-art",
        price="0.08",
        shape="v2-terse",
        tags="patents,prior art",
        takes={
            "description": text("The invention in plain words"),
            "published_after?": text("YYYY-MM-DD", "2015-01-01"),
            "top_k?": whole("", 10),
        },
        gives={
            "patents": rows(
                number=text(), title=text(), abstract=text(), assignee=text(), relevance=number()
            ),
        },
    ),
)

STATE: Final[tuple[Sold, ...]] = (
    sells(
        "s-regiscope",
        "s.gov.company",
        "RegiScope Company Lookup",
        "Official company register data for 40+ countries: legal name, number, status, directors, "
        "registered address.",
        at="regiscope.com/x/company",
        price="0.06",
        tags="kyb, company register, directors",
        takes={
            "company": text("Name or registration number", "Spotify AB"),
            "country": text("ISO alpha-2 code", "SE"),
        },
        gives={
            "legal_name": text(),
            "number": text(),
            "status": text("active, dissolved, ..."),
            "incorporated_on": text(),
            "address": text(),
            "directors": many(text()),
        },
    ),
    sells(
        "s-chmirror",
        "s.gov.company-uk",
        "Companies House Mirror",
        "GET a UK company by its 8 digit number. Officers, filings, status.",
        at="chmirror.uk/company",
        price="0.005",
        method="GET",
        tags="uk, companies house",
        takes={"number": text("8 characters", "00445790")},
        gives={"name": text(), "status": text(), "address": text(), "officers": many(text())},
    ),
    sells(
        "s-vatify",
        "s.gov.vat",
        "Vatify",
        "Validate any EU VAT ID in real time.",
        at="vatify.eu/check",
        price="0.002",
        method="GET",
        tags="vat, vies, eu, tax",
        takes={"vat": text("With country prefix", "DE811907980")},
        gives={"valid": flag(), "name": text(), "address": text()},
    ),
    sells(
        "s-taxidpro",
        "s.gov.vat",
        "TaxID Pro",
        "Enterprise-grade tax identifier verification. Checks VAT registration numbers against "
        "VIES and HMRC and returns the registered trader.",
        at="api.taxidpro.com/v1/verify",
        price="0.01",
        shape="drifted",
        tags="tax,vat,verification",
        takes={"vat_number": text("Including the two-letter country code", "FR40303265045")},
        gives={"is_valid": flag(), "trader_name": text(), "checked_at": text()},
    ),
    sells(
        "s-bankdays",
        "s.gov.holidays",
        "BankDays",
        "Public and bank holidays by country and year, 190 countries.",
        at="bankdays.io/api/holidays",
        price="0.001",
        method="GET",
        tags="holidays, calendar",
        takes={"country": text("ISO-3166 alpha-2", "PT"), "year": whole("", 2026)},
        gives={"holidays": rows(date=text(), name=text(), nationwide=flag())},
    ),
    sells(
        "s-tenderfox",
        "s.gov.tenders",
        "TenderFox",
        "Open public procurement notices from TED, SAM.gov and 60 national portals, refreshed "
        "hourly. Filter by keyword, buyer country and deadline.",
        at="tenderfox.org/v1/notices/search",
        price="0.04",
        tags="tenders,procurement,rfp",
        takes={
            "keywords": text("", "road salt"),
            "country?": text("Buyer country, ISO alpha-2", "FI"),
            "closing_after?": text("YYYY-MM-DD", "2026-12-01"),
            "limit?": whole("", 20),
        },
        gives={
            "notices": rows(
                title=text(),
                buyer=text(),
                value_eur=number(),
                deadline=text(),
                url=text(),
                description=text(),
            ),
        },
    ),
    sells(
        "s-uscensusly",
        "s.gov.census",
        "US Censusly",
        "American Community Survey numbers for any US city, county or ZIP: population, median "
        "income, median age, education.",
        at="censusly.us/acs",
        price="0.01",
        tags="census, demographics, usa",
        takes={
            "place": text("City and state, county, or ZIP", "Boise, ID"),
            "year?": whole("", 2023),
        },
        gives={
            "population": whole(),
            "median_household_income": number(),
            "median_age": number(),
            "bachelors_or_higher_pct": number(),
        },
    ),
    sells(
        "s-cpipulse",
        "s.gov.inflation",
        "CPI Pulse",
        "Year-on-year consumer price inflation by country and month from national statistics "
        "offices.",
        at="cpipulse.net/yoy",
        price="0.005",
        method="GET",
        shape="v2-terse",
        tags="inflation,cpi",
        takes={
            "country": text("ISO alpha-2", "TR"),
            "month?": text("YYYY-MM; latest if left out", "2026-09"),
        },
        gives={"country": text(), "month": text(), "yoy_pct": number(), "source": text()},
    ),
    sells(
        "s-livedin",
        "s.gov.cost-of-living",
        "LivedIn Cost of Living",
        "Cost-of-living basket for 900 cities (rent, groceries, transit, coffee).",
        at="livedin.city/api/basket",
        price="0.01",
        method="GET",
        tags="cost of living, cities",
        takes={"city": text("", "Lisbon"), "currency?": text("", "EUR")},
        gives={
            "monthly_total": number(),
            "currency": text(),
            "basket": thing(rent_1br=number(), groceries=number(), transit=number()),
        },
    ),
)
