"""Decisions on pairs become dated mergers into one survivor; a contradiction merges nobody."""

from datetime import date

from goldmine.core.workspace import Workspace
from goldmine.identity.linkage.decisions import Decision, mergers_of, read_decisions, store_decisions

MONDAY, TUESDAY, FRIDAY = date(2024, 6, 3), date(2024, 6, 4), date(2024, 6, 7)
STANDING = {
    "A": (date(2001, 5, 1), None),
    "B": (date(1988, 3, 1), None),
    "C": (date(1975, 1, 1), date(2020, 1, 1)),
    "D": (None, None),
    "E": (date(1988, 3, 1), None),
}


def same(one: str, other: str, day: date = MONDAY) -> Decision:
    return Decision((one, other), True, day, "wang")


def apart(one: str, other: str, day: date = MONDAY) -> Decision:
    return Decision((one, other), False, day, "wang")


def test_the_number_opened_first_survives_unless_it_is_closed():
    assert mergers_of([same("A", "B")], STANDING).rows == [("A", "B", MONDAY)]
    assert mergers_of([same("A", "C")], STANDING).rows == [("C", "A", MONDAY)]
    assert mergers_of([same("A", "D")], STANDING).rows == [("D", "A", MONDAY)]
    assert mergers_of([same("B", "E")], STANDING).rows == [("E", "B", MONDAY)]


def test_a_chain_has_one_survivor_and_each_number_the_day_on_which_the_chain_reached_it():
    rows = mergers_of([same("A", "C", MONDAY), same("B", "C", FRIDAY)], STANDING).rows
    assert rows == [("A", "B", FRIDAY), ("C", "B", FRIDAY)]
    rows = mergers_of([same("A", "C", FRIDAY), same("B", "C", MONDAY), same("A", "B", TUESDAY)], STANDING).rows
    assert rows == [("A", "B", TUESDAY), ("C", "B", MONDAY)]


def test_a_group_with_two_numbers_of_different_people_is_not_merged():
    merged = mergers_of([same("A", "B"), same("B", "C"), apart("A", "C"), same("D", "E")], STANDING)
    assert (merged.rows, merged.contradictory) == ([("D", "E", MONDAY)], 1)


def test_two_decided_to_be_different_are_no_merger():
    assert mergers_of([apart("A", "B")], STANDING).rows == []


def test_the_newest_decision_on_a_pair_counts_and_older_ones_on_others_stay(tmp_path):
    work = Workspace(tmp_path)
    store_decisions(work, [same("A", "B"), same("D", "E")], STANDING)
    merged = store_decisions(work, [apart("A", "B", FRIDAY)], STANDING)
    assert merged.rows == [("D", "E", MONDAY)]
    assert read_decisions(work) == {("A", "B"): apart("A", "B", FRIDAY), ("D", "E"): same("D", "E")}
