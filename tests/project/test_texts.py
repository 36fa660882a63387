"""Texts for people: English in the code, Chinese in the catalogue, every message in both with the same placeholders."""

import json
import re
from functools import cache

import pytest
import yaml
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from goldmine.core.code_fingerprint import package_folder
from goldmine.core.i18n import LOCALE
from goldmine.core.workspace import home

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"\{(\w+)")
# Half-width punctuation where Chinese has its own. Code and links keep theirs.
_HAN = r"[\u4e00-\u9fff\u3001\u3002\uff00-\uffef]"
HALF_WIDTH = re.compile(rf"{_HAN}[,;:?!()]|[,;:?!]\s?{_HAN}|[()]{_HAN}|[}}%] ?[,;:] ?{{")
KEEPS_ITS_OWN = re.compile(r"`[^`]*`|\]\([^)]*\)")
LISTS_OF_WORDS = ("other ", "days, the nearest first")  # contexts of messages that are split at their commas
KEYWORDS = {"_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


@cache
def messages():
    """Every message of the code: its file, its English forms and its context."""
    methods = [("**.py", "python"), ("**.html.jinja", "jinja2")]
    found = extract_from_dir(str(package_folder()), methods, keywords=KEYWORDS)
    return [(file, text if isinstance(text, tuple) else (text,), context) for file, _, text, _, context in found]


@cache
def catalogue():
    with (LOCALE / "zh" / "LC_MESSAGES" / "goldmine.po").open("rb") as stream:
        return read_po(stream, locale="zh")


def translations(forms, context):
    entry = catalogue().get(forms[0], context)
    strings = entry.string if entry else ""
    return strings if isinstance(strings, tuple) else (strings,)


def test_chinese_stands_in_the_catalogue_and_not_in_the_code():
    files = package_folder().rglob("*.py")
    assert [str(path) for path in files if CHINESE.search(path.read_text("utf-8"))] == []


def test_every_message_has_its_chinese():
    """`make messages` adds what is missing to the catalogue, empty; fill it in there."""
    assert len(messages()) > 500
    missing = {(file, forms[0]) for file, forms, context in messages() if not all(translations(forms, context))}
    assert missing == set()


def test_a_message_and_its_chinese_have_the_same_placeholders():
    for file, forms, context in messages():
        wanted = {name for form in forms for name in PLACEHOLDER.findall(form)}
        for text in translations(forms, context):
            assert set(PLACEHOLDER.findall(text)) == wanted, (file, forms[0])


def test_the_catalogue_holds_no_message_that_the_code_has_no_longer():
    """`make messages` removes them."""
    used = {(forms[0], context) for _, forms, context in messages()}
    known = {(m.id if isinstance(m.id, str) else m.id[0], m.context) for m in catalogue() if m.id}
    assert known - used == set()
    assert not catalogue().obsolete


@pytest.mark.parametrize("text", ["名称", "，", "（"])
def test_chinese_is_recognised(text):
    assert CHINESE.search(text)


def half_width(texts):
    """Texts with Chinese that punctuate it as English."""
    chinese = [text for text in texts if CHINESE.search(text)]
    return [text for text in chinese if HALF_WIDTH.search(KEEPS_ITS_OWN.sub("", text))]


def chinese_in(settings):
    """Texts under ``zh`` in a file of settings, however deep."""
    if isinstance(settings, list):
        return [text for part in settings for text in chinese_in(part)]
    if isinstance(settings, dict):
        own = settings.get("zh", [])
        own = [own] if isinstance(own, str) else list(own) if isinstance(own, list) else []
        return own + [text for part in settings.values() for text in chinese_in(part)]
    return []


def test_the_catalogue_punctuates_chinese_as_chinese():
    read = [m for m in catalogue() if m.id and not (m.context or "").startswith(LISTS_OF_WORDS)]
    assert len(read) > 500
    texts = [text for m in read for text in (m.string if isinstance(m.string, tuple) else (m.string,))]
    assert half_width(texts) == []


@pytest.mark.parametrize("folder", ["pipelines", "examples"])
def test_settings_punctuate_chinese_as_chinese(folder):
    files = (home() / folder).rglob("*.yaml")
    texts = [text for file in files for text in chinese_in(yaml.safe_load(file.read_text("utf-8")))]
    assert len(texts) >= 4
    assert half_width(texts) == []


def test_expectations_punctuate_chinese_as_chinese():
    suites = [json.loads(file.read_text("utf-8")) for file in (home() / "expectations").glob("*.json")]
    notes = [rule["notes"] for suite in suites for rule in suite["expectations"] if rule.get("notes")]
    assert len(notes) > 50
    assert half_width(notes) == []


def test_the_chinese_readme_punctuates_chinese_as_chinese():
    assert half_width((home() / "README.zh-CN.md").read_text("utf-8").splitlines()) == []


@pytest.mark.parametrize(
    ("text", "faulty"),
    [
        ("资金减少,请联系", True),
        ("客户数(户均)", True),
        ("占{share:.1%},资产占{aum}", True),
        ("活动: 长尾", True),
        ("资产(元)", True),
        ("资产（元），共1,200元（12:30前），见 [说明](a.md)", False),
        ("名称`a,b`：甲、乙", False),
        ("called, not reached (call)", False),
    ],
)
def test_half_width_punctuation_beside_chinese_is_found(text, faulty):
    assert half_width([text]) == ([text] if faulty else [])
