"""Tables of the portal's database."""

from goldmine.portal.models.exposures import Exposure
from goldmine.portal.models.filters import SavedFilter
from goldmine.portal.models.numbers import ContactNumber
from goldmine.portal.models.releases import CurrentRelease, Customer, ListRow, MergedNumber, Release
from goldmine.portal.models.requests import Approval, Download
from goldmine.portal.models.users import ApiToken, User
from goldmine.portal.models.work import CallBack, Claim, HandOver, OptOut, Result

__all__ = [
    "ApiToken",
    "Approval",
    "CallBack",
    "Claim",
    "ContactNumber",
    "CurrentRelease",
    "Customer",
    "Download",
    "Exposure",
    "HandOver",
    "ListRow",
    "MergedNumber",
    "OptOut",
    "Release",
    "Result",
    "SavedFilter",
    "User",
]
