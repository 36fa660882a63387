import json

from goldmine.contract.schema import Column, TableSpec
from goldmine.contract.tables import TABLES
from goldmine.validation.contract_rules import contract_rules
from goldmine.validation.counts import count_tables
from goldmine.validation.rules import load_rules
from tests.tiny import make_bank, transaction

LOANS = TableSpec(
    "loans",
    "A row a loan.",
    (
        Column("loan_id", "text", "number", required=True),
        Column("state", "text", "state", codes=("open", "closed")),
        Column("grade", "text", "grade", required=True, codes=("A", "B")),
        Column("drawn_at", "moment", "when it was drawn"),
        Column("due_on", "day", "when it is due", after_books="allowed"),
        Column("known_on", "day", "when it was known", after_books="warning"),
    ),
    key=("loan_id",),
)


def test_contract_implies_rules_for_keys_gaps_codes_and_dates():
    rules = [(r["kwargs"]["rule"], r["kwargs"]["breaks"], r["severity"]) for r in contract_rules(LOANS)]
    assert rules == [
        ("has_rows", "rows = 0", "critical"),
        ("key_contradicted", "versions > 1", "critical"),
        ("row_repeated", "versions = 1", "warning"),
        ("loan_id_given", "loan_id IS NULL", "critical"),
        ("state_outside_codes", "state NOT IN ('open', 'closed')", "warning"),
        ("state_mostly_outside_codes", "state NOT IN ('open', 'closed')", "critical"),
        ("grade_given", "grade IS NULL", "critical"),
        ("grade_outside_codes", "grade NOT IN ('A', 'B')", "critical"),
        ("drawn_at_after_books", "CAST(drawn_at AS DATE) > getvariable('data_until')", "critical"),
        ("known_on_after_books", "known_on > getvariable('data_until')", "warning"),
    ]


def test_implied_rules_read_in_both_languages():
    state = contract_rules(LOANS)[5]
    assert state["description"] == "At least 95% of the rows have a code of the list in state, or none."
    assert state["notes"] == "至少95%的行 state 取值在码表内或为空。"


def test_rule_in_the_file_replaces_the_implied_rule_of_its_name(tmp_path, monkeypatch):
    own = {
        "type": "expect_rows_to_keep_rule",
        "kwargs": {"column": "*", "rule": "has_rows", "breaks": "rows < 5", "of": "table"},
        "severity": "warning",
        "description": "The table has five rows.",
        "notes": "",
        "meta": {"needs": []},
    }
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "branches.json").write_text(json.dumps({"expectations": [own]}))
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    rules = load_rules("branches")
    assert [rule.name for rule in rules] == [
        *("key_contradicted", "row_repeated", "totals_or_headings", "branch_id_given", "has_rows")
    ]
    assert rules[-1].breaks == "rows < 5"


def test_a_row_of_totals_or_headings_is_found_where_it_could_be_taken_for_another(tmp_path):
    tables = {
        "branches": [
            {"branch_id": number}
            for number in ("B1", "\u5408\u8ba1", "\u603b \u8ba1", "Total", "branch_id", "Totality")
        ],
        "customers": [{"customer_id": "C1"}],
        "transactions": [transaction(1, "C1", "2024-06-15 10:00:00")],
    }
    (case,) = count_tables(make_bank(tmp_path, tables), ["branches"])
    assert case.counts["totals_or_headings"].failing == 4
    named = {name for name in TABLES for rule in load_rules(name) if rule.name == "totals_or_headings"}
    assert named == {
        *("customers", "accounts", "staff", "branches", "grids", "employers", "associations", "association_members"),
        *("products", "villages", "merchants"),
    }
