import matplotlib.pyplot as plt
import pytest

from goldmine.core.errors import ParameterError
from goldmine.core.i18n import _
from goldmine.plots import style


@pytest.fixture(autouse=True)
def _english_again():
    yield
    style.use_language("en")


def test_chinese_is_spoken_where_a_font_can_draw_it(monkeypatch):
    monkeypatch.setattr(style, "cjk_font", lambda: "DejaVu Sans")
    style.use_language("zh")
    assert style._("Lift") == style.localized(_("Lift")) == "提升度"


def test_without_a_cjk_font_figures_stay_english(monkeypatch):
    monkeypatch.setattr(style, "CJK_FONTS", ("No Such Font",))
    style.use_language("zh")
    assert style.language() == "en"
    assert style._("Lift") == style.localized(_("Lift")) == "Lift"


def test_the_cjk_font_comes_first_in_the_figures():
    font = style.cjk_font()
    if font is None:
        pytest.skip("no CJK font on this machine")
    style.use_language("zh")
    assert plt.rcParams["font.sans-serif"][0] == font


def test_a_font_that_was_installed_after_matplotlib_made_its_list_is_found(monkeypatch):
    font = style.cjk_font()
    if font is None:
        pytest.skip("no CJK font on this machine")
    manager = style.font_manager.fontManager
    files = {one.fname for one in manager.ttflist if one.name in style.CJK_FONTS}
    monkeypatch.setattr(manager, "ttflist", [one for one in manager.ttflist if one.fname not in files])
    assert style.cjk_font() == font


def test_an_unknown_language_is_refused():
    with pytest.raises(ParameterError, match="language: 'fr' is not known"):
        style.use_language("fr")
