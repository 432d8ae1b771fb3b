"""Sellers of games, sport, music and family history."""

from typing import Final

from tests.evals.fields import choice, many, number, rows, text, thing, whole
from tests.evals.selling import Sold, sells

GAMES: Final[tuple[Sold, ...]] = (
    sells(
        "s-steamtag",
        "s.games.price",
        "SteamTag",
        "Current Steam price and discount of a game by title, per country store.",
        at="steamtag.gg/price",
        price="0.002",
        method="GET",
        tags="steam, games, price",
        takes={"title": text("", "Stardew Valley"), "cc?": text("Store country", "de")},
        gives={"price": number(), "currency": text(), "discount_pct": whole(), "url": text()},
    ),
    sells(
        "s-keyhound",
        "s.games.deals",
        "KeyHound",
        "Cheapest PC game keys across 30 stores (Steam, GOG, Epic, Humble...), with historical low",
        at="keyhound.deals/api/search",
        price="0.008",
        tags="game deals,gog,epic,keys",
        takes={"game": text("", "Factorio"), "currency?": text("", "EUR")},
        gives={
            "historical_low": number(),
            "offers": rows(store=text(), price=number(), url=text()),
        },
    ),
    sells(
        "s-gambit",
        "s.games.chess",
        "Gambit Engine",
        "Stockfish 17 in the cloud: best move, evaluation and principal variation for a FEN.",
        at="gambit.chess/analyse",
        price="0.005",
        tags="chess, stockfish, fen",
        takes={
            "fen": text("", "r1bqkbnr/pppp1ppp/2n5/4p3/4P3/5N2/PPPP1PPP/RNBQKB1R w KQkq - 2 3"),
            "depth?": whole("", 20, least=1, most=40),
        },
        gives={"best_move": text(), "evaluation": number("Pawns"), "line": many(text())},
    ),
    sells(
        "s-riftstats",
        "s.games.lol",
        "RiftStats",
        "League of Legends ranked stats for a Riot ID: tier, LP, win rate, main champions.",
        at="riftstats.gg/summoner",
        price="0.004",
        method="GET",
        shape="v1",
        tags="lol,esports",
        takes={
            "riot_id": text("Name#TAG", "Faker#KR1"),
            "region": choice("", "euw", "eune", "na", "kr", "br"),
        },
        gives={"tier": text(), "lp": whole(), "win_rate": number(), "champions": many(text())},
    ),
)

SPORT: Final[tuple[Sold, ...]] = (
    sells(
        "s-matchday",
        "s.sport.fixtures",
        "MatchDay Fixtures",
        "Upcoming football fixtures of a club: opponent, kick-off, venue, competition.",
        at="matchday.football/fixtures",
        price="0.003",
        method="GET",
        tags="football, fixtures",
        takes={"team": text("", "Celtic"), "next?": whole("How many matches", 5)},
        gives={
            "fixtures": rows(
                opponent=text(), home_or_away=text(), kickoff=text(), venue=text(), city=text()
            ),
        },
    ),
    sells(
        "s-finalwhistle",
        "s.sport.results",
        "FinalWhistle",
        "Past football results with scorers. Team and season.",
        at="finalwhistle.io/results",
        price="0.003",
        method="GET",
        tags="football,results,scores",
        takes={"club": text("", "Ajax"), "season?": text("", "2025/26"), "last?": whole("", 5)},
        gives={"matches": rows(date=text(), home=text(), away=text(), score=text())},
    ),
    sells(
        "s-leaguetable",
        "s.sport.table",
        "League Table",
        "Standings for football, basketball and ice hockey leagues.",
        at="leaguetable.net/v1/standings",
        price="0.002",
        tags="standings,league",
        takes={"league": text("", "Bundesliga"), "season?": text("", "2026/27")},
        gives={
            "table": rows(
                position=whole(), team=text(), played=whole(), points=whole(), goal_diff=whole()
            ),
        },
    ),
    sells(
        "s-oddspeek",
        "s.sport.odds",
        "OddsPeek",
        "Bookmaker odds compared: 1X2, over/under, handicap, for upcoming events.",
        at="oddspeek.bet/compare",
        price="0.02",
        shape="v2-two-chains",
        tags="odds,betting",
        takes={"home": text("", "Porto"), "away": text("", "Benfica")},
        gives={"odds": rows(bookmaker=text(), home=number(), draw=number(), away=number())},
    ),
)

