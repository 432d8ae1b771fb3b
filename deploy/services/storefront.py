"""The sellers' page for people."""

import html
from collections.abc import Iterable
from typing import Any, Final

from deploy.services.listing import Listing

STYLE: Final = """
body{font:16px/1.5 system-ui,"DejaVu Sans",sans-serif;margin:0;background:#f8fafc;color:#0f172a}
main{max-width:1000px;margin:0 auto;padding:32px 20px}h1{margin:0 0 4px}
p{color:#475569;margin:.2em 0 1.4em}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #e2e8f0}
th,td{text-align:left;padding:9px 12px;border-bottom:1px solid #e2e8f0;vertical-align:top}
th{background:#f1f5f9;font-size:.85rem}td.price{text-align:right;white-space:nowrap}
code{font-size:.85rem;color:#2563eb}small{color:#64748b}
"""


def page(listings: Iterable[Listing[Any]], refunding: frozenset[str]) -> str:
    """Return the page."""
    rows = "".join(
        f"<tr><td><b>{html.escape(item.name)}</b><br><small>{html.escape(item.description)}</small>"
        f"</td><td><code>POST {html.escape(item.path)}</code></td>"
        f'<td class="price">{item.price} USDC</td>'
        f"<td>{'yes' if item.seller in refunding else 'no'}</td></tr>"
        for item in listings
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Demo services</title>'
        f"<style>{STYLE}</style></head><body><main><h1>Demo services</h1>"
        "<p>Paid per call with x402 in devnet USDC on the local chain. "
        "All data is invented sample data.</p>"
        "<table><thead><tr><th>Service</th><th>Endpoint</th><th>Price</th><th>Refunds</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></main></body></html>"
    )
