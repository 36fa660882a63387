"""What the customer holds of each product class: level, change, peak and share of AUM."""

from goldmine.features.definition import Defined, number, ratio, tell, yuan
from goldmine.features.reason_text import Told
from goldmine.features.view import View

NEEDS = ("balances",)
CLASS_WORDS = {
    "demand": ("Demand deposits", "活期存款"),
    "time": ("Time deposits", "定期存款"),
    "wealth": ("Wealth products", "理财产品"),
    "loan": ("Loans owed", "贷款余额"),
    "other": ("Other assets", "其他资产"),
}


def holdings(v: View) -> list[Defined]:
    """Features of each product class's average daily balance."""
    found = []
    for name, (en, zh) in CLASS_WORDS.items():
        now = v.zero(f"{name}_a0")
        found += [
            number(
                f"{name}_avg_30d",
                yuan(now),
                en=f"{en}, last month's daily average",
                zh=f"{zh}近1月日均",
                unit="yuan",
                needs=NEEDS,
                window=30,
            ),
            number(
                f"{name}_change_90d",
                yuan(now - v.zero(f"{name}_a3")),
                en=f"Change of {en.lower()} over 90 days",
                zh=f"{zh}近90天变动",
                unit="yuan",
                needs=NEEDS,
                window=90,
            ),
            number(
                f"{name}_change_365d",
                yuan(now - v.zero(f"{name}_a12")),
                en=f"Change of {en.lower()} over a year",
                zh=f"{zh}近一年变动",
                unit="yuan",
                needs=NEEDS,
                window=365,
            ),
            number(
                f"{name}_peak_365d",
                yuan(v.peak(f"{name}_peak", 365).fill_null(0)),
                en=f"Highest monthly {en.lower()} in a year",
                zh=f"{zh}近一年峰值",
                unit="yuan",
                needs=NEEDS,
                window=365,
            ),
        ]
        if name not in ("loan", "other"):
            found.append(
                number(
                    f"{name}_share_30d",
                    ratio(now, v.zero("aum_a0")),
                    en=f"{en} as a share of AUM",
                    zh=f"{zh}占资产比例",
                    unit="share",
                    needs=NEEDS,
                    window=30,
                )
            )
    return tell(found, _said())


def _said() -> dict[str, Told]:
    """How a customer manager says each feature."""
    found: dict[str, Told] = {}
    for name, (en, zh) in CLASS_WORDS.items():
        nothing = (f"No {en.lower()}", f"没有{zh}")
        found |= {
            f"{name}_avg_30d": Told(
                name, up=(f"{en}: {{value}} on average last month", f"近1个月日均{zh}{{value}}"), none=nothing
            ),
            f"{name}_change_*": Told(
                name,
                up=(f"{en} up {{value}} over {{window}}", f"{{window}}{zh}增加{{value}}"),
                down=(f"{en} down {{value}} over {{window}}", f"{{window}}{zh}减少{{value}}"),
                none=(f"{en} unchanged over {{window}}", f"{{window}}{zh}没有变化"),
                usual=False,
            ),
            f"{name}_peak_365d": Told(
                name,
                up=(f"{en} of up to {{value}} within a year", f"近一年{zh}最高达{{value}}"),
                none=(f"No {en.lower()} within a year", f"近一年没有{zh}"),
            ),
            f"{name}_share_30d": Told(
                name,
                up=(f"{en} are {{value}} of all assets", f"{zh}占资产的{{value}}"),
                none=nothing,
                unknown=("No assets to speak of last month", "近1个月几乎没有资产"),
            ),
        }
    return found
