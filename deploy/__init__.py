"""How Caravan is run; nothing imports from here."""
