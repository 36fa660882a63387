"""Files that make one table: of one name but for digits or an ending, with the same headings."""

import fnmatch
import glob
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from goldmine.contract.bank_files import any_case


@dataclass
class RawFile:
    """One file, before files that belong together are joined."""

    path: str
    kind: str
    columns: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    ends: bool = True

    def alike(self) -> str:
        """Equal for files that can make one source; the order of Parquet's columns does not count."""
        columns = tuple(sorted(self.columns)) if self.kind == "parquet" else self.columns
        return repr((self.kind, sorted(self.settings.items()), columns))


def file_groups(found: list[RawFile]) -> Iterator[tuple[str, list[RawFile]]]:
    """Files that make one source, and the glob that gives just these.

    Files of one name but for its digits whose headings differ make as few sources as globs can tell apart.
    """
    by_digits: dict[tuple[str, str], list[RawFile]] = defaultdict(list)
    for one in found:
        by_digits[starred(one.path), one.alike()].append(one)
    by_prefix: dict[tuple[str, str], list[RawFile]] = defaultdict(list)
    names = sorted({one.path for one in found})
    for (pattern, alike), members in by_digits.items():
        if len(members) > 1 and _gives(pattern, names, members):
            yield pattern, members
            continue
        others = [name for name in names if starred(name) == pattern]
        for one in members if len(others) == len(members) else ():
            by_prefix[f"{Path(one.path).parent}/{Path(one.path).suffix.lower()}", alike].append(one)
        if len(others) > len(members):
            yield from _told_apart(others, members)
    for members in by_prefix.values():
        stem = _common_start([one.path for one in members])
        pattern = f"{glob.escape(stem)}*{any_case(Path(members[0].path).suffix.lower())}"
        if len(members) > 1 and len(Path(stem + "x").name) > 3 and _gives(pattern, names, members):
            yield f"{glob.escape(stem)}*{common_suffix(members)}", members
        else:
            for one in members:
                yield glob.escape(one.path), [one]


def starred(path: str) -> str:
    """A glob of a path with a star for each number, its suffix in small letters or capitals.

    Examples
    --------
    >>> starred("flow/2024-01.csv")
    'flow/*-*.[cC][sS][vV]'
    """
    return _stars(str(Path(path).with_suffix(""))) + any_case(Path(path).suffix.lower())


def _stars(text: str) -> str:
    return re.sub(r"\d+", "*", glob.escape(text))


def _told_apart(names: list[str], members: list[RawFile]) -> Iterator[tuple[str, list[RawFile]]]:
    """Few globs that give just these files of all, which differ in digits only: by digits with which they begin."""
    left = {one.path: one for one in members}
    wholes: dict[tuple[str, str], set[str]] = {}
    for start, rest in sorted({begun for path in left for begun in _begun(path)}):
        given = set(_given(_glob(start, rest), names))
        if given <= left.keys():
            wholes[start, rest] = given
    by_ends: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(dict)
    while left:
        start, rest = max(wholes, key=lambda key: (len(wholes[key] & left.keys()), -len(key[0])), default=("", ""))
        given = wholes.get((start, rest), set()) & left.keys()
        if not given:
            break
        by_ends[start[:-1], rest][start[-1]] = given
        left = {name: one for name, one in left.items() if name not in given}
    by_path = {one.path: one for one in members}
    for path, one in left.items():
        yield glob.escape(path), [one]
    for (start, rest), ends in sorted(by_ends.items()):
        files = [by_path[name] for name in sorted(set().union(*ends.values()))]
        yield (_glob(start, rest, sorted(ends)) if len(files) > 1 else glob.escape(files[0].path)), files


def _begun(path: str) -> Iterator[tuple[str, str]]:
    """A path cut after each of its digits: its start, and its rest after that number with stars."""
    stem, suffix = str(Path(path).with_suffix("")), any_case(Path(path).suffix.lower())
    for cut, letter in enumerate(stem, start=1):
        if letter.isdigit():
            yield stem[:cut], _stars(re.sub(r"^\d+", "", stem[cut:])) + suffix


def _glob(start: str, rest: str, digits: list[str] | None = None) -> str:
    one_of = f"[{''.join(digits)}]" if digits and len(digits) > 1 else "".join(digits or ())
    return f"{glob.escape(start)}{one_of}*{rest}"


def _given(pattern: str, names: list[str]) -> list[str]:
    """Those of all names that a glob gives; a star does not cross folders."""
    return [name for name in names if name.count("/") == pattern.count("/") and fnmatch.fnmatchcase(name, pattern)]


def _gives(pattern: str, names: list[str], members: list[RawFile]) -> bool:
    """Whether a glob gives these files of all and no others."""
    return sorted(_given(pattern, names)) == sorted(one.path for one in members)


def _common_start(paths: list[str]) -> str:
    """Letters with which both the first and the last path begin."""
    first, last = min(paths), max(paths)
    return first[
        : next((place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), None)
    ]


def common_suffix(members: list[RawFile]) -> str:
    """The suffix of all files, or a glob of it where some have capitals."""
    suffixes = {Path(one.path).suffix for one in members}
    return suffixes.pop() if len(suffixes) == 1 else any_case(Path(members[0].path).suffix.lower())
