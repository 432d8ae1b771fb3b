"""Requests for one piece of work, which one service does."""

from typing import Final

from tests.evals.asking import Asked, goal, named, single

WORKS: Final[tuple[Asked, ...]] = (
    single(
        "s-ibuprofen-svg",
        "Render this molecule as SVG: CC(C)CC1=CC=C(C=C1)C(C)C(=O)O",
        goal("s.chem.draw"),
        "CC(C)CC1=CC=C(C=C1)C(C)C(=O)O",
        named("format", "svg"),
    ),
    single(
        "s-gate-b",
        'I need an mp3 that says "Gate B is now closed."',
        goal("s.audio.speak"),
        "Gate B is now closed.",
    ),
    single(
        "s-red-panda",
        "Make me a picture: red panda reading a newspaper on a park bench, flat vector style",
        goal("s.vision.generate"),
    ),
    single(
        "s-sneaker",
        "Cut the sneaker out of https://cdn.stepshop.example/p/8841.jpg, I need it see-through "
        "around it",
        goal("s.vision.background"),
        "https://cdn.stepshop.example/p/8841.jpg",
    ),
    single(
        "s-picture-for-blind",
        "My reader is blind. What can be seen on https://img.gazette.example/2026/harvest.jpg ?",
        goal("s.vision.describe", part=("s.vision.objects",)),
        "https://img.gazette.example/2026/harvest.jpg",
    ),
    single(
        "s-chickpeas",
        "got chickpeas, spinach and coconut milk. vegan dinner ideas?",
        goal("s.food.recipes"),
        "chickpeas",
        "spinach",
        "coconut milk",
        "vegan",
    ),
    single(
        "s-breakfast",
        "Calories and protein of my breakfast: a bowl of oatmeal with a banana and 200 ml whole "
        "milk",
        goal("s.food.nutrition"),
    ),
    single(
        "s-kestrel-nda",
        "Please draw up a mutual non-disclosure agreement between Kestrel Robotics ApS and "
        "Dr. Amina Yusuf, in force from 1 December 2026, under the law of Denmark.",
        goal("s.law.nda"),
        "Kestrel Robotics ApS",
        ("Dr. Amina Yusuf", "Amina Yusuf"),
        "2026-12-01",
        ("Denmark", "Danish law", "law of Denmark", "the law of Denmark"),
    ),
    single(
        "s-polish-postcode",
        "python regex for Polish postal codes like 00-950",
        goal("s.code.regex"),
        named("flavou?r", "python"),
    ),
    single(
        "s-menu-qr",
        "QR code for https://menu.trattoria-lina.example/winter",
        goal("s.vision.make-qr"),
        "https://menu.trattoria-lina.example/winter",
    ),
    single(
        "s-karaoke",
        "It's karaoke night! Get me https://files.bandroom.example/rehearsal3.mp3 without the "
        "singing.",
        goal("s.music.stems"),
        "https://files.bandroom.example/rehearsal3.mp3",
    ),
    single(
        "s-orders-sql",
        "Postgres query: top 10 customers by revenue in 2026. Tables: "
        "CREATE TABLE customers(id int, name text); "
        "CREATE TABLE orders(customer_id int, placed date, eur numeric);",
        goal("s.code.sql"),
        named("dialect", "postgres"),
    ),
    single(
        "s-redact-note",
        "Black out the personal data in this: 'Mrs Ilse Vogt, +49 30 5557788, IBAN "
        "DE02120300000000202051, complained on Monday.'",
        goal("s.lang.redact", part=("s.lang.entities",)),
        "Mrs Ilse Vogt, +49 30 5557788, IBAN DE02120300000000202051, complained on Monday.",
    ),
    single(
        "s-thanks-in-swahili",
        "How do you say 'Thank you for waiting so patiently' in Swahili?",
        goal("s.lang.translate", "s.lang.translate-many"),
        "Thank you for waiting so patiently",
        ("sw", "swa", "swahili", "sw-KE"),
    ),
    single(
        "s-which-language",
        "what language is this? 'Maailma on kaunis ja suuri'",
        goal("s.lang.detect", part=("s.lang.translate",)),
        "Maailma on kaunis ja suuri",
    ),
    single(
        "s-tomato-leaf",
        "brown spots on my tomatoes, photo: https://photos.plot14.example/leaf-02.jpg - what is "
        "it and what do I spray?",
        goal("s.farm.disease"),
        "https://photos.plot14.example/leaf-02.jpg",
    ),
    single(
        "s-hum",
        "There's a fridge humming all through https://pods.lowtide.example/ep12-raw.wav. Can that "
        "be taken out?",
        goal("s.audio.denoise"),
        "https://pods.lowtide.example/ep12-raw.wav",
    ),
    single(
        "s-integral",
        "\\int x^2 \\ln(x) dx with all the steps",
        goal("s.edu.math"),
    ),
    single(
        "s-family-tree",
        "Draw the family tree in https://files.brennan.example/brennans.ged so I can print it.",
        goal("s.roots.tree"),
        "https://files.brennan.example/brennans.ged",
    ),
    single(
        "s-glue",
        "join https://d.firm.example/1.pdf and https://d.firm.example/2.pdf into one file",
        goal("s.docs.merge"),
        "https://d.firm.example/1.pdf",
        "https://d.firm.example/2.pdf",
    ),
    single(
        "s-port-ruby",
        "Rewrite this Ruby in Go: puts (1..10).map { |n| n * n }.sum",
        goal("s.code.convert"),
        named("to|target", "go", "golang"),
        "puts (1..10).map { |n| n * n }.sum",
    ),
    single(
        "s-politer",
        "Make this more formal before I send it: 'Hey, you still owe us for October, pay up.'",
        goal("s.lang.rewrite"),
        "Hey, you still owe us for October, pay up",
        "formal",
    ),
)
