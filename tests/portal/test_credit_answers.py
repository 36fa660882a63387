"""What a page of a customer says about credit: the reasons against it, to whom they may be told, a line in the log."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.portal import credit_answers
from goldmine.portal.models import User
from tests.credit.conftest import rules_of

HOMES = {"product_id": "L-CITIZEN", "title": {"en": "Citizen loan", "zh": "市民贷"}, "base": "property"}
HOMES |= {"multiple": 0.3, "cap": 300_000, "rate_bp": 480, "max_fact_months": 60}
HOMES |= {"risk_bands": [{"max_probability": 0.03, "share": 1}, {"max_probability": 0.1, "share": 0.5}]}
TAX = HOMES | {"product_id": "L-TAX", "title": {"en": "Tax credit", "zh": "税易通"}, "base": "tax", "multiple": 8}


def limit(customer, product="homes", **more):
    """A row of the table of limits: 400,000 yuan of property, 120,000 by the rule."""
    row = {"customer_id": customer, "credit_product": product, "base_amount": 400_000.0, "calculated": 120_000.0}
    row |= {"default_probability": 0.02, "risk_reasons": None, "owed_product": 0.0, "owed": 0.0}
    return row | {"refusal": None, "limit_amount": 120_000.0, "bound_by": "rule"} | more


@pytest.fixture(autouse=True)
def work_folder(settings, tmp_path):
    """Limits stand in a folder of the test's own."""
    settings.GOLDMINE_WORK = tmp_path


@pytest.fixture
def page(browser, release, tmp_path):
    """Write limits of two products that go by risk and ask for a customer's page: status and text."""
    noted = {"credit_rules": rules_of(products={"homes": HOMES, "taxes": TAX}).model_dump_json()}

    def ask(name, customer, *rows, language="en", noted=noted):
        file = tmp_path / "credit" / str(release.as_of) / "limits.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        if rows:
            pq.write_table(pa.Table.from_pandas(pd.DataFrame(rows)).replace_schema_metadata(noted), file)
        User.objects.update(language=language)
        answer = browser(name).get(f"/customers/{customer}")
        return answer.status_code, answer.content.decode()

    return ask


def test_a_refusal_is_said_with_what_spoke_against_the_customer_in_both_languages(page):
    refused = limit("C1", refusal="risk", limit_amount=0.0, bound_by=None, default_probability=0.4)
    refused |= {"risk_reasons": "days_overdue_24m,tax"}
    text = page("s1", "C1", refused)[1]
    assert "If the customer asks about credit" in text
    assert (
        "No limit: risk above the highest of the rule: arrears within the last 24 months, little or no tax known"
    ) in text
    assert "A proposal for the customer manager, who decides and tells the customer." in text
    chinese = page("s1", "C1", language="zh")[1]
    assert "客户问起贷款时" in chinese
    assert "无额度：风险高于规则上限：近24个月内有逾期" in chinese


def test_a_lower_limit_is_said_with_its_steps_and_without_the_chance_of_default(page):
    lower = limit("C1", limit_amount=60_000.0, bound_by="risk", default_probability=0.05, risk_reasons="tax")
    text = page("branch1", "C1", lower)[1]
    assert (
        "400,000.00 (value of property) x 0.3 = 120,000.00; by risk 50% of it; "
        "what lowered it: little or no tax known; limit 60,000"
    ) in text
    assert "5.0%" not in text
    assert "chance of default" not in text


def test_a_limit_that_nothing_lowered_is_not_there(page):
    assert "asks about credit" not in page("s1", "C1", limit("C1"))[1]


def test_limits_without_their_rules_leave_the_page_as_it_is(page):
    refused = limit("C1", refusal="arrears", limit_amount=0.0, bound_by=None)
    status, text = page("s1", "C1", refused, noted={})
    assert (status, "asks about credit" in text) == (200, False)


def test_a_courts_matter_is_told_by_head_office_alone(page):
    rows = [limit("C1", refusal="disputed", limit_amount=0.0, bound_by=None)]
    rows += [limit("C1", "taxes", refusal="arrears", limit_amount=0.0, bound_by=None)]
    for name in ("s1", "branch1"):
        text = page(name, "C1", *rows)[1]
        assert "No limit: a reason that head office tells" in text
        assert "No limit: in arrears" in text
        assert "litigation" not in text
    assert "No limit: under litigation or debt collection" in page("head", "C1", *rows)[1]


@pytest.mark.parametrize("name", ["s2", "branch2", "counter1", "auditor", "operator"])
def test_who_may_not_see_the_customer_is_told_nothing(page, name):
    rows = [limit("C1", refusal="arrears", limit_amount=0.0, bound_by=None)]
    status, text = page(name, "C1", *rows)
    assert status == 404
    assert "arrears" not in text
    assert page(name, "C9")[1] == text


def test_a_role_without_credit_sees_the_customer_and_no_reasons(page, monkeypatch):
    monkeypatch.setattr(credit_answers, "may", lambda role, action: action != "credit")
    status, text = page("s1", "C1", limit("C1", refusal="arrears", limit_amount=0.0, bound_by=None))
    assert (status, "arrears" in text) == (200, False)


def test_the_line_in_the_log_counts_the_reasons_that_were_shown(page, journal):
    page("s1", "C1", limit("C1", refusal="arrears", limit_amount=0.0, bound_by=None))
    line = next(journal.newest_first())
    assert (line.action, line.subject, line.details["credit"]) == ("view_customer", "customer:C1", 1)


def test_other_customers_rows_and_damaged_limits_leave_the_page_as_it_is(page, tmp_path, release):
    status, text = page("s1", "C1", limit("C2", refusal="arrears", limit_amount=0.0, bound_by=None))
    assert (status, "arrears" in text) == (200, False)
    (tmp_path / "credit" / str(release.as_of) / "limits.parquet").write_bytes(b"PAR1 and nothing else")
    assert page("s1", "C1")[0] == 200
