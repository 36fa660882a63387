"""Files for the systems that call or send messages: open contacts of one channel, as ``gateways.yaml`` maps them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import models

from goldmine.campaigns.gateways import Gateway, load_gateways
from goldmine.contactability.policy import ChannelName
from goldmine.core.errors import GoldmineError
from goldmine.core.i18n import LocalizedText, _
from goldmine.portal.clock import today
from goldmine.portal.filters import RowFilter, filtered
from goldmine.portal.models import User
from goldmine.portal.row_files import FileFormat


class DownloadError(GoldmineError):
    """A download that cannot be made; both lines are texts for the person who asked.

    Parameters
    ----------
    needs_approval : int
        Rows that a second person may approve; 0: approval does not help.
    """

    def __init__(self, what: LocalizedText, do: LocalizedText, needs_approval: int = 0) -> None:
        super().__init__(what, do)
        self.needs_approval = needs_approval


@cache
def gateways() -> Mapping[ChannelName, Gateway]:
    """The mappings by channel, read once a process: a page has no time for their file."""
    return load_gateways()


def gateway_of(wanted: RowFilter) -> Gateway:
    """The mapping of the channel that a filter names.

    Raises
    ------
    DownloadError
        If it names none, or one without a mapping.
    """
    if wanted.channel is None or wanted.channel not in gateways():
        raise DownloadError(
            _("There is no file for a system of this channel."),
            _("Choose one of the channels {names}.", names=", ".join(gateways())),
        )
    return gateways()[wanted.channel]


def rows_of(user: User, wanted: RowFilter, kind: FileFormat) -> Any:
    """The rows of a file: what the filter shows; for a channel's system its valid, open contacts of campaigns only.

    Whom somebody promised to call on a day is theirs to call.

    Raises
    ------
    DownloadError
        If a file for a channel's system is asked for without such a channel.
    """
    rows = filtered(user, wanted)
    if kind != "channel":
        return rows
    gateway_of(wanted)
    valid = models.Q(valid_until__gte=today()) | models.Q(valid_until=None)
    return rows.filter(valid, kind="campaign", status="open")
