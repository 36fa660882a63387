"""How a bank hashes identity-document and telephone numbers with its own key, so that equal numbers stay comparable."""

import hmac
import re
import unicodedata

_SHORT = 15
"""Digits of a Chinese identity number up to 1999; it has 18 since."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_ABROAD = re.compile(r"^(\+?86|0086)(?=1\d{10}$)")


def keyed_hash(number: str, key: bytes) -> str:
    """HMAC-SHA-256 of a number in its normal form, as 64 small hexadecimal digits.

    Parameters
    ----------
    number : str
        From `normal_id_number` or `normal_phone`.
    key : bytes
        The bank's own key, which never leaves it: without a key every possible number could be tried.

    Examples
    --------
    >>> keyed_hash(normal_id_number("110105491231002"), b"example")[:16]
    'b897fc21329b3479'
    >>> keyed_hash(normal_id_number("11010519491231002x"), b"example")[:16]
    'b897fc21329b3479'
    """
    return hmac.digest(key, number.encode(), "sha256").hex()


def normal_id_number(text: str) -> str:
    """An identity-document number as it is hashed: without spaces and hyphens, in capitals, of 18 digits.

    A Chinese number of 15 digits gets its century, 19, after the sixth digit and its check digit at the end (GB 11643).
    Any other document's number stays as it is.

    Examples
    --------
    >>> normal_id_number("110105 491231 002"), normal_id_number("11010519491231002x"), normal_id_number("e-123456")
    ('11010519491231002X', '11010519491231002X', 'E123456')
    """
    number = _without_gaps(text)
    if len(number) == _SHORT and number.isdecimal():
        number = f"{number[:6]}19{number[6:]}"
        return number + check_digit(number)
    return number


def normal_phone(text: str) -> str:
    """A telephone number as it is hashed: digits only, a mobile number without the country's code.

    Examples
    --------
    >>> normal_phone("+86 120-4305-7256"), normal_phone("12043057256"), normal_phone("0516 8622 0000")
    ('12043057256', '12043057256', '051686220000')
    """
    return re.sub(r"\D", "", _ABROAD.sub("", _without_gaps(text)))


def check_digit(digits: str) -> str:
    """The last digit of a Chinese identity number, of its first seventeen (ISO 7064, MOD 11-2).

    Examples
    --------
    >>> check_digit("11010519491231002")
    'X'
    """
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11]


def _without_gaps(text: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
