"""Writing reports as self-contained pages."""

import html
from typing import Any, Final

from pydantic import Field

from deploy.services.families.analytics import EXAMPLE_ANALYSIS
from deploy.services.families.charts import EXAMPLE_CHARTS
from deploy.services.families.figures import spoken
from deploy.services.listing import Listing
from deploy.services.svg import embedded
from deploy.services.vocabulary import Analysis, Chart, Words

TILES: Final = (
    ("direction", "Direction", ""),
    ("growth_percent", "Growth, last week against first", "%"),
    ("mean", "Average day", ""),
    ("total", "Total", ""),
    ("daily_volatility_percent", "Daily volatility", "%"),
    ("r_squared", "Trend fit (R²)", ""),
)
"""Figures shown large at the top, when the analysis has them."""

STYLE: Final = """
:root{color-scheme:light;--ink:#111827;--soft:#6b7280;--line:#e5e7eb;--main:#2563eb}
*{box-sizing:border-box}
body{margin:0;background:#f3f4f6;color:var(--ink);
font:16px/1.6 "Segoe UI",system-ui,-apple-system,"DejaVu Sans",Helvetica,Arial,sans-serif}
main{max-width:980px;margin:0 auto;padding:40px 20px 60px}
header{background:linear-gradient(120deg,#1e3a8a,#2563eb 60%,#0891b2);color:#fff;
border-radius:16px;padding:36px 40px;margin-bottom:24px}
h1{margin:0 0 6px;font-size:2rem;line-height:1.2}header p{margin:0;opacity:.9}
h2{font-size:1.15rem;margin:0 0 14px}
section{background:#fff;border:1px solid var(--line);border-radius:14px;padding:26px 30px;
margin-bottom:20px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:14px;
margin-bottom:20px}
.tile{background:#fff;border:1px solid var(--line);border-radius:14px;padding:16px 18px}
.tile b{display:block;font-size:1.35rem;line-height:1.3}
.tile span{color:var(--soft);font-size:.82rem}
li{margin:.35em 0}figure{margin:0 0 24px}figure:last-child{margin:0}
figure svg{width:100%;height:auto;display:block}
table{border-collapse:collapse;width:100%;font-size:.92rem}
td,th{padding:7px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td:first-child{white-space:nowrap}td:last-child{text-align:right;font-variant-numeric:tabular-nums}
.note{color:var(--soft);font-size:.86rem;text-align:center}
@media print{body{background:#fff}section,.tile{break-inside:avoid}}
"""
"""No fonts, images or scripts from anywhere."""

SAMPLE_NOTE: Final = (
    "Made by a demo service. Where its input came from the demo data sets, the figures are sample "
    "data and describe no real market."
)
"""Stands in every report."""


class ReportInput(Words):
    """What a report is made of."""

    analysis: Analysis
    charts: list[Chart] = Field(max_length=12, description="Drawings to place in the report.")
    title: str | None = Field(None, max_length=200, description="Title; the analysis's if absent.")
    period: str | None = Field(None, max_length=100, description="Period covered, in words.")


def report(request: ReportInput) -> bytes:
    """Write the page. Every text is escaped and every drawing rebuilt from what draws."""
    analysis = request.analysis
    title = html.escape(request.title or analysis.title)
    period = html.escape(request.period or _period(analysis.statistics))
    findings = "".join(f"<li>{html.escape(text)}</li>" for text in analysis.findings)
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>"
        f"<header><h1>{title}</h1><p>{period}</p></header>{_tiles(analysis.statistics)}"
        f"<section><h2>Findings</h2><ul>{findings}</ul></section>{_figures(request.charts)}"
        f"{_statistics(analysis.statistics)}"
        f'<p class="note">{SAMPLE_NOTE}</p></main></body></html>\n'
    )
    return page.encode()


def brief(request: ReportInput) -> bytes:
    """Write the page without the table of figures."""
    bare = request.analysis.model_copy(update={"statistics": {}})
    return report(request.model_copy(update={"analysis": bare}))


def _period(statistics: dict[str, Any]) -> str:
    first, last = statistics.get("first_date"), statistics.get("last_date")
    return f"{first} to {last}" if first and last else "Report"


def _tiles(statistics: dict[str, Any]) -> str:
    tiles = "".join(
        f'<div class="tile"><b>{html.escape(_shown(statistics[key]) + unit)}</b>'
        f"<span>{label}</span></div>"
        for key, label, unit in TILES
        if isinstance(statistics.get(key), int | float | str)
    )
    return f'<div class="tiles">{tiles}</div>' if tiles else ""


def _figures(charts: list[Chart]) -> str:
    drawings = "".join(
        f'<figure aria-label="{html.escape(chart.title)}">'
        f"{embedded(chart.svg, f'c{index}-')}</figure>"
        for index, chart in enumerate(charts)
    )
    return f"<section><h2>Charts</h2>{drawings}</section>" if drawings else ""


def _statistics(statistics: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(key.replace('_', ' '))}</td>"
        f"<td>{html.escape(_shown(value))}</td></tr>"
        for key, value in statistics.items()
        if value is not None and value != []
    )
    return f"<section><h2>All figures</h2><table>{rows}</table></section>" if rows else ""


def _shown(value: object) -> str:
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int | float):
        return str(value) if isinstance(value, int) else spoken(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "; ".join(_shown(part) for part in value)
    return ""


EXAMPLE: Final = {
    "title": "Solana DEX volume",
    "analysis": EXAMPLE_ANALYSIS["analysis"],
    "charts": EXAMPLE_CHARTS,
    "period": "October 2026",
}
"""A request short enough for a header."""

LISTINGS: Final = (
    Listing(
        path="/reports/html",
        name="Pressroom HTML Report",
        description="Creates a handsome, self-contained HTML report from an analysis and charts: "
        "key figures, findings, inline charts and a table of all statistics.",
        tags=("report", "html", "document", "trend report", "create"),
        price="1.00",
        seller="pressroom",
        takes=ReportInput,
        run=report,
        media_type="text/html",
        example=EXAMPLE,
        answer="<!doctype html><html>...</html>",
    ),
    Listing(
        path="/northwind/report",
        name="Northwind Report Brief",
        description="Turns an analysis and charts into a short HTML report page.",
        tags=("report", "html", "document"),
        price="1.30",
        seller="northwind",
        takes=ReportInput,
        run=brief,
        media_type="text/html",
        example=EXAMPLE,
        answer="<!doctype html><html>...</html>",
    ),
)
