"""What the API takes and gives, with the examples of its document."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from goldmine.contract.tables import CONTACT_CHANNELS
from goldmine.portal.work import ANSWERS

Code = Annotated[str, Field(min_length=1, max_length=80)]
RESULTS_AT_MOST = 500


class ReleaseOut(Schema):
    """A release that is loaded."""

    release_id: str = Field(examples=["cd164d93a16a"])
    as_of: date = Field(description="Its snapshot.", examples=["2024-09-30"])
    bank: str = Field(examples=["county-bank"])
    created_at: datetime
    loaded_at: datetime
    current: bool = Field(description="Whether its rows are the ones that are shown.")


class ListOut(Schema):
    """A list, a campaign or a kind of service contact of the current release."""

    kind: Literal["list", "campaign", "service"]
    list_name: str = Field(examples=["longtail_2024"])
    title_en: str = Field(examples=["Long-tail conversion 2024"])
    title_zh: str
    rows: int = Field(description="Rows that the token's user may see.", examples=[931])
    valid_until: date | None = Field(description="The last day of its last row.", examples=["2024-11-29"])
    release_id: str = Field(examples=["cd164d93a16a"])


class RowOut(Schema):
    """A row of a list; name and telephone are masked."""

    customer_id: str = Field(examples=["C00009871"])
    kind: Literal["list", "campaign", "service"]
    list_name: str = Field(examples=["longtail_2024"])
    use_case: str = Field(examples=["longtail"])
    branch_id: str = Field(examples=["B001"])
    manager_id: str = Field(examples=["S00007"])
    grid_id: str
    rank: int = Field(description="Place in the list, from 1.", examples=[1])
    decile: int | None = Field(description="1 is the best.", examples=[1])
    probability: float | None = Field(examples=[0.4756])
    expected_value: float | None = Field(description="Yuan.", examples=[28.24])
    segment: str
    offer: str = Field(examples=["return_deposit"])
    offer_en: str
    offer_zh: str
    product_id: str
    channel: str = Field(examples=["call"])
    time_band: str = Field(examples=["evening"])
    say_en: str
    say_zh: str
    reasons_en: str
    reasons_zh: str
    valid_until: date | None = Field(examples=["2024-11-29"])
    model_version: str = Field(examples=["1"])
    name: str
    phone: str = Field(examples=["138****4450"])
    status: Literal["open", "call_back", "done", "refused"]


class RowsOut(Schema):
    """One page of rows."""

    rows: list[RowOut]
    next_cursor: str = Field(description="Of the next page; empty: this is the last.")


class OfferOut(Schema):
    """An offer to make to a customer now."""

    list_name: str = Field(examples=["longtail_2024"])
    offer: str = Field(examples=["return_deposit"])
    offer_en: str
    offer_zh: str
    say_en: str
    say_zh: str
    product_id: str
    valid_until: date | None = Field(examples=["2024-11-29"])


class OffersOut(Schema):
    """The best offers to make to a customer now, the best first; none is an answer, not an error."""

    customer_id: str = Field(examples=["C00009871"])
    release_id: str = Field(examples=["cd164d93a16a"])
    offers: list[OfferOut]


class ResultIn(Schema):
    """What came of a contact."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "key": "0b6f6b0e-6d0c-4f0e-9a56-0d8b8d6b7c11",
                    "customer_id": "C00009871",
                    "list_name": "longtail_2024",
                    "answer": "yes",
                    "contacted_on": "2024-10-08",
                }
            ]
        },
    )

    key: UUID = Field(description="Made by the sender, once a contact: sending it again stores nothing twice.")
    customer_id: Code
    list_name: Code = Field(description="The campaign or service.")
    answer: Literal[ANSWERS]  # type: ignore[valid-type]
    contacted_on: date | None = Field(None, description="If not given, today.")
    channel: Literal[CONTACT_CHANNELS] | None = Field(None, description="If not given, the row's.")  # type: ignore[valid-type]
    note: str = Field("", max_length=2000, description="A refusal in it counts.")
    call_back_on: date | None = None
    promised: str = Field("", max_length=2000)
    product_id: str = Field("", max_length=64)
    amount: Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=2)] | None = Field(None, description="Yuan.")


class ResultsIn(Schema):
    """Results of contacts; each is stored or refused on its own."""

    model_config = ConfigDict(extra="forbid")

    results: list[ResultIn] = Field(min_length=1, max_length=RESULTS_AT_MOST)


class ResultOut(Schema):
    """What became of a result that was sent."""

    key: UUID
    state: Literal["stored", "repeated", "refused"]
    reason: str = Field("", description="Why it was refused.", examples=["not_there"])
    message: str = Field("", description="The same for people.")


class ResultsOut(Schema):
    """What became of the results that were sent; what is `stored` or `repeated` is safe."""

    stored: int
    repeated: int
    refused: int
    results: list[ResultOut]
