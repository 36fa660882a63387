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
NOT_YET = {
    "campaigns/masking.py",
    "campaigns/ranking.py",
    "cli/uplift_summary.py",
    "coverage/rules.py",
    "customers/ladder.py",
    "customers/segments.py",
    "measurement/money.py",
    "models/external/label.py",
    "models/external/layout.py",
    "models/registry.py",
    "models/uplift/effect.py",
    "models/uplift/history.py",
    "models/uplift/study.py",
    "models/uplift/summary.py",
    "models/uplift/table.py",
}


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
    files = {path.relative_to(package_folder()).as_posix(): path for path in package_folder().rglob("*.py")}
    assert {name for name, path in files.items() if CHINESE.search(path.read_text("utf-8"))} - NOT_YET == set()


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


@pytest.mark.parametrize("text", ["名称", "，", "（"])
def test_chinese_is_recognised(text):
    assert CHINESE.search(text)
