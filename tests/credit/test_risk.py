"""The model of risk: monotone, point in time, honest about the refused, and refused itself where it knows nothing."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from goldmine.contactability.tables import ContactTables
from goldmine.core.dates import month_end
from goldmine.core.errors import UseCaseError
from goldmine.credit.applications import past_applications
from goldmine.credit.risk import build_risk, risk_path
from goldmine.credit.risk_evaluation import by_decile, evaluate, yearly_profit
from goldmine.credit.risk_features import PROTECTED, RISK_FEATURES, risk_features
from goldmine.credit.risk_model import SAFER, fit_risk, fit_trees, monotone_violations
from goldmine.credit.risk_report import cut_off_line, risk_lines
from goldmine.credit.rules import RiskRules
from tests.credit.conftest import AS_OF, MONTHS, customer, deposits, loan, rules_of, tables
from tests.tiny import make_bank, workspace

RISK = RiskRules(max_probability=0.1, loss_given_default=0.5, funding_bp=200, utilisation=0.5, yearly_cost=100)
NAMES = list(RISK_FEATURES)
FIRST_YEAR = {str(month_end(date(2022, 12, 1), later)): 0 for later in range(13)}
"""Days in arrears of a loan of December 2022 that is always paid, by month."""
EARLY = [str(month_end(date(2021, 12, 31), later)) for later in range(1, 19)]


def drawn(rows: int, seed: int = 0) -> tuple[pd.DataFrame, pd.Series, pd.Series, np.ndarray]:
    """Applicants of whom officers refuse those that they know to be risky; with their true chance to fail."""
    random = np.random.default_rng(seed)
    wealth, private = random.standard_normal((2, rows))
    features = pd.DataFrame(random.random((rows, len(NAMES))), columns=NAMES)
    features["deposits_12m"] = np.exp(wealth)
    chance = 1 / (1 + np.exp(2.2 + wealth + 0.8 * private))
    refused = pd.Series(private + 0.5 * random.standard_normal(rows) < -0.2)
    bad = pd.Series((random.random(rows) < chance).astype(float)).mask(refused)
    return features, bad, refused, chance


def test_no_feature_is_made_of_a_protected_trait():
    assert not set(RISK_FEATURES) & set(PROTECTED)
    assert {feature.safer for feature in RISK_FEATURES.values()} == {1, -1}


def test_ten_thousand_pairs_a_feature_are_ordered_the_right_way_and_without_constraints_they_are_not():
    features, bad, refused, _chance = drawn(3_000)
    model = fit_risk(features, bad, refused, 2.0)
    assert monotone_violations(model.probability, features) == dict.fromkeys(NAMES, 0)
    known = bad.notna()
    free = fit_trees(features[known], bad[known].to_numpy(), np.ones(known.sum()), dict.fromkeys(NAMES, 0))
    wrong = monotone_violations(lambda rows: np.asarray(free.predict(rows.to_numpy())), features, pairs=1_000)
    assert sum(wrong.values()) > 100


def test_reject_inference_comes_nearer_to_the_truth_of_all_applicants_than_granted_loans_alone():
    features, bad, refused, chance = drawn(4_000)
    alone, inferred = (fit_risk(features, bad, refused, factor).probability(features).mean() for factor in (0, 3))
    assert alone < 0.8 * chance.mean()
    assert abs(inferred - chance.mean()) < 0.5 * abs(alone - chance.mean())


def test_as_many_granted_loans_fail_as_the_model_says():
    features, bad, refused, _chance = drawn(6_000)
    model = fit_risk(features, bad, refused, 0)
    assert model.probability(features[~refused]).mean() == pytest.approx(bad.mean(), abs=0.01)


def test_reasons_are_what_spoke_against_the_customer():
    features, bad, refused, _chance = drawn(3_000)
    model = fit_risk(features, bad, refused, 0)
    poorest = features.nsmallest(20, "deposits_12m")
    assert [reasons[0] for reasons in model.reasons(poorest)] == ["deposits_12m"] * 20


def test_profit_is_the_margin_of_good_loans_less_what_bad_ones_lose():
    known = pd.DataFrame({"bad": [0.0, 1.0], "amount": [100_000.0, 100_000.0], "rate_bp": [600.0, 600.0]})
    assert yearly_profit(known, RISK).tolist() == [50_000 * 0.04 - 100, -25_000 - 100]


def test_deciles_and_the_cut_off_are_counted():
    chance = np.linspace(0.01, 0.2, 100)
    bad = (np.arange(100) >= 90).astype(float)
    assert by_decile(chance, bad)["observed"].tolist() == [0] * 9 + [1]
    known = pd.DataFrame({"bad": bad, "amount": 1000.0, "rate_bp": 600.0})
    found = evaluate(chance, known, RISK, chance)
    assert (found.auc, found.ks, found.bad, found.approved_bad) == (1.0, 1.0, 10, 0.0)
    assert found.approved == pytest.approx((chance <= 0.1).mean())


def applications(**more) -> dict:
    """Two applicants a year before the snapshot, one of whose loans failed in its fifth month."""
    loans = [
        loan("L1", "C1", 50_000, 40_000, late=FIRST_YEAR | {"2023-05-31": 95}, granted_on=date(2022, 12, 10)),
        loan("L2", "C2", 50_000, 40_000, late=FIRST_YEAR | {"2024-05-31": 95}, granted_on=date(2022, 12, 20)),
    ]
    asked = [
        {"application_id": f"A{place}", "customer_id": name, "applied_on": day, "amount": 50_000, "rate_bp": 600}
        | {"decision": decision, "loan_id": number}
        for place, (name, day, decision, number) in enumerate(
            [("C1", date(2022, 12, 10), "granted", "L1"), ("C2", date(2022, 12, 20), "granted", "L2"),
             ("C3", date(2022, 12, 30), "refused", None), ("C3", date(2023, 12, 30), "refused", None)]
        )
    ]  # fmt: skip
    held = [row for name in ("C1", "C2", "C3") for row in deposits(name, 1_000)]
    early = [
        {"customer_id": "C1", "month_end": date(2022, month, 28 if month == 2 else 30), "product_class": "demand"}
        | {"balance": 600, "average_daily_balance": 600}
        for month in (2, 4, 6, 9, 11)
    ]
    given = tables([customer(name) for name in ("C1", "C2", "C3")], early + held, loans=[one["loan"] for one in loans],
                   loan_months=[row for one in loans for row in one["months"]], loan_applications=asked)  # fmt: skip
    return given | more


def test_a_loan_fails_within_its_months_only_and_nobody_knows_of_the_refused(tmp_path):
    bank = make_bank(tmp_path / "bank", applications())
    past = past_applications(ContactTables.open(bank, workspace(tmp_path / "work"), AS_OF), RISK.outcome)
    assert past.known["application_id"].tolist() == ["A0", "A1", "A2"]
    assert past.known["bad"].fillna(-1).tolist() == [1, 0, -1]


def test_an_amount_is_that_of_the_loan_where_the_application_says_none_or_another(tmp_path):
    """A0 asked for 80,000, A1 for nothing that was written down; each was granted 50,000."""
    given = applications()
    given["loan_applications"][0]["amount"], given["loan_applications"][1]["amount"] = 80_000, None
    bank = make_bank(tmp_path / "bank", given)
    past = past_applications(ContactTables.open(bank, workspace(tmp_path / "work"), AS_OF), RISK.outcome)
    assert past.known["amount"].tolist() == [50_000, 50_000, 50_000]


def test_where_no_rate_is_known_nothing_is_said_of_profit():
    known = pd.DataFrame({"bad": [0.0, 1.0] * 20, "amount": 1000.0, "rate_bp": np.nan})
    found = evaluate(np.linspace(0.01, 0.2, 40), known, RISK, np.linspace(0.01, 0.2, 40))
    assert str(cut_off_line(found, RISK)) == (
        "At the cut-off 10%: 48% of them, 47.4% failed; no rate of these loans is known, so nothing of what they earn"
    )


def months_of(given: dict, number: str, *gone: str) -> list[dict]:
    """The rows of loans by month without some of one loan."""
    return [row for row in given["loan_months"] if row["loan_id"] != number or str(row["month_end"]) not in gone]


def outcomes_of(folder, given: dict) -> dict[str, float]:
    bank = make_bank(folder / "bank", given)
    past = past_applications(ContactTables.open(bank, workspace(folder / "work"), AS_OF), RISK.outcome)
    return past.known.set_index("application_id")["bad"].fillna(-1).to_dict()


def test_a_granted_loan_that_is_not_named_is_no_proof_of_having_paid(tmp_path):
    given = applications()
    given["loan_applications"][0]["loan_id"] = None
    given["loan_applications"][1]["loan_id"] = "UNKNOWN"
    assert outcomes_of(tmp_path, given) == {"A0": -1, "A1": -1, "A2": -1}


def test_a_loan_whose_months_are_not_over_has_no_outcome_even_if_it_was_asked_for_long_ago(tmp_path):
    given = applications()
    given["loans"][0]["granted_on"] = date(2023, 9, 5)
    assert outcomes_of(tmp_path, given) == {"A0": -1, "A1": 0, "A2": -1}


def test_months_without_a_row_hide_whether_a_loan_paid_but_not_that_it_failed(tmp_path):
    """Of both loans October 2023 is missing; the first had failed in May."""
    given = applications()
    given["loan_months"] = months_of(given, "L1", "2023-10-31")
    given["loan_months"] = months_of(given, "L2", "2023-10-31")
    assert outcomes_of(tmp_path / "a", given) == {"A0": 1, "A1": -1, "A2": -1}
    given["loan_months"] = [row for row in given["loan_months"] if row["month_end"] == AS_OF]
    assert outcomes_of(tmp_path / "b", given) == {"A0": -1, "A1": -1, "A2": -1}


def test_a_loan_repaid_early_has_paid(tmp_path):
    given = applications()
    given["loans"][1]["closed_on"] = date(2023, 10, 31)
    given["loan_months"] = months_of(given, "L2", "2023-10-31", "2023-11-30", "2023-12-31", "2024-06-30")
    assert outcomes_of(tmp_path, given)["A1"] == 0


def test_features_see_nothing_that_came_after_the_application(tmp_path):
    scores = [{"customer_id": "C1", "score": 600, "observed_on": date(2022, 12, 1)}]
    later = [{"customer_id": "C1", "score": 300, "observed_on": date(2022, 12, 11)}]
    rows = []
    for number, known in enumerate((scores, scores + later)):
        bank = make_bank(tmp_path / f"bank{number}", applications(bureau_scores=known))
        past = past_applications(ContactTables.open(bank, workspace(tmp_path / f"w{number}"), AS_OF), RISK.outcome)
        rows.append(past.features.iloc[0].to_dict())
    assert rows[0] == rows[1]
    assert rows[0]["bureau_score"] == 600
    # The books hold five months by then.
    assert (rows[0]["deposits_12m"], rows[0]["days_overdue_24m"]) == (600, 0)


def features_of(folder, given: dict, day: date) -> dict[str, dict[str, float]]:
    """What the model sees of customers NEW, C1 and C2 at a month end, by all months of the bank."""
    opened = ContactTables.open(make_bank(folder / "bank", given), workspace(folder / "work"), AS_OF)
    names = "unnest(['NEW', 'C1', 'C2'])"
    asked = f"SELECT {names} AS row_id, {names} AS customer_id, DATE '{day}' AS day, DATE '{day}' AS month"
    opened.connection.raw_sql(f"CREATE TEMP TABLE asked AS {asked}")
    months = [month_end(date.fromisoformat(f"{key}-01")) for key in opened.bank.months("balances")]
    return risk_features(opened, "asked", months).to_dict("index")


@pytest.mark.parametrize("months", [MONTHS, MONTHS[6:], [month for month in MONTHS if month != "2024-05-31"]])
def test_constant_deposits_are_the_same_whatever_months_the_bank_has(tmp_path, months):
    """All twelve, books of half a year, and a month that is missing for the whole bank; C2 had nothing in the first."""
    held = deposits("C1", 100_000, months=months) + deposits("C2", 100_000, months=months[1:])
    seen = features_of(tmp_path, tables([customer("C1"), customer("C2")], held), AS_OF)
    of = {name: (seen[name]["deposits_12m"], seen[name]["deposits_lowest_12m"]) for name in ("C1", "C2")}
    assert of == {"C1": (100_000, 100_000), "C2": (pytest.approx(100_000 * (len(months) - 1) / len(months)), 0)}
    assert [seen[name]["deposits_3m"] for name in ("C1", "C2")] == [100_000, 100_000]


def test_a_merged_person_is_with_the_bank_since_the_first_number(tmp_path):
    people = [customer("NEW", opened_on=date(2023, 12, 1))]
    people += [customer("OLD", opened_on=date(2000, 6, 1), merged_into="NEW", merged_on=date(2024, 1, 5))]
    seen = features_of(tmp_path, tables(people, deposits("NEW", 1)), AS_OF)
    assert seen["NEW"]["months_with_bank"] == 24 * 12


def test_without_facts_and_scores_the_model_sees_the_rest(tmp_path):
    bank = make_bank(tmp_path / "bank", applications())
    past = past_applications(ContactTables.open(bank, workspace(tmp_path / "work"), AS_OF), RISK.outcome)
    missing = {"property", "tax", "provident_fund", "bureau_score"}
    assert set(past.features.columns) == set(NAMES) - missing


def test_too_few_failed_loans_are_refused_with_their_number(tmp_path):
    bank = make_bank(tmp_path / "bank", applications())
    rules = rules_of(risk=RISK.model_dump())
    with pytest.raises(UseCaseError, match="1 and 0 failed loans"):
        build_risk(bank, workspace(tmp_path / "work"), AS_OF, rules)


def test_a_refused_model_leaves_no_chances_of_an_earlier_one_for_the_limits(tmp_path):
    bank, work = make_bank(tmp_path / "bank", applications()), workspace(tmp_path / "work")
    earlier = risk_path(work, AS_OF)
    earlier.parent.mkdir(parents=True)
    pd.DataFrame({"customer_id": ["C1"], "default_probability": [0.01]}).to_parquet(earlier)
    with pytest.raises(UseCaseError, match="failed loans"):
        build_risk(bank, work, AS_OF, rules_of(risk=RISK.model_dump()))
    assert not earlier.exists()


def test_without_loans_the_model_says_what_is_missing(tmp_path):
    bank = make_bank(tmp_path / "bank", tables([customer("C1")], deposits("C1", 1), loans=[], loan_months=[]))
    with pytest.raises(UseCaseError, match="lack loans or loan_months"):
        build_risk(bank, workspace(tmp_path / "work"), AS_OF, rules_of(risk=RISK.model_dump()))


def test_everybody_gets_a_chance_of_default_and_the_poor_who_failed_before_the_highest(tmp_path):
    """Of 160 borrowers the poor half failed more often; 20 customers never applied."""
    people, held, loans, asked = [], [], [], []
    for number in range(180):
        name, poor, day = f"C{number:03}", number % 2 == 0, date(2022, 12, 1) + timedelta(days=number)
        people.append(customer(name))
        held += deposits(name, 500 if poor else 90_000) + deposits(name, 500 if poor else 90_000, months=EARLY)
        if number < 160:
            fails = number % 20 in (0, 2, 4, 6, 8, 11)
            late = {str(month_end(day, later)): 95 if fails and later == 5 else 0 for later in range(13)}
            loans.append(loan(f"L{number}", name, 50_000, 40_000, late=late, granted_on=day))
            asked.append({"application_id": f"A{number:03}", "customer_id": name, "applied_on": day, "amount": 50_000}
                         | {"rate_bp": 600, "decision": "granted", "loan_id": f"L{number}"})  # fmt: skip
    given = tables(people, held, loans=[one["loan"] for one in loans], loan_applications=asked,
                   loan_months=[row for one in loans for row in one["months"]])  # fmt: skip
    bank, work = make_bank(tmp_path / "bank", given), workspace(tmp_path / "work")
    homes = {"product_id": "L-CITIZEN", "title": "Homes", "base": "property", "multiple": 0.3, "cap": 1, "rate_bp": 480}
    homes |= {"risk_bands": [{"max_probability": 0.2, "share": 1}]}
    built = build_risk(bank, work, AS_OF, rules_of(risk=RISK.model_dump(), products={"homes": homes}))
    written = pd.read_parquet(built.path).set_index("customer_id")
    chance = written["default_probability"]
    assert len(chance) == 180
    assert chance["C170"] > 2 * chance["C171"]
    assert written["risk_reasons"]["C170"].split(",")[0].startswith("deposits_")
    assert pd.isna(written["risk_reasons"]["C171"])
    assert sum(built.violations.values()) == 0
    # Where the first band gives a part already, the safest are told too what spoke against them.
    homes["risk_bands"] = [{"max_probability": 0.2, "share": 0.8}]
    again = build_risk(bank, work, AS_OF, rules_of(risk=RISK.model_dump(), products={"homes": homes}))
    assert pd.read_parquet(again.path).set_index("customer_id")["risk_reasons"].notna()["C171"]
    assert any("AUC" in str(line) for line in risk_lines(built, rules_of(risk=RISK.model_dump())))


def test_directions_are_those_of_the_features():
    assert {name: feature.safer for name, feature in RISK_FEATURES.items()} == SAFER