MUSIC: Final[tuple[Sold, ...]] = (
    sells(
        "s-lyricpad",
        "s.music.lyrics",
        "LyricPad",
        "Licensed song lyrics by artist and title, plain or time-synced.",
        at="lyricpad.fm/lyrics",
        price="0.01",
        method="GET",
        tags="lyrics, songs",
        takes={"artist": text("", "Édith Piaf"), "title": text("", "La Vie en rose")},
        gives={"lyrics": text(), "language": text(), "album": text()},
    ),
    sells(
        "s-soundtag",
        "s.music.identify",
        "SoundTag",
        "Name that tune: fingerprint a recording from its URL and get song, artist, ISRC.",
        at="soundtag.audio/identify",
        price="0.02",
        tags="music recognition,fingerprint",
        takes={"audio_url": text("mp3, wav or ogg", "https://files.example/clip.mp3")},
        gives={"title": text(), "artist": text(), "album": text(), "isrc": text()},
    ),
    sells(
        "s-stemcut",
        "s.music.stems",
        "StemCut",
        "AI stem splitter - vocals / drums / bass / other. Karaoke versions in seconds.",
        at="stemcut.audio/split",
        price="0.15",
        tags="stems, vocal remover, karaoke",
        takes={"track_url": text("", "https://files.example/song.mp3")},
        gives={
            "vocals_url": text(),
            "instrumental_url": text(),
            "drums_url": text(),
            "bass_url": text(),
        },
    ),
    sells(
        "s-tunegen",
        "s.music.generate",
        "TuneGen",
        "Text-to-music. Royalty-free instrumental tracks up to 3 min from a prompt.",
        at="tunegen.ai/v2/compose",
        price="0.3",
        shape="v2-terse",
        tags="music generation,bgm",
        takes={
            "prompt": text("Mood, genre, instruments", "calm lo-fi piano with rain"),
            "seconds?": whole("", 60, least=5, most=180),
        },
        gives={"audio_url": text(), "bpm": whole()},
    ),
    sells(
        "s-chordie",
        "s.music.chords",
        "ChordSheet",
        "Guitar chords of a song",
        at="chordsheet.app/get",
        price="0.004",
        tags="chords,guitar,tabs",
        takes={"song": text("", "Wonderwall"), "artist?": text("", "Oasis")},
        gives={"key": text(), "capo": whole(), "sheet": text("Lyrics with chords")},
    ),
)

ROOTS: Final[tuple[Sold, ...]] = (
    sells(
        "s-surnamia",
        "s.roots.surname",
        "Surnamia",
        "Origin, meaning and worldwide distribution of a family name.",
        at="surnamia.com/api/name",
        price="0.01",
        method="GET",
        tags="genealogy, surname, etymology",
        takes={"surname": text("", "Lindqvist")},
        gives={
            "origin": text(),
            "meaning": text(),
            "distribution": rows(country=text(), bearers=whole()),
        },
    ),
    sells(
        "s-parishbook",
        "s.roots.records",
        "ParishBook",
        "1.2 billion indexed births, marriages, deaths and census entries, 1650-1940, for tracing "
        "ancestors.",
        at="parishbook.org/x402/search",
        price="0.12",
        tags="ancestry,birth records,genealogy",
        takes={
            "surname": text("", "O'Brien"),
            "given_name?": text("", "Mary"),
            "born_from?": whole("", 1860),
            "born_to?": whole("", 1870),
            "place?": text("", "Cork"),
        },
        gives={
            "records": rows(
                kind=text(), name=text(), date=text(), place=text(), parents=text(), scan_url=text()
            ),
        },
    ),
    sells(
        "s-treedraw",
        "s.roots.tree",
        "TreeDraw",
        "GEDCOM → printable family tree (SVG/PDF).",
        at="treedraw.family/render",
        price="0.05",
        shape="drifted",
        tags="gedcom, family tree",
        takes={"gedcom_url": text("", "https://files.example/family.ged")},
        gives={
            "svg_url": text(),
            "pdf_url": text(),
            "counts": thing(people=whole(), families=whole()),
        },
    ),
)
