"""The rules in ``pipelines/credit.yaml``: from what a limit is worked out, up to which cap, and who is refused."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from goldmine.core.i18n import LocalizedText, _
from goldmine.core.placeholders import BankSettings
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

Base = Literal["deposits", "property", "tax", "provident_fund"]
"""What a limit is a multiple of: annual average daily deposits, or the latest fact of that kind."""
Checked = Literal["birth_date", "staff", "suppressions", "loan_months"]


class AmountRule(SettingsModel):
    """How an amount is worked out from a base, in yuan.

    Parameters
    ----------
    multiple : float
        So many times the base, with four decimals at most.
    cap : int
        The most that one customer gets; 0 gives nobody anything.
    minimum : int
        The least that is worth offering; less is refused.
    step : int
        Limits are rounded down to whole steps.
    """

    multiple: float = Field(gt=0, le=1000)
    cap: int = Field(ge=0, le=1_000_000_000)
    minimum: int = Field(default=10_000, ge=1)
    step: int = Field(default=1_000, ge=1)

    @field_validator("multiple")
    @classmethod
    def _four_decimals(cls, value: float) -> float:
        if Decimal(str(value)) * 10_000 % 1:
            raise ValueError(_("has more than four decimals"))
        return value

    @property
    def ten_thousandths(self) -> int:
        """The multiple in ten thousandths, so that amounts are whole fen.

        Examples
        --------
        >>> AmountRule(multiple=0.35, cap=1).ten_thousandths
        3500
        """
        return int(Decimal(str(self.multiple)) * 10_000)


class RiskBand(SettingsModel):
    """What share of the amount is granted up to a probability of default.

    Parameters
    ----------
    max_probability : float
        Highest probability of default within twelve months.
    share : float
        Share of the amount.
    """

    max_probability: float = Field(gt=0, le=1)
    share: float = Field(gt=0, le=1)


class CreditProduct(AmountRule):
    """One credit product.

    Parameters
    ----------
    product_id : str
        The product, from the table of products.
    title : LocalizedText
        What staff read.
    base : str
        What the limit is a multiple of.
    rate_bp : int
        Its price: interest in basis points a year.
    trades : dict of str to list of int
        Trades that it is for, with the first and last month of their season; empty for everybody.
    offer_months_before : int
        Months before a season in which it is offered.
    max_fact_months : int
        A fact older than that is no base.
    risk_bands : list of RiskBand
        By probability of default, the lowest first; beyond the last is refused. Empty: the model is not asked.
    """

    product_id: str
    title: LocalizedText
    base: Base
    rate_bp: int = Field(gt=0, le=3600)
    trades: dict[str, list[int]] = {}
    offer_months_before: int = Field(default=2, ge=0, le=6)
    max_fact_months: int = Field(default=24, ge=1)
    risk_bands: list[RiskBand] = []

    @model_validator(mode="after")
    def _sound(self) -> "CreditProduct":
        for trade, months in self.trades.items():
            if len(months) != 2 or not all(1 <= month <= 12 for month in months):
                raise ValueError(
                    _("trades.{name} is not two months of 1 to 12, the season's first and last", name=trade)
                )
        bounds = [band.max_probability for band in self.risk_bands]
        if bounds != sorted(set(bounds)):
            raise ValueError(_("risk_bands do not rise from one max_probability to the next"))
        shares = [band.share for band in self.risk_bands]
        if shares != sorted(shares, reverse=True):
            raise ValueError(_("risk_bands grant more at a higher risk"))
        return self


class Exclusions(SettingsModel):
    """Who gets no limit whatever the base.

    Parameters
    ----------
    min_age, max_age : int
        Full years; who is of no known age is refused.
    min_months : int
        Months with the bank, at least.
    max_days_overdue : int
        Days in arrears at the snapshot, of any loan, at most.
    arrears_months : int
        Months looked back for arrears that are over.
    max_days_overdue_before : int
        Days in arrears within these months, at most.
    may_be_unchecked : list of str
        Tables and columns that the bank may lack; where another is missing, everybody is refused.
    """

    min_age: int = Field(default=18, ge=18)
    max_age: int = Field(default=65, le=100)
    min_months: int = Field(default=12, ge=0)
    max_days_overdue: int = Field(default=0, ge=0)
    arrears_months: int = Field(default=24, ge=1)
    max_days_overdue_before: int = Field(default=30, ge=0)
    may_be_unchecked: list[Checked] = []


class Outcome(SettingsModel):
    """When a loan has failed: so many days in arrears within so many months of the grant."""

    days_overdue: int = Field(default=90, ge=1)
    months: int = Field(default=12, ge=3, le=36)


class RiskRules(SettingsModel):
    """How the risk of customers is learnt and what it costs.

    Parameters
    ----------
    outcome : Outcome
        When a loan has failed.
    reject_factor : float
        So many times the odds to fail have refused applicants against granted ones with the same data, since officers
        refuse for reasons that stand in no table; 1 takes them for the same.
    max_probability : float
        The cut-off at which the model is evaluated.
    loss_given_default : float
        Share of what is owed that is lost where a loan fails.
    funding_bp : int
        What the money costs the bank, basis points a year.
    utilisation : float
        Share of a limit that is owed on average.
    yearly_cost : int
        Yuan that a loan costs a year.
    """

    outcome: Outcome = Outcome()
    reject_factor: float = Field(default=1.0, ge=1, le=20)
    max_probability: float = Field(gt=0, lt=1)
    loss_given_default: float = Field(gt=0, le=1)
    funding_bp: int = Field(ge=0, le=3600)
    utilisation: float = Field(gt=0, le=1)
    yearly_cost: int = Field(ge=0)


class CreditRules(BankSettings):
    """All rules of credit.

    Parameters
    ----------
    exclusions : Exclusions
        Who is refused.
    person_cap : int
        Yuan that one customer may owe here in all, the new limit included.
    group_caps : dict of str to int
        Yuan that the customers of one household, village or trade may owe in all, where limits are chosen by a budget.
    list_rows : int
        Rows of a product's list at most, of those who may be contacted.
    risk : RiskRules or None
        How risk is learnt; None where no product goes by it.
    products : dict of str to CreditProduct
        The products by their code names.
    """

    exclusions: Exclusions
    person_cap: int = Field(ge=0)
    group_caps: dict[Literal["household", "village", "trade"], int] = {}
    list_rows: int = Field(default=20_000, ge=1, le=1_000_000)
    risk: RiskRules | None = None
    products: dict[str, CreditProduct] = Field(min_length=1)


def credit_rules_path() -> Path:
    """Path of the settings."""
    return home() / "pipelines" / "credit.yaml"


def load_credit_rules() -> CreditRules:
    """The rules of the work project.

    Raises
    ------
    SettingsError
        If a key is unknown, missing or of the wrong type: a product without a price among them.
    """
    file = credit_rules_path()
    return typed(CreditRules, read_yaml(file), str(file))
