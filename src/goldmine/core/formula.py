"""Escape texts that a spreadsheet would run as formulas, and undo it."""

_DANGEROUS = tuple("=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20")
"""Characters that begin a formula; the full-width signs do so in the Chinese Excel. The apostrophe is among them so
that removing one apostrophe always restores the text."""


def escape_formula(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula.

    Examples
    --------
    >>> escape_formula("=1+1")
    "'=1+1"
    >>> escape_formula("0012")
    '0012'
    """
    return f"'{text}" if text.lstrip(" ").startswith(_DANGEROUS) else text


def unescape_formula(text: str) -> str:
    """The text as it was before `escape_formula`.

    Examples
    --------
    >>> unescape_formula("'=1+1")
    '=1+1'
    """
    return text[1:] if text.startswith("'") and escape_formula(text[1:]) == text else text
