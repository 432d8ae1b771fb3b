"""Sellers about health, food and farming."""

from typing import Final

from tests.evals.fields import choice, flag, many, number, rows, text, thing, whole
from tests.evals.selling import Sold, sells

HEALTH: Final[tuple[Sold, ...]] = (
    sells(
        "s-rxclash",
        "s.health.interactions",
        "RxClash",
        "Drug-drug interaction checker for any list of medicines, with severity and mechanism. "
        "Based on DrugBank and DDInter.",
        at="rxclash.health/v1/interactions",
        price="0.02",
        tags="drugs, interactions, pharmacy",
        takes={"drugs": many(text(), "Generic or brand names", ["warfarin", "ibuprofen"])},
        gives={
            "worst": choice("", "none", "minor", "moderate", "major"),
            "interactions": rows(a=text(), b=text(), severity=text(), mechanism=text()),
        },
    ),
    sells(
        "s-pillpair",
        "s.health.interactions",
        "PillPair",
        "can I take A with B? two drugs in, yes/no + severity out",
        at="pillpair.com/api/pair",
        price="0.008",
        method="GET",
        shape="v1",
        tags="medication",
        takes={"drug_a": text("", "sertraline"), "drug_b": text("", "tramadol")},
        gives={
            "interacts": flag(),
            "severity": choice("", "none", "minor", "moderate", "major"),
            "advice": text(),
        },
    ),
    sells(
        "s-leaflet",
        "s.health.label",
        "Leaflet: Drug Label API",
        "Structured package leaflet for a medicine: what it is for, usual dose, warnings, side "
        "effects. FDA + EMA sources.",
        at="leaflet-rx.com/label",
        price="0.01",
        method="GET",
        tags="drug label, fda, leaflet",
        takes={"medicine": text("Name of the medicine", "metformin")},
        gives={
            "indications": text(),
            "dosage": text(),
            "warnings": text(),
            "side_effects": many(text()),
        },
    ),
    sells(
        "s-trialscout",
        "s.health.trials",
        "TrialScout",
        "Find recruiting clinical trials by condition and country.",
        at="trialscout.org/x402/search",
        price="0.03",
        tags="clinical trials, patients, recruiting",
        takes={
            "condition": text("", "type 1 diabetes"),
            "country?": text("Name or ISO code", "Spain"),
            "recruiting_only?": flag(eg=True),
            "limit?": whole("", 10),
        },
        gives={
            "trials": rows(
                nct_id=text(), title=text(), phase=text(), brief_summary=text(), locations=text()
            ),
        },
    ),
    sells(
        "s-icdcoder",
        "s.health.codes",
        "ICD Coder",
        "Turns a clinical note into ICD-10-CM codes with confidence. HIPAA-friendly: nothing kept.",
        at="icdcoder.ai/code",
        price="0.05",
        shape="v2-two-chains",
        tags="icd-10,medical coding",
        takes={"note": text("Free-text clinical note", "Pt with acute otitis media, left ear")},
        gives={"codes": rows(code=text(), label=text(), confidence=number())},
    ),
)

FOOD: Final[tuple[Sold, ...]] = (
    sells(
        "s-nutrilog",
        "s.food.nutrition",
        "NutriLog",
        "Natural language food diary. Send what you ate, receive calories, protein, carbs, fat "
        "per item and in total.",
        at="nutrilog.app/parse",
        price="0.01",
        tags="nutrition, calories, macros",
        takes={"meal": text("What was eaten", "two boiled eggs and a slice of rye bread")},
        gives={
            "items": rows(food=text(), kcal=number(), protein_g=number()),
            "total": thing(kcal=number(), protein_g=number(), carbs_g=number(), fat_g=number()),
        },
    ),
    sells(
        "s-barbite",
        "s.food.barcode",
        "BarBite",
        "EAN/UPC → food product: ingredients, allergens, Nutri-Score, kcal/100g",
        at="barbite.io/p",
        price="0.002",
        method="GET",
        tags="barcode,ean,upc,grocery",
        takes={"ean": text("8 to 14 digits", "3017620422003")},
        gives={
            "product": text(),
            "brand": text(),
            "ingredients": text(),
            "allergens": many(text()),
            "nutriscore": text("a to e"),
            "kcal_100g": number(),
        },
    ),
    sells(
        "s-fridgechef",
        "s.food.recipes",
        "Fridge Chef",
        "Tell us what is in your fridge and we'll tell you what's for dinner! Recipes ranked by "
        "how few things you would still have to buy.",
        at="fridgechef.cooking/api/suggest",
        price="0.015",
        tags="recipes, cooking, leftovers",
        takes={
            "ingredients": many(text(), "What is at hand", ["leek", "potato"]),
            "diet?": choice("", "any", "vegetarian", "vegan", "gluten-free"),
            "limit?": whole("", 5),
        },
        gives={
            "recipes": rows(title=text(), url=text(), minutes=whole(), missing=many(text())),
        },
    ),
    sells(
        "s-recipelift",
        "s.food.recipe-page",
        "RecipeLift",
        "Strip the life story. Give it the URL of a recipe page, get ingredients and steps.",
        at="recipelift.com/lift",
        price="0.005",
        shape="drifted",
        tags="recipe scraper",
        takes={"url": text("Recipe page", "https://cookingblog.example/leek-soup")},
        gives={
            "title": text(),
            "servings": whole(),
            "ingredients": many(text()),
            "steps": many(text()),
            "text": text("The whole recipe as plain text"),
        },
    ),
    sells(
        "s-cellarmate",
        "s.food.wine",
        "CellarMate Sommelier",
        "Wine pairing for a dish, with three bottles and why they work.",
        at="cellarmate.wine/pair",
        price="0.02",
        tags="wine, pairing, sommelier",
        takes={"dish": text("", "grilled octopus"), "max_eur?": number("Per bottle", 20)},
        gives={"wines": rows(name=text(), grape=text(), region=text(), why=text())},
    ),
)

