"""One person taken out of a work folder, its releases and the files of its MLflow runs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from goldmine.contract.forgotten_rows import count_in_tables, forget_in_tables
from goldmine.contract.manifest import load_bank
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.customer_rows import Person, count_rows
from goldmine.core.engine import connect
from goldmine.core.errors import ParameterError
from goldmine.core.files import read_json, remove, write_json
from goldmine.core.forgotten import add_forgotten, read_forgotten
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers, same_persons
from goldmine.pipeline.forget.files import Removal, derived_files, remove_person, update_checksums
from goldmine.pipeline.forget.tracking import files_elsewhere
from goldmine.publishing.redaction import redact, rows_in_releases
from goldmine.publishing.release_store import finish_replacements


@dataclass(frozen=True)
class Place:
    """Where a person is found.

    Parameters
    ----------
    kind : {"table", "file", "release", "run"}
        A canonical table, a derived file, a file of a release, a file of an MLflow run or of the project's ``data``.
    name : str
        Path, below the work folder if it is there, or the table's name.
    count : int
        Rows, or places in a text.
    """

    kind: str
    name: str
    count: int


@dataclass(frozen=True)
class Forgetting:
    """What was taken out.

    Parameters
    ----------
    person : Person
        All numbers of the person.
    places : tuple of Place
        Where they were found.
    removed : tuple of str
        Files that were removed whole, and are made again by the next run or by their command.
    kept : tuple of str
        Files that name the person still, since they could not be changed.
    releases : dict of str to str
        By release that was changed, the SHA-256 of its new manifest.
    """

    person: Person
    places: tuple[Place, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    releases: dict[str, str]


def person_of(work: Workspace, number: str) -> Person:
    """A person by one of their customer numbers: every number that is the same person, whenever it was merged.

    Raises
    ------
    ParameterError
        If the number is empty.
    WorkFolderError
        If the work folder holds no bank's tables.
    """
    if not number.strip():
        raise ParameterError(_("CUSTOMER: is empty."), _("Give a customer number as the bank's tables hold it."))
    bank, connection = load_bank(work), connect()
    customers = bank.read(connection, "customers")
    one = customers.filter(customers.customer_id == number).select("customer_id")
    persons = same_persons(one, merged_numbers(connection, customers)).to_pyarrow()["customer_id"].to_pylist()
    begun = read_json(_pending(work), [])
    numbers = {number, *persons, *(begun if number in begun else ())}
    return Person(frozenset(numbers), read_forgotten(bank.name).hash_of(min(numbers))[:12])


def find_person(work: Workspace, person: Person) -> list[Place]:
    """Every place of the work folder and of its MLflow runs that names a person; nothing is changed."""
    bank = load_bank(work)
    found = [Place("table", name, rows) for name, rows in count_in_tables(bank, person.numbers).items()]
    found += [Place("file", str(path.relative_to(work.root)), rows) for path, rows in _named(work, person)]
    for release, files in rows_in_releases(work, person):
        folder = release.folder.relative_to(work.root)
        found += [Place("release", f"{folder}/{path}", rows) for path, rows in files.items()]
    return found + [Place("run", str(path), rows) for path, rows in _elsewhere(work, bank.name, person)]


def forget_person(work: Workspace, person: Person) -> Forgetting:
    """Take a person out, and enter their numbers into the register, so that no later intake brings them back.

    Killed in between, the same call ends the work. The work folder's lock must be held.

    Raises
    ------
    ReleaseError
        If a release is not whole; nothing has changed then.
    ParameterError
        If nothing names the person, and no earlier forgetting did.
    """
    finish_replacements(work)
    places = find_person(work, person)
    bank = load_bank(work)
    forgotten = read_forgotten(bank.name)
    if not places and not any(forgotten.knows(number) for number in person.numbers):
        raise ParameterError(
            _("CUSTOMER: {number} is nowhere in {root}.", number=min(person.numbers), root=work.root),
            _("Look at the number; one that nobody has is not entered, as it may be given to somebody later."),
        )
    write_json(_pending(work), sorted(person.numbers))
    person = replace(person, pseudonym=add_forgotten(bank.name, person.numbers, system_user()))
    with TemporaryDirectory(prefix=".forget.", suffix=".part", dir=work.root) as scratch:
        forget_in_tables(bank, work, read_forgotten(bank.name), Path(scratch))
    removals = [remove_person(path, person) for path, _rows in _named(work, person)]
    releases = {}
    for release, files in list(rows_in_releases(work, person)):
        changed = redact(work, release, person, files)
        releases[changed.manifest.release_id] = changed.manifest.redactions[-1].manifest_sha256
    removals += [remove_person(path, person) for path, _rows in _elsewhere(work, bank.name, person)]
    update_checksums(work, removals)
    done = Forgetting(person, tuple(places), _those(removals, "removed"), _those(removals, "kept"), releases)
    _log(bank.name, done)
    remove(_pending(work))
    return done


def _log(bank: str, done: Forgetting) -> None:
    kinds = [place.kind for place in done.places]
    details = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    AuditLog.of_bank(bank).append(
        "forgotten",
        who=system_user(),
        subject=f"person:{done.person.pseudonym}",
        details={**details, "numbers": len(done.person.numbers), "manifests_before": done.releases},
    )


def _pending(work: Workspace) -> Path:
    """The numbers of a person whose forgetting has begun and not ended."""
    return work.root / ".forgetting.json"


def _named(work: Workspace, person: Person) -> list[tuple[Path, int]]:
    counts = ((path, count_rows(path, person)) for path in derived_files(work))
    return [(path, rows) for path, rows in counts if rows and path != _pending(work)]


def _elsewhere(work: Workspace, bank: str, person: Person) -> Iterator[tuple[Path, int]]:
    for path in files_elsewhere(work, bank):
        rows = count_rows(path, person)
        if rows:
            yield path, rows


def _those(removals: list[Removal], outcome: str) -> tuple[str, ...]:
    return tuple(removal.name for removal in removals if removal.outcome == outcome)
