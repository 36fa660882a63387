"""File names made from ids of a bank: readable, harmless on every file system, and different for different ids."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from goldmine.core.fingerprint import of_bytes

MAX_BYTES = 180
"""Length of a name in UTF-8. File systems hold 255; a suffix and the frame of a temporary name come on top."""
_REFUSED = re.compile(r"""[<>:"/\\|?*\[\]{}'`$%]|^[-.~ ]|[. ]$""")
"""What Windows, shells and patterns of paths give a meaning to."""
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)")
_HASHES = (12, 64)


def file_names(ids: Iterable[str]) -> dict[str, str]:
    """A file name for each id of one folder, without a suffix.

    An id that is a good name keeps it, Chinese included. Any other has its bad characters replaced and ends in a part
    of its own SHA-256; so do ids whose names differ in upper and lower case alone, or in how a letter is composed.

    Examples
    --------
    >>> list(file_names(["B001", "Łódź 1", "../x"]).values())
    ['B001', 'Łódź 1', '_._x-d6b96a97d147']
    >>> list(file_names(["m1", "M1"]).values())
    ['m1-ca0df2c95aa1', 'M1-2d214ca69b86']
    """
    names = {text: file_name(text) for text in ids}
    for digits in _HASHES:
        alike = defaultdict(list)
        for text, name in names.items():
            alike[unicodedata.normalize("NFKC", name).casefold()].append(text)
        same = [text for texts in alike.values() if len(texts) > 1 for text in texts]
        names |= {text: _hashed(text, digits) for text in same}
    return names


def file_name(text: str) -> str:
    """A file name for one id by itself; where a folder holds files of several ids, `file_names` keeps them apart.

    Examples
    --------
    >>> file_name("B001"), file_name("Łódź 1")
    ('B001', 'Łódź 1')
    """
    return text if _harmless(text) == text else _hashed(text, _HASHES[0])


def _hashed(text: str, digits: int) -> str:
    ending = f"-{of_bytes(text.encode('utf-8', 'surrogatepass'))[:digits]}"
    return _cut(_harmless(text), MAX_BYTES - len(ending)) + ending


def _harmless(text: str) -> str:
    """The text with every character replaced that could be more than a letter of a name; never empty."""
    letters = ("_" if unicodedata.category(one)[0] in "CZ" and one != " " else one for one in text)
    name = _REFUSED.sub("_", unicodedata.normalize("NFC", "".join(letters)))
    return _cut(f"_{name}" if _RESERVED.match(name) else name or "_", MAX_BYTES)


def _cut(name: str, most: int) -> str:
    """As many whole characters as fit into so many bytes."""
    return name.encode()[:most].decode("utf-8", "ignore")
