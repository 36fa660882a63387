"""Answers in ordinary words; recall of refusals on phrases that were written apart from the list."""

from decimal import Decimal

import pytest

from goldmine.campaigns.results.answer_text import Answer, understand
from tests.campaigns.phrases import INDEPENDENT_REFUSALS, LATER_REFUSALS, NEGATED, OTHERS, REFUSALS


@pytest.mark.parametrize("phrases", [REFUSALS + LATER_REFUSALS, INDEPENDENT_REFUSALS])
def test_refusals_are_heard_and_none_is_taken_for_interest(phrases):
    codes = {phrase: (understand(phrase) or Answer("")).code for phrase in phrases}
    missed = [phrase for phrase, code in codes.items() if code != "opt_out"]
    assert len(phrases) >= 300
    assert len(missed) <= len(phrases) * 2 // 100, missed
    assert not {"yes", "bought"} & set(codes.values())


@pytest.mark.parametrize("code", OTHERS)
def test_other_answers_are_understood(code):
    phrases = OTHERS[code].strip().splitlines()
    assert {phrase: (understand(phrase) or Answer("")).code for phrase in phrases} == dict.fromkeys(phrases, code)


def test_a_refusal_that_is_taken_back_is_none():
    assert [phrase for phrase in NEGATED if understand(phrase) == Answer("opt_out")] == []


@pytest.mark.parametrize(
    ("text", "amount", "product"),
    [
        ("已办理5万定期", Decimal(50_000), "定期"),
        ("办好了，理财10万", Decimal(100_000), "理财"),
        ("bought a time deposit of 50,000 yuan", Decimal(50_000), "time deposit"),
        ("已办理", None, None),
        ("已购买2024年第3期理财10万", Decimal(100_000), "2024年第3期理财"),
        ("电话13812345678，已办理5万", Decimal(50_000), None),
        ("已办理2025年到期定期20万", Decimal(200_000), "2025年到期定期"),
        ("已办理5w定期", Decimal(50_000), "定期"),
        ("已办理2.5W元定期", Decimal(25_000), "定期"),
        ("已办理50元定期", Decimal(50), "定期"),
        ("已办理500定期", Decimal(500), "定期"),
        ("已办理定期，电话13812345678", None, "定期，电话"),
        ("已办理2025年到期定期", None, "2025年到期定期"),
        ("2024-06-30已办理180天理财", None, "180天理财"),
    ],
)
def test_a_purchase_says_how_much_of_what(text, amount, product):
    assert understand(text) == Answer("bought", amount=amount, product=product)


def test_text_that_only_may_refuse_is_not_certain():
    assert understand("直接挂断") == Answer("opt_out", certain=False)
    assert understand("perhaps") == Answer("opt_out", certain=False)
    assert understand(" ") is None


def test_a_firm_no_asks_for_no_later_call():
    assert understand("客户表示坚决不考虑") == Answer("no")
    assert understand("不方便，以后都不方便") == Answer("opt_out")
    assert understand("再考虑一下") == Answer("later")
