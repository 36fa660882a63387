"""File names made from ids: readable, harmless, and different for different ids."""

import unicodedata

import pytest

from goldmine.core.file_names import MAX_BYTES, file_name, file_names

HOSTILE = [
    *("", " ", ".", "..", "../../../../x/pwned", "/etc/passwd", "a/b", "a\\b", "C:\\x", "~root", "-rf", ".hidden"),
    *("x.", "x ", "a\x00b", "a\nb", "a\x1b[2Jb", "a\u202eb", "a\u2028b", "\ud800", "con", "CON", "nul.txt", "com1"),
    *("a:b", "a*b", "a?b", "a[1]", "a{b}", "<script>alert(1)</script>", '"x"', "O'Brien", "`id`", "$(id)", "100%"),
    *("é", "e\u0301", "é" * 300, "支" * 300, "支" * 299 + "行", "b1", "B1", "ß", "ss", "ﬁ", "fi", "a_b", "=1+1"),
    *("aux", "a|b", "LPT³"),
]
GOOD = ("B001", "m1", "邳州东湖支行", "东湖（一）支行", "B.1", "a b", "3203820001", "x@y", "A&B")


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_stays_as_it_is(name):
    assert file_name(name) == name


def test_no_hostile_id_leaves_its_folder_or_takes_anothers_name(tmp_path):
    names = file_names(HOSTILE)
    for text, name in names.items():
        (tmp_path / f"{name}.xlsx").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.xlsx" for name in names.values())
    for text, name in names.items():
        assert (tmp_path / f"{name}.xlsx").read_bytes() == text.encode("utf-8", "surrogatepass")
        assert len(name.encode()) <= MAX_BYTES
        assert {unicodedata.category(letter)[0] for letter in name} & {"C"} == set()
        assert set(name) & set("/\\<>:\"|?*[]{}'`$%") == set()
        assert name[0] not in ".-~ "
        assert name[-1] not in ". "


def test_names_differ_where_upper_and_lower_case_are_one():
    names = file_names(HOSTILE).values()
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in names}) == len(HOSTILE)


def test_reserved_names_of_windows_are_never_given():
    stems = {name.partition(".")[0].upper() for name in file_names(HOSTILE).values()}
    assert stems & {"CON", "NUL", "COM1", "LPT³", "AUX"} == set()


def test_an_id_that_looks_like_anothers_made_name_gets_another():
    made = file_name("a/b")
    names = file_names(["a/b", made])
    assert len(set(names.values())) == 2


def test_the_name_of_an_id_does_not_depend_on_the_order_of_the_others():
    assert file_names(HOSTILE) == file_names(HOSTILE[::-1])
