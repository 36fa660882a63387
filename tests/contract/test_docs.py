"""The contract's page is what the code says."""

from goldmine.contract.docs import PAGE, page
from goldmine.core.workspace import at_home


def test_the_committed_page_is_the_generated_one() -> None:
    assert at_home(PAGE).read_text("utf-8") == page()


def test_a_column_is_documented_with_type_unit_and_codes() -> None:
    assert "| `amount` | decimal(18, 2), yuan | yes | yuan, never negative: the direction says which way |" in page()
    assert "| `gender` | text |  | F or M: `F`, `M` |" in page()
