"""Settings that name the values which a bank has not set yet."""

import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import in_language
from goldmine.core.placeholders import BankSettings, placeholders_note
from goldmine.core.settings import SettingsModel, typed
from goldmine.credit.rules import load_credit_rules
from goldmine.grid.rules import load_grid_rules


class Product(SettingsModel):
    """A product with a cap."""

    cap: int


class Rules(BankSettings):
    """Rules with products by name."""

    person_cap: int = 5
    products: dict[str, Product] = {}


def rules(*placeholders):
    return typed(Rules, {"products": {"nuts": {"cap": 1}}, "placeholders": list(placeholders)}, "rules.yaml")


def test_a_command_names_the_values_that_are_not_the_banks():
    note = placeholders_note(rules("person_cap", "products.nuts.cap"), "credit.yaml")
    assert in_language(note, "en").startswith(
        "pipelines/credit.yaml: Goldmine's placeholders, not this bank's values: person_cap, products.nuts.cap."
    )
    assert "占位值" in in_language(note, "zh")
    assert placeholders_note(rules(), "credit.yaml") is None


@pytest.mark.parametrize("key", ["cap", "products.seeds", "products.nuts.cap.yuan", "", "products."])
def test_a_placeholder_that_is_no_key_of_the_file_is_refused(key):
    with pytest.raises(SettingsError, match=r"rules\.yaml.*is no key of this file"):
        rules(key)


def test_the_fields_own_rule_is_no_placeholder():
    credit = load_credit_rules()
    assert credit.products["nut_credit"].multiple == 5
    assert not {"products", "products.nut_credit", "products.nut_credit.multiple"} & set(credit.placeholders)
    assert {"person_cap", "products.citizen_loan"} <= set(credit.placeholders)
    assert load_grid_rules().placeholders == ["visitors", "visits", "routes"]
