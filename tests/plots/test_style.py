import matplotlib.pyplot as plt
import pytest
from matplotlib.font_manager import get_font

from goldmine.core.errors import ParameterError
from goldmine.core.i18n import _
from goldmine.core.workspace import home
from goldmine.plots import style


@pytest.fixture(autouse=True)
def _english_again():
    yield
    style.use_language("en")


def test_texts_are_in_the_language_in_use():
    style.use_language("zh")
    assert style._("Lift") == style.localized(_("Lift")) == "提升度"
    style.use_language("en")
    assert style._("Lift") == style.localized(_("Lift")) == "Lift"


def test_chinese_font_is_there_and_draws_every_character_of_the_catalogue():
    style.use_language("zh")
    path = style.font_manager.findfont(plt.rcParams["font.family"][0], fallback_to_default=False)
    drawn = set(get_font(path).get_charmap())
    catalogue = home() / "src" / "goldmine" / "locale" / "zh" / "LC_MESSAGES" / "goldmine.po"
    assert {c for c in catalogue.read_text(encoding="utf-8") if ord(c) > 126 and ord(c) not in drawn} == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_chinese_title_is_drawn_without_a_missing_glyph(recwarn, language):
    style.use_language(language)
    figure, axes = plt.subplots()
    axes.set_title("长尾客户提级：月日均1万元", fontweight="bold")
    figure.canvas.draw()
    plt.close(figure)
    assert [str(warning.message) for warning in recwarn if "Glyph" in str(warning.message)] == []


def test_unknown_language_is_refused():
    with pytest.raises(ParameterError, match="language: 'fr' is not known"):
        style.use_language("fr")


@pytest.mark.parametrize(
    ("language", "amounts", "words"),
    [
        ("zh", [200_000_000.0, 1_171_760_422.3], ["2亿", "11.72亿"]),
        ("zh", [3_000_000.0, 999_000_000.0], ["300万", "99,900万"]),
        ("en", [9_000_000.0, 99_000_000.0], ["9M", "99M"]),
        ("en", [400_000.0, 2_500_000.0], ["0.4M", "2.5M"]),
    ],
)
def test_amounts_of_one_axis_are_in_one_unit(language, amounts, words):
    style.use_language(language)
    assert [style.yuan_words(amounts)(yuan) for yuan in amounts] == words
