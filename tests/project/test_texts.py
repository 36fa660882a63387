"""Texts for people: English in the code, Chinese in the catalogue, every message in both with the same placeholders."""

import re
from functools import cache

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from goldmine.core.code_fingerprint import package_folder
from goldmine.core.i18n import LOCALE

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"\{(\w+)")
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
