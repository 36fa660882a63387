"""What a customer who asks is told: the limit's steps or the reasons against it, in words; the look-up is logged."""

import shutil
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml

from goldmine.cli import main
from goldmine.contract.manifest import Hashes, write_manifest
from goldmine.core.audit.log import AuditLog
from goldmine.core.errors import ParameterError, UseCaseError
from goldmine.core.i18n import in_language
from goldmine.credit.limits import build_limits, limits_path
from goldmine.credit.why import adverse_reasons, why
from goldmine.publishing.credit_lists import write_credit_lists
from tests.credit.conftest import AS_OF, customer, deposits, rules_of, tables
from tests.tiny import make_bank, workspace

HOMES = {"product_id": "L-CITIZEN", "title": {"en": "Citizen loan", "zh": "市民贷"}, "base": "property"}
HOMES |= {"multiple": 0.3, "cap": 300_000, "rate_bp": 480, "max_fact_months": 60}
HOMES |= {"risk_bands": [{"max_probability": 0.03, "share": 1}, {"max_probability": 0.1, "share": 0.5}]}


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Three owners of property worth 400,000 yuan with a chance of default of 2%, 5% and 40%, and one without."""
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    facts = [
        {"customer_id": name, "fact": "property", "amount": 400_000, "observed_on": date(2024, 1, 5)}
        for name in ("SAFE", "FAIR", "RISKY")
    ]
    names = ["SAFE", "FAIR", "RISKY", "NOTHING"]
    given = tables([customer(name) for name in names], deposits("SAFE", 100), external_facts=facts)
    bank, work = make_bank(tmp_path / "bank", given), workspace(tmp_path / "work")
    risk = {"customer_id": names, "default_probability": [0.02, 0.05, 0.4, 0.4]}
    risk |= {"risk_reasons": [None, "tax,months_with_bank", "days_overdue_24m", "tax"]}
    pd.DataFrame(risk).to_parquet(tmp_path / "risk.parquet")
    rules = rules_of(products={"homes": HOMES})
    built = build_limits(bank, work, AS_OF, rules, risk=tmp_path / "risk.parquet")
    return bank, work, rules, built


def said(asked, name: str, language: str = "en") -> list[str]:
    bank, work, _rules, _built = asked
    return [str(in_language(line, language)) for line in why(bank, work, AS_OF, name)]


def test_a_limit_is_told_with_its_steps_and_what_lowered_it(asked):
    assert said(asked, "SAFE") == [
        "Citizen loan: 400,000.00 (value of property) x 0.3 = 120,000.00; chance of default 2.0%: 100% of it; "
        "limit 120,000"
    ]
    assert said(asked, "FAIR") == [
        "Citizen loan: 400,000.00 (value of property) x 0.3 = 120,000.00; chance of default 5.0%: 50% of it; "
        "what lowered it: little or no tax known, a short time with the bank; limit 60,000"
    ]


def test_a_refusal_by_risk_names_what_spoke_against_the_customer_in_both_languages(asked):
    text = "Citizen loan: no limit: risk above the highest of the rule: arrears within the last 24 months"
    assert said(asked, "RISKY") == [text]
    assert said(asked, "RISKY", "zh") == ["市民贷：无额度：风险高于规则上限：近24个月内有逾期"]


def test_a_limit_is_told_by_the_rules_it_was_worked_out_by_whatever_credit_yaml_says_now(asked, tmp_path):
    """Today's rules give 20% of the property, and nothing from a chance of 4% on."""
    now = rules_of().model_dump(mode="json") | {"products": {"homes": HOMES | {"multiple": 0.2, "risk_bands": []}}}
    now["products"]["homes"]["risk_bands"] = [{"max_probability": 0.04, "share": 1}]
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "credit.yaml").write_text(yaml.safe_dump(now), "utf-8")
    steps = "400,000.00 (value of property) x 0.3 = 120,000.00; by risk 50% of it; "
    steps += "what lowered it: little or no tax known, a short time with the bank; limit 60,000"
    assert [str(one.why) for one in adverse_reasons(asked[1], AS_OF, "FAIR")] == [steps]
    assert "x 0.3 = 120,000.00; chance of default 5.0%: 50% of it" in said(asked, "FAIR")[0]


def test_limits_that_do_not_say_by_which_rules_are_explained_to_nobody(asked):
    path = limits_path(asked[1], AS_OF)
    pd.read_parquet(path).to_parquet(path)
    with pytest.raises(UseCaseError, match="do not say by which rules"):
        said(asked, "FAIR")
    with pytest.raises(UseCaseError, match="do not say by which rules"):
        adverse_reasons(asked[1], AS_OF, "FAIR")


def test_who_has_no_base_is_told_so_and_an_unknown_number_is_refused(asked):
    assert said(asked, "NOTHING") == ["no credit product has anything to work a limit out from for this customer"]
    with pytest.raises(ParameterError, match="no customer on the books of 2024-06-30 has that number"):
        said(asked, "STRANGER")


@pytest.mark.parametrize("number", ["MERGED", "MERGED_SINCE", "GONE"])
def test_a_number_that_was_merged_or_has_left_the_books_is_not_told_that_it_has_nothing(tmp_path, number):
    people = [
        customer("MERGED", merged_into="KEPT", merged_on=date(2023, 1, 1)),
        customer("MERGED_SINCE", merged_into="KEPT", merged_on=date(2024, 7, 5)),
        customer("KEPT"),
        customer("GONE", closed_on=date(2024, 6, 1)),
    ]
    names = [one["customer_id"] for one in people]
    traders = [{"customer_id": name, "trade": "nut_roasting", "since": date(2020, 1, 1)} for name in names]
    given = tables(people, [row for name in names for row in deposits(name, 10_000)], merchants=traders)
    bank, work = make_bank(tmp_path / "bank", given, data_until=date(2024, 7, 31)), workspace(tmp_path / "work")
    build_limits(bank, work, AS_OF, rules_of())
    assert "30,000.00 (average daily deposits of the last 12 months)" in str(why(bank, work, AS_OF, "KEPT")[0])
    with pytest.raises(ParameterError, match="no customer on the books of 2024-06-30 has that number"):
        why(bank, work, AS_OF, number)


def test_each_look_up_leaves_a_line_in_the_audit_log(asked):
    said(asked, "FAIR")
    line = next(AuditLog.of_bank(asked[0].name).newest_first())
    assert (line.action, line.subject, line.details["shown"]) == ("look_up", "customer:FAIR", "credit")


def test_the_list_for_managers_says_what_lowered_a_limit(asked):
    bank, work, _rules, built = asked
    path = write_credit_lists(bank, work, built, "en")["credit_homes"].path
    cells = [cell.value for row in openpyxl.load_workbook(path).worksheets[0] for cell in row]
    assert any("what lowered it: little or no tax known" in str(cell) for cell in cells)


def test_the_command_names_the_values_that_the_bank_has_not_set(asked, tmp_path, monkeypatch, capsys):
    bank, work, _rules, _built = asked
    write_manifest(work, bank, {}, Hashes({}))
    (tmp_path / "pipelines").mkdir()
    shutil.copy(Path(__file__).parents[2] / "pipelines" / "credit.yaml", tmp_path / "pipelines")
    monkeypatch.setattr(sys, "argv", ["goldmine", "credit", "limits", "--work", str(work.root), "--language", "zh"])
    with pytest.raises(SystemExit, match="0"):
        main()
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(
        "pipelines/credit.yaml：以下仍是Goldmine自带的占位值，不是本行的标准：exclusions, person_cap"
    )
