"""The catalogue of tags: what it may say, each tag's own test, and ordered cases."""

import ibis
import pytest
import yaml

from goldmine.core.errors import SettingsError
from goldmine.customers.sleeping import definitions
from goldmine.customers.tags import check_examples, load_catalogue


def tag(name, when, match, no_match, **more):
    return {"name": name, "title": name, "owner": "retail", "when": when, "match": match, "no_match": no_match, **more}


def catalogue(folder, tags, **more):
    tag_set = {"name": "age", "title": {"en": "Age", "zh": "年龄"}, "dimension": "age", "exclusive": True, "tags": tags}
    path = folder / "tags.yaml"
    path.write_text(yaml.safe_dump({"sets": [{**tag_set, **more}]}, allow_unicode=True), "utf-8")
    return load_catalogue(path)


def tags_of(found, **columns):
    rows = ibis.memtable(columns)
    return (
        rows.select(**found.sets[0].expressions({name: rows[name] for name in rows.columns})).to_pyarrow().to_pydict()
    )


YOUNG = tag("young", "age_years < 35", [{"age_years": 34}], [{"age_years": 35}])
OLDER = tag("older", "age_years >= 30", [{"age_years": 35}], [{"age_years": 29}])


def test_every_tag_of_the_project_passes_its_own_test():
    assert check_examples(load_catalogue()) > 100


def test_project_has_tags_of_every_dimension():
    dimensions = {tag_set.dimension for tag_set in load_catalogue().sets}
    assert dimensions == {"value", "behaviour", "type", "life_cycle", "age", "identity"}


def test_exclusive_set_gives_the_first_tag_whose_condition_holds(tmp_path):
    ages = [20.0, 32.0, 35.0, None]
    assert tags_of(catalogue(tmp_path, [YOUNG, OLDER]), age_years=ages) == {
        "tag_age": ["young", "young", "older", None]
    }
    assert tags_of(catalogue(tmp_path, [OLDER, YOUNG]), age_years=ages) == {
        "tag_age": ["young", "older", "older", None]
    }


def test_set_that_does_not_exclude_gives_every_tag_whose_condition_holds(tmp_path):
    found = catalogue(tmp_path, [YOUNG, OLDER], exclusive=False)
    assert tags_of(found, age_years=[20.0, 32.0]) == {"tag_age_young": [True, True], "tag_age_older": [False, True]}


def test_tag_without_its_column_is_left_out(tmp_path):
    poor = tag("poor", "level == 0", [{"level": 0}], [{"level": 1}])
    assert tags_of(catalogue(tmp_path, [poor, YOUNG]), age_years=[20.0]) == {"tag_age": ["young"]}
    found = catalogue(tmp_path, [poor, YOUNG], exclusive=False)
    assert tags_of(found, age_years=[20.0]) == {"tag_age_poor": [None], "tag_age_young": [True]}


def test_tag_that_fails_its_own_test_is_refused(tmp_path):
    wrong = tag("young", "age_years < 35", [{"age_years": 35}], [{"age_years": 40}])
    with pytest.raises(
        SettingsError, match=r"age\.young: a row of its test, .*35.*, should have the tag and does not\."
    ):
        check_examples(catalogue(tmp_path, [wrong]))


def test_tag_that_takes_who_should_not_have_it_is_refused(tmp_path):
    wrong = tag("young", "age_years < 35", [{"age_years": 3}], [{"age_years": 34}])
    with pytest.raises(SettingsError, match="should not have the tag and does"):
        check_examples(catalogue(tmp_path, [wrong]))


def test_own_test_names_the_earlier_case_that_takes_its_row(tmp_path):
    taken = tag("older", "age_years >= 30", [{"age_years": 32}], [{"age_years": 29}])
    with pytest.raises(SettingsError, match=r"age\.older: .*should have the tag and does not \(it has 'young'\)"):
        check_examples(catalogue(tmp_path, [YOUNG, taken]))


def test_own_test_that_leaves_out_a_column_is_refused(tmp_path):
    wrong = tag("young", "age_years < 35 and level == 0", [{"age_years": 3}], [{"age_years": 40, "level": 0}])
    with pytest.raises(SettingsError, match="leaves out 'level', which decides it"):
        check_examples(catalogue(tmp_path, [wrong]))


def test_own_test_that_leaves_out_a_column_of_an_earlier_case_is_refused(tmp_path):
    rich = tag("rich", "level > 4", [{"age_years": 20, "level": 5}], [{"age_years": 40, "level": 0}])
    late = tag("late", "age_years >= 35", [{"age_years": 40}], [{"age_years": 29, "level": 0}])
    with pytest.raises(SettingsError, match=r"age\.late: a test row leaves out 'level', which decides it"):
        check_examples(catalogue(tmp_path, [rich, late]))


def test_unknown_key_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"tags\.yaml: sets\.0\.tags\.0\.colour: unknown key\."):
        catalogue(tmp_path, [{**YOUNG, "colour": "red"}])


def test_two_tags_of_one_name_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="has two tags of one name"):
        catalogue(tmp_path, [YOUNG, YOUNG])


def test_condition_that_cannot_be_read_names_its_tag(tmp_path):
    with pytest.raises(SettingsError, match=r"age\.young: condition 'age_years <': cannot be read"):
        catalogue(tmp_path, [{**YOUNG, "when": "age_years <"}])


def test_catalogue_without_the_definitions_of_lost_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"tags\.yaml: has no set 'lost'"):
        definitions(catalogue(tmp_path, [YOUNG]))


def test_missing_catalogue_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"tags\.yaml: there is no catalogue of tags"):
        load_catalogue(tmp_path / "tags.yaml")
