"""Ways between places: straight lines with a detour factor, or a matrix that the bank gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect
from goldmine.core.errors import ContractError, SettingsError
from goldmine.core.i18n import _, ngettext
from goldmine.grid.rules import RouteRules

EARTH_METRES = 6_371_000
LATITUDES, LONGITUDES = (3_000_000, 54_000_000), (73_000_000, 136_000_000)
"""Where China lies, in millionths of a degree."""
_COLUMNS = ("from_id", "to_id", "metres", "minutes")


@dataclass(frozen=True)
class Places:
    """Where grids and branches are.

    Parameters
    ----------
    grids, branches : dict of str to tuple of float
        Latitude and longitude in degrees, by number.
    """

    grids: dict[str, tuple[float, float]]
    branches: dict[str, tuple[float, float]]


def read_places(bank: Bank) -> Places:
    """The bank's places; of one that stands twice, the first.

    Raises
    ------
    ContractError
        If there are none, or coordinates lie outside China, as swapped ones do.
    """
    if not bank.has("places"):
        raise ContractError(
            _("routes: this bank has no table of places."),
            _("Map places of grids and branches in bank.yaml; docs/grid.md says how."),
        )
    rows = bank.read(connect(), "places").order_by("kind", "place_id", "latitude_e6").to_pandas()
    outside = ~(rows["latitude_e6"].between(*LATITUDES) & rows["longitude_e6"].between(*LONGITUDES))
    if outside.any():
        swapped = rows["latitude_e6"].between(*LONGITUDES) & rows["longitude_e6"].between(*LATITUDES)
        raise ContractError(
            ngettext(
                "places: the coordinates of {n} place lie outside China; {swapped} would fit with latitude and "
                "longitude swapped.",
                "places: the coordinates of {n} places lie outside China; {swapped} would fit with latitude and "
                "longitude swapped.",
                n=int(outside.sum()),
                swapped=int(swapped.sum()),
            ),
            _("Correct latitude_e6 and longitude_e6 in the mapping: whole millionths of a degree, such as 34315012."),
        )
    rows = rows.drop_duplicates(["kind", "place_id"])
    degrees = list(zip(rows["latitude_e6"] / 1e6, rows["longitude_e6"] / 1e6, strict=True))
    known: dict[str, dict[str, tuple[float, float]]] = {"grid": {}, "branch": {}}
    for kind, number, where in zip(rows["kind"], rows["place_id"], degrees, strict=True):
        if kind in known:
            known[kind][number] = where
    return Places(known["grid"], known["branch"])


def straight_metres(where: NDArray) -> NDArray:
    """Great-circle metres between points given as rows of latitude and longitude in degrees.

    Examples
    --------
    >>> bool(abs(straight_metres(np.array([[34.0, 118.0], [35.0, 118.0]]))[0, 1] - 111_195) < 1)
    True
    """
    radians = np.radians(where)
    latitude, longitude = radians[:, 0], radians[:, 1]
    half = np.sin((latitude[:, None] - latitude) / 2) ** 2 + np.cos(latitude[:, None]) * np.cos(latitude) * (
        np.sin((longitude[:, None] - longitude) / 2) ** 2
    )
    return 2 * EARTH_METRES * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


@dataclass(frozen=True)
class Travel:
    """Metres and seconds between places.

    Parameters
    ----------
    rules : RouteRules
        Speed, detour, and the way between two households of one grid.
    matrix : pandas.DataFrame, optional
        ``metres`` and ``minutes`` by (from_id, to_id), which replace the straight line where they are given.
    """

    rules: RouteRules
    matrix: pd.DataFrame | None = None

    def between(self, numbers: Sequence[str], where: NDArray) -> tuple[NDArray, NDArray]:
        """Metres and seconds between stops (whole numbers); the first is the branch, equal numbers are one grid."""
        metres = straight_metres(where) * self.rules.detour
        seconds = metres / (self.rules.speed_kmh / 3.6)
        if self.matrix is not None:
            pairs = pd.MultiIndex.from_product([numbers, numbers], names=["from_id", "to_id"])
            given = self.matrix.reindex(pairs)
            known = given["metres"].notna().to_numpy().reshape(metres.shape)
            metres = np.where(known, given["metres"].to_numpy().reshape(metres.shape), metres)
            seconds = np.where(known, given["minutes"].to_numpy().reshape(metres.shape) * 60, seconds)
        ids = np.asarray(numbers, dtype=object)
        seconds = np.where(ids[:, None] == ids, self.rules.between_minutes * 60, seconds)
        np.fill_diagonal(seconds, 0)
        return np.rint(metres).astype(np.int64), np.rint(seconds).astype(np.int64)


def read_matrix(file: Path) -> pd.DataFrame:
    """Ways by road from a CSV file with from_id, to_id, metres and minutes.

    Raises
    ------
    SettingsError
        If it cannot be read, a column is missing, or a way is negative or no number.
    """
    try:
        rows = pd.read_csv(file, dtype={"from_id": str, "to_id": str})
    except (OSError, ValueError) as error:
        raise SettingsError(
            _("{file}: cannot be read as CSV.", file=file.name), _("Give UTF-8 with the heads {heads}.", heads=_HEADS)
        ) from error
    if missing := [name for name in _COLUMNS if name not in rows]:
        raise SettingsError(
            _("{file}: has no column {column}.", file=file.name, column=missing[0]),
            _("Give UTF-8 with the heads {heads}.", heads=_HEADS),
        )
    ways = rows[["metres", "minutes"]].apply(pd.to_numeric, errors="coerce")
    wrong = int((ways.isna() | (ways < 0)).any(axis=1).sum())
    if wrong:
        raise SettingsError(
            ngettext("{file}: {n} way is negative or no number.", "{file}: {n} ways are negative or no numbers.",
                     n=wrong, file=file.name),
            _("Correct metres and minutes."),
        )  # fmt: skip
    return rows.assign(**ways).drop_duplicates(["from_id", "to_id"]).set_index(["from_id", "to_id"])


_HEADS = ", ".join(_COLUMNS)
