"""Numbers hashed with the bank's key: equal numbers stay equal, however they were written."""

import pytest

from goldmine.contract.keyed_hash import check_digit, keyed_hash, normal_id_number, normal_phone

# HMAC-SHA-256 of 11010519491231002X with the key "example", as `openssl dgst -sha256 -hmac example` gives it.
DIGEST = "b897fc21329b34796021f7423f7474a6cfb898c521872d32f561612d8876fc7a"


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002X",
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５491231002",
        "110105-491231-002",
    ],
)
def test_one_identity_number_has_one_hash(written: str) -> None:
    assert keyed_hash(normal_id_number(written), b"example") == DIGEST


def test_another_key_gives_another_hash() -> None:
    assert keyed_hash("11010519491231002X", b"other") != DIGEST


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("E 1234-5678", "E12345678"),
        ("g12345678", "G12345678"),
        ("110105 4912310", "1101054912310"),
        ("11010549123100A", "11010549123100A"),
    ],
)
def test_other_documents_keep_their_number(written: str, normal: str) -> None:
    assert normal_id_number(written) == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("+86 120 4305 7256", "12043057256"),
        ("0086-12043057256", "12043057256"),
        ("8612043057256", "12043057256"),
        ("１２０４３０５７２５６", "12043057256"),
        ("(0516) 8622-0000", "051686220000"),
        ("86220000", "86220000"),
    ],
)
def test_a_telephone_number_loses_gaps_and_the_countrys_code(written: str, normal: str) -> None:
    assert normal_phone(written) == normal


@pytest.mark.parametrize(("digits", "check"), [("11010519491231002", "X"), ("44052418800101001", "4")])
def test_the_check_digit_is_that_of_the_national_standard(digits: str, check: str) -> None:
    assert check_digit(digits) == check
