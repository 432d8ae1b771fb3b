"""A stranger's drawing cannot do more than draw."""

import pytest

from deploy.services.families.charts import SeriesChartInput, timeseries
from deploy.services.families.sample_data import series, walk
from deploy.services.listing import Unworkable
from deploy.services.svg import embedded

XMLNS = 'xmlns="http://www.w3.org/2000/svg"'


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<path d="M0 0" onload="alert(1)"/>',
        "<foreignObject><body/></foreignObject>",
        "<style>*{background:url(http://evil.example/x)}</style>",
        '<image href="http://evil.example/x.png"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<use href="http://evil.example/x.svg#a"/>',
        '<rect style="fill:url(http://evil.example/x)"/>',
        '<rect fill="url(//evil.example/x#a)"/>',
        '<rect style="fill:u\\72l(http://evil.example/x)"/>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
    ],
)
def test_nothing_that_acts_or_fetches_survives(inside: str) -> None:
    clean = embedded(f"<svg {XMLNS}>{inside}<circle r='1'/></svg>", "c0-")

    for word in ("alert", "evil", "script", "onload", "foreign", "image"):
        assert word not in clean
    assert "<circle" in clean


def test_ids_of_two_drawings_do_not_mix() -> None:
    drawing = f'<svg {XMLNS}><defs><clipPath id="a"/></defs><g clip-path="url(#a)"/></svg>'

    assert 'id="c1-a"' in embedded(drawing, "c1-")
    assert 'clip-path="url(#c1-a)"' in embedded(drawing, "c1-")


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>',
        "<html/>",
        "<svg",
        '<svg xmlns="http://example.com/other"/>',
    ],
)
def test_what_is_no_plain_drawing_is_refused(text: str) -> None:
    with pytest.raises(Unworkable):
        embedded(text, "c0-")


def test_our_own_charts_survive_with_their_text() -> None:
    points = series(walk("test", level=100, growth=0.1, noise=0.1), 30)
    for chart in timeseries(SeriesChartInput(series=points, title="Price < 5 $ & more")).charts:
        clean = embedded(chart.svg, "c0-")
        assert "Price &lt; 5 $ &amp; more" in clean
        assert clean.count("<path") > 5
        assert "viewBox" in clean
