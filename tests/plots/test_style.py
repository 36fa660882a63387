import matplotlib.pyplot as plt
import pytest

from goldmine.core.errors import ParameterError
from goldmine.core.i18n import _
from goldmine.plots import style


@pytest.fixture(autouse=True)
def _english_again():
    yield
    style.use_language("en")


def test_texts_are_chinese_with_a_cjk_font(monkeypatch):
    monkeypatch.setattr(style, "cjk_font", lambda: "DejaVu Sans")
    style.use_language("zh")
    assert style._("Lift") == style.localized(_("Lift")) == "提升度"


def test_texts_stay_english_without_cjk_font(monkeypatch):
    monkeypatch.setattr(style, "CJK_FONTS", ("No Such Font",))
    style.use_language("zh")
    assert style.language() == "en"
    assert style._("Lift") == style.localized(_("Lift")) == "Lift"


def test_cjk_font_comes_first():
    font = style.cjk_font()
    if font is None:
        pytest.skip("no CJK font on this machine")
    style.use_language("zh")
    assert plt.rcParams["font.sans-serif"][0] == font


def test_font_installed_after_matplotlib_cache_is_found(monkeypatch):
    font = style.cjk_font()
    if font is None:
        pytest.skip("no CJK font on this machine")
    manager = style.font_manager.fontManager
    files = {one.fname for one in manager.ttflist if one.name in style.CJK_FONTS}
    monkeypatch.setattr(manager, "ttflist", [one for one in manager.ttflist if one.fname not in files])
    assert style.cjk_font() == font


def test_unknown_language_is_refused():
    with pytest.raises(ParameterError, match="language: 'fr' is not known"):
        style.use_language("fr")
