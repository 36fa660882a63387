"""Files for the systems that send messages, such as an SMS gateway: one mapping of columns a channel."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from goldmine.contactability.policy import ChannelName
from goldmine.core.formula import escape_formula
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

_FILE = "gateways.yaml"
GatewayColumn = Literal[
    "number", "customer_id", "name", "branch_id", "campaign_id", "offer_name", "say", "time_band", "valid_until"
]


class Gateway(SettingsModel):
    """A file for one system.

    Parameters
    ----------
    encoding : str
        ``utf-8``, ``utf-8-sig`` (with a byte order mark) or ``gb18030``.
    separator : str
        Between two cells.
    on_request : bool
        The contacts stay in the workbooks of staff, and the portal makes the file for whoever asks; else the release
        holds the file, and no workbook has these contacts.
    columns : dict of str to str
        By heading in the file, the column that fills it, in their order.
    """

    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = "utf-8"
    separator: Literal[",", ";", "|", "\t"] = ","
    on_request: bool = False
    columns: dict[str, GatewayColumn] = Field(min_length=1)


class _Gateways(SettingsModel):
    channels: dict[ChannelName, Gateway] = {}


def gateways_path() -> Path:
    """Path of the mappings."""
    return home() / "pipelines" / _FILE


def load_gateways() -> dict[ChannelName, Gateway]:
    """Read ``pipelines/gateways.yaml``, by channel; without it all contacts stand in workbooks.

    Raises
    ------
    SettingsError
        If it has an unknown channel, key or column.
    """
    return typed(_Gateways, {"channels": read_yaml(gateways_path())}, _FILE).channels


def release_gateways() -> dict[ChannelName, Gateway]:
    """The gateways whose files a release holds."""
    return {channel: gateway for channel, gateway in load_gateways().items() if not gateway.on_request}


def split_off(
    offers: pa.Table, gateways: Mapping[ChannelName, Gateway]
) -> tuple[pa.Table, dict[ChannelName, pa.Table]]:
    """Contacts that staff make, and those of each gateway that has any, by channel."""
    sent = pc.is_in(offers["channel"], pa.array(gateways, pa.string()))
    by_channel = {channel: offers.filter(pc.equal(offers["channel"], channel)) for channel in gateways}
    return offers.filter(pc.invert(sent)), {channel: rows for channel, rows in by_channel.items() if rows.num_rows}


def write_gateway(path: Path, rows: pa.Table, gateway: Gateway) -> None:
    """Write contacts as the system reads them: headings of the mapping, dates as ``YYYY-MM-DD``, no formulas."""
    cells = [[_cell(value) for value in rows[name].to_pylist()] for name in gateway.columns.values()]
    with path.open("w", encoding=gateway.encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=gateway.separator, lineterminator="\r\n")
        writer.writerow(gateway.columns)
        writer.writerows(zip(*cells, strict=True))


def _cell(value: object) -> str:
    return "" if value is None else escape_formula(str(value))