FARM: Final[tuple[Sold, ...]] = (
    sells(
        "s-soilpoint",
        "s.farm.soil",
        "SoilPoint",
        "Topsoil properties at a coordinate (250 m grid): pH, clay/sand/silt, organic carbon.",
        at="soilpoint.ag/v1/at",
        price="0.01",
        method="GET",
        tags="soil,agronomy,ph",
        takes={"lat": number("", 52.1), "lon": number("", 5.3), "depth_cm?": whole("", 15)},
        gives={"ph": number(), "texture": text(), "organic_carbon_pct": number()},
    ),
    sells(
        "s-cropeye",
        "s.farm.ndvi",
        "CropEye NDVI",
        "Latest cloud-free Sentinel-2 vegetation index around a field's centre point, as mean "
        "NDVI plus false-colour image.",
        at="cropeye.space/ndvi",
        price="0.12",
        tags="satellite, ndvi, precision farming",
        takes={
            "latitude": number("", 41.6),
            "longitude": number("", -93.6),
            "radius_m?": whole("", 300),
            "date?": text("YYYY-MM-DD", "2026-06-01"),
        },
        gives={"ndvi_mean": number(), "captured_on": text(), "image_url": text()},
    ),
    sells(
        "s-leafdoc",
        "s.farm.disease",
        "LeafDoc",
        "Snap a sick leaf: plant disease and pest diagnosis from a photo, with treatment plan. "
        "38 crops.",
        at="leafdoc.ai/diagnose",
        price="0.04",
        tags="plant disease, crop protection, vision",
        takes={
            "photo_url": text("Photo of the leaf", "https://img.example/leaf.jpg"),
            "crop?": text("", "tomato"),
        },
        gives={
            "diagnosis": text(),
            "healthy": flag(),
            "confidence": number(),
            "treatment": text(),
        },
    ),
    sells(
        "s-florafind",
        "s.farm.plant-id",
        "FloraFind",
        "Which plant is this? Species from a picture, 30k plants.",
        at="florafind.net/identify",
        price="0.02",
        shape="v2-terse",
        tags="plants,botany,identify",
        takes={"image_url": text("", "https://img.example/flower.jpg")},
        gives={"species": text(), "common_name": text(), "confidence": number()},
    ),
    sells(
        "s-grainboard",
        "s.farm.price",
        "GrainBoard",
        "Today's cash and futures prices for wheat, corn, soy, rice, coffee, cocoa, sugar, cotton.",
        at="grainboard.market/api/price",
        price="0.01",
        method="GET",
        tags="commodities, grain",
        takes={
            "commodity": choice(
                "", "wheat", "corn", "soybeans", "rice", "coffee", "cocoa", "sugar", "cotton"
            ),
            "currency?": text("", "USD"),
        },
        gives={"price": number(), "unit": text(), "currency": text(), "as_of": text()},
    ),
    sells(
        "s-frostline",
        "s.farm.frost-dates",
        "FrostLine",
        "Average last spring and first autumn frost (1991-2020 normals) for planting calendars.",
        at="frostline.garden/normals",
        price="0.004",
        method="GET",
        tags="frost,gardening,climate",
        takes={"lat": number("", 48.2), "lon": number("", 16.4)},
        gives={
            "last_spring_frost": text(),
            "first_autumn_frost": text(),
            "frost_free_days": whole(),
        },
    ),
)
