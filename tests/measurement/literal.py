"""Literal campaigns: so many customers of each kind."""

from datetime import date

import pandas as pd

AS_OF, VALID = date(2024, 2, 29), date(2024, 5, 29)


def customers(rows: int, group: str, came: int, **more) -> pd.DataFrame:
    """Some customers of a campaign, of whom the first `came` reached the aim; the contacted were called on 5 March."""
    contacted = group == "contact"
    plain = {
        "group": group,
        "stratum": "all",
        "aim": [1] * came + [0] * (rows - came),
        "probability": 0.1,
        "decile": 1,
        "uplift": float("nan"),
        "use_case": "longtail",
        "offer": "level_1",
        "branch_id": "B001",
        "channel": "call",
        "valid_until": VALID,
        "contacted_on": date(2024, 3, 5) if contacted else None,
        "contacted_by": "call" if contacted else None,
        "reached": contacted,
        "aum_change": 0.0,
        "drawn_before": False,
    }
    frame = pd.DataFrame(plain, index=range(rows)).assign(**more)
    channels = [() if pd.isna(channel) else (channel,) for channel in frame["contacted_by"]]
    return frame.assign(outcome=frame["aim"], contact_channels=channels)


def together(*parts: pd.DataFrame) -> pd.DataFrame:
    """Parts of a campaign in one; its customers are numbered."""
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(customer_id=[f"C{number}" for number in range(len(rows))])
