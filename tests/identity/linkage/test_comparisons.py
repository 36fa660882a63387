"""Levels of agreement: literal pairs and the level of each."""

import duckdb
import pytest

from goldmine.identity.linkage.comparisons import levels_of
from goldmine.identity.linkage.settings import ComparedColumn, Kind


def level(kind: Kind, left: object, right: object, sounds: tuple[str, str] = ("", "")) -> str:
    levels = levels_of(ComparedColumn(column="x", kind=kind))
    cases = " ".join(f"WHEN {level.sql} THEN '{level.code}'" for level in levels)
    values = "SELECT $1 AS x_l, $2 AS x_r, $3 AS x_sound_l, $4 AS x_sound_r"
    with duckdb.connect() as connection:
        kind_of = "DATE" if kind == "date" else "VARCHAR"
        query = f"SELECT CASE {cases} ELSE 'different' END FROM ({values})"
        query = query.replace("$1", f"CAST($1 AS {kind_of})").replace("$2", f"CAST($2 AS {kind_of})")
        return connection.execute(query, [left, right, *sounds]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("王小明", "王小明", "same"),
        ("王小明", "王小名", "same_sound"),
        ("王小明", "王大明", "one_character"),
        ("王明", "李明", "one_character"),
        ("买买提江艾山", "买买提江艾山", "same"),
        ("买买提江艾山", "买买提江艾尔", "different"),
        ("王小明", "王大军", "different"),
        ("王小明", "王明", "different"),
        ("王", "李", "different"),
    ],
)
def test_chinese_names_agree_by_character_and_by_sound(left, right, expected):
    sounds = ("wang xiao ming", "wang xiao ming") if expected == "same_sound" else ("a", "b")
    assert level("chinese_name", left, right, sounds) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("1970-03-12", "1970-03-12", "same"),
        ("1970-03-12", "1970-03-21", "one_digit"),
        ("1970-03-12", "1970-04-01", "within_a_month"),
        ("1970-03-12", "1970-12-01", "within_a_year"),
        ("1970-03-12", "1975-11-30", "within_ten_years"),
        ("1970-03-12", "1999-11-30", "different"),
    ],
)
def test_dates_agree_by_digit_and_by_distance(left, right, expected):
    assert level("date", left, right) == expected


def test_other_kinds_agree_by_degrees():
    assert level("exact", "B1", "B2") == "different"
    assert level("digits", "5304218", "5304281") == "one_digit"
    assert level("digits", "5304218", "5394219") == "two_digits"
    assert level("latin_name", "martha", "marhta") == "very_alike"
    assert level("text", "12 main street", "9 old mill lane") == "different"
