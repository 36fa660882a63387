"""The catalogue of tags: what it may say, its own tests, and sets that exclude."""

import ibis
import pytest
import yaml

from goldmine.core.errors import SettingsError
from goldmine.customers.sleeping import definitions
from goldmine.customers.tag_checks import check_examples, require_exclusive, unproved
from goldmine.customers.tags import load_catalogue


def tag(name, when, has, has_not, **more):
    titles = {"title_en": name, "title_zh": name, "owner": "retail"}
    return {"name": name, **titles, "when": when, "has": has, "has_not": has_not, **more}


def catalogue(folder, tags, **more):
    one = {"name": "age", "title_en": "Age", "title_zh": "年龄", "dimension": "age", "exclusive": True, "tags": tags}
    path = folder / "tags.yaml"
    path.write_text(yaml.safe_dump({"sets": [{**one, **more}]}, allow_unicode=True), "utf-8")
    return load_catalogue(path)


YOUNG = tag("young", "age_years < 35", [{"age_years": 34}], [{"age_years": 35}])
OLDER = tag("older", "age_years >= 30", [{"age_years": 30}], [{"age_years": 29}])


def test_every_tag_of_the_project_passes_its_own_test():
    assert check_examples(load_catalogue()) > 100


def test_the_projects_exclusive_sets_exclude_by_their_conditions():
    assert [pair for one in load_catalogue().sets for pair in unproved(one)] == []


def test_the_project_has_tags_of_every_dimension():
    found = {one.dimension for one in load_catalogue().sets}
    assert found == {"value", "behaviour", "type", "life_cycle", "age", "identity"}


def test_a_tag_that_fails_its_own_test_is_refused(tmp_path):
    wrong = tag("young", "age_years < 35", [{"age_years": 35}], [{"age_years": 40}])
    with pytest.raises(SettingsError, match=r"age\.young: a row of its test, .*35.*, should have the tag and does not"):
        check_examples(catalogue(tmp_path, [wrong]))


def test_a_tag_that_takes_who_should_not_have_it_is_refused(tmp_path):
    wrong = tag("young", "age_years < 35", [{"age_years": 3}], [{"age_years": 34}])
    with pytest.raises(SettingsError, match="should not have the tag and does"):
        check_examples(catalogue(tmp_path, [wrong]))


def test_a_test_that_leaves_out_a_column_is_refused(tmp_path):
    wrong = tag("young", "age_years < 35 and level == 0", [{"age_years": 3}], [{"age_years": 40, "level": 0}])
    with pytest.raises(SettingsError, match="leaves out 'level', which it looks at"):
        check_examples(catalogue(tmp_path, [wrong]))


def test_a_set_that_overlaps_is_refused_with_its_count_and_no_customer(tmp_path):
    found = catalogue(tmp_path, [YOUNG, OLDER])
    rows = ibis.memtable({"customer_id": list("abc"), "age_years": [20.0, 32.0, 33.0]})
    with pytest.raises(SettingsError, match=r"age: its tags 'young' and 'older' overlap: 2 customers have both"):
        require_exclusive(found, rows)
    assert [(a.name, b.name) for a, b in unproved(found.sets[0])] == [("young", "older")]


def test_a_set_that_does_not_exclude_may_overlap(tmp_path):
    found = catalogue(tmp_path, [YOUNG, OLDER], exclusive=False)
    require_exclusive(found, ibis.memtable({"customer_id": ["a"], "age_years": [32.0]}))


def test_an_unknown_key_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"tags\.yaml: sets\.0\.tags\.0\.colour: Extra inputs are not permitted"):
        catalogue(tmp_path, [{**YOUNG, "colour": "red"}])


def test_two_tags_of_one_name_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="has two tags of one name"):
        catalogue(tmp_path, [YOUNG, YOUNG])


def test_a_condition_that_cannot_be_read_names_its_tag(tmp_path):
    with pytest.raises(SettingsError, match=r"age\.young: condition 'age_years <': cannot be read"):
        catalogue(tmp_path, [{**YOUNG, "when": "age_years <"}])


def test_a_catalogue_without_the_definitions_of_lost_is_told_so(tmp_path):
    with pytest.raises(SettingsError, match=r"tags\.yaml: has no set 'lost'"):
        definitions(catalogue(tmp_path, [YOUNG]))


def test_a_catalogue_that_is_not_there_is_told_so(tmp_path):
    with pytest.raises(SettingsError, match=r"tags\.yaml: there is no catalogue of tags"):
        load_catalogue(tmp_path / "tags.yaml")
