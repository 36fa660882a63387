"""Whatever a bank's ids hold, tables, figures and cards of notebooks show it as text."""

import io

import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure

from goldmine.governance.model_card_page import Card, CardTable, Section, card_html
from goldmine.measurement.report import measure
from goldmine.plots.measurement import effects_figure, effects_table
from goldmine.plots.notebook_tables import show_table
from tests.contactability.test_hostile_ids import HOSTILE
from tests.measurement.literal import customers, together

IDS = [f"{start}{place}" for place, start in enumerate(HOSTILE)]


@pytest.fixture(scope="module")
def measured():
    """A campaign in a branch of each hostile id, with offers of the same names."""
    parts = [
        customers(60, group, came, branch_id=name, offer=name, channel="call")
        for name in IDS
        for group, came in (("contact", 30), ("control", 12))
    ]
    return measure(together(*parts), {"call": 3.0})


def page_of(html: str) -> BeautifulSoup:
    """A page, after a look that nothing in it runs or leads away."""
    page = BeautifulSoup(html, "html.parser")
    assert page.find_all(["script", "img", "a"]) == []
    assert [tag for tag in page.find_all(True) if any(name.startswith("on") for name in tag.attrs)] == []
    return page


@pytest.mark.parametrize("cut", ["branch", "offer"])
def test_effects_by_hostile_id_are_a_table_of_text(measured, cut):
    shown = show_table(effects_table(measured.by[cut])).to_html()
    assert [name for name in IDS if name.strip() not in page_of(shown).get_text()] == []


@pytest.mark.filterwarnings("ignore:Glyph")
def test_effects_by_hostile_id_are_drawn_with_the_ids_as_they_are(measured):
    figure = effects_figure(measured)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="svg")  # a formula in a name would fail here
    labels = {text.get_text() for axis in figure.axes for text in axis.get_yticklabels()}
    assert set(IDS) <= labels


def test_model_card_shows_hostile_texts_as_text():
    table = CardTable(tuple(IDS), (tuple(IDS),))
    card = Card(IDS[1], IDS[2], (Section(IDS[1], tuple(IDS), table, (Figure(),)),))
    page = BeautifulSoup(card_html(card, "en"), "html.parser")
    assert page.find_all(["script", "a"]) == []
    assert {picture["src"].partition(",")[0] for picture in page.find_all("img")} == {"data:image/png;base64"}
    assert [name for name in IDS if page.get_text().count(name) < 3] == []
