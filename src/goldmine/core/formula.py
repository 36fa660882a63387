"""Texts that a spreadsheet would take for a formula, made harmless in CSV and given back."""

_DANGEROUS = tuple("=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20")
"""What a formula begins with; the full-width signs begin one in the Chinese Excel. The apostrophe is among them so that
taking one apostrophe off always gives back the text."""


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula.

    Examples
    --------
    >>> harmless("=1+1")
    "'=1+1"
    >>> harmless("0012")
    '0012'
    """
    return f"'{text}" if text.lstrip(" ").startswith(_DANGEROUS) else text


def plain(text: str) -> str:
    """The text as it was before `harmless`.

    Examples
    --------
    >>> plain("'=1+1")
    '=1+1'
    """
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text
