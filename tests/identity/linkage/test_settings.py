"""The settings of linkage: what is refused, and what remains of them for a bank with fewer columns."""

import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.settings import typed
from goldmine.identity.linkage.settings import LinkageSettings, load_linkage

RAW = {
    "sure": 0.99,
    "review": 0.5,
    "max_block": 50,
    "blocking": [["name", "birth_date"], ["phone"]],
    "training": [["birth_date"], ["name"], ["phone"]],
    "known_matches": {"keys": [["name", "birth_date"], ["phone", "name:1"]], "recall": 0.5},
    "comparisons": [
        {"column": "name", "kind": "chinese_name"},
        {"column": "birth_date", "kind": "date"},
        {"column": "phone", "kind": "exact"},
    ],
}


def settings(**changed: object) -> LinkageSettings:
    return typed(LinkageSettings, RAW | changed, "linkage.yaml")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"review": 0.995}, r"review \(0.995\) must be below sure \(0.99\)"),
        ({"merge_alone": 0.9}, r"merge_alone \(0.9\) must not be below sure \(0.99\)"),
        ({"blocking": [["name; DROP TABLE x"]]}, "neither a column nor column:characters"),
        ({"blocking": ["name"]}, "write a list of columns"),
        ({"max_block": 100_000}, "max_block"),
        ({"thresholds": 1}, "unknown key"),
        ({"comparisons": [RAW["comparisons"][0]] * 2}, "name is compared twice"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(changed, words):
    with pytest.raises(SettingsError, match=words):
        settings(**changed)


def test_zones_begin_at_their_thresholds():
    zones = [settings().zone(probability) for probability in (0.4999, 0.5, 0.9899, 0.99, 1.0)]
    assert zones == ["different", "review", "review", "sure", "sure"]


def test_keys_and_comparisons_of_missing_columns_are_left_out():
    left = settings().within(frozenset({"name", "birth_date"}), "linkage.yaml")
    assert [compared.column for compared in left.comparisons] == ["name", "birth_date"]
    assert [sorted(key.columns) for key in left.blocking] == [["birth_date", "name"]]
    assert [sorted(key.columns) for key in left.training] == [["birth_date"], ["name"]]
    assert [sorted(key.columns) for key in left.known_matches.keys] == [["birth_date", "name"]]


def test_a_bank_with_too_few_columns_is_told_which_are_missing():
    with pytest.raises(
        SettingsError, match="without the columns birth_date, phone too little is left in blocking, training"
    ):
        settings().within(frozenset({"name"}), "linkage.yaml")


def test_nothing_merges_by_itself_unless_the_bank_says_so(tmp_path):
    file = tmp_path / "linkage.yaml"
    file.write_text("sure: 0.99\n", "utf-8")
    with pytest.raises(SettingsError, match="review: is missing"):
        load_linkage(file)
    assert settings().merge_alone is None
