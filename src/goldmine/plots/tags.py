"""Tables of tags for people, in the language in use."""

import pandas as pd

from goldmine.core.i18n import in_language
from goldmine.customers.sleeping import side_by_side, tag_counts
from goldmine.customers.tags import Catalogue
from goldmine.plots.style import say


def tag_table(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """A row a tag: the set's name, the tag's, customers and their share."""
    counts = tag_counts(customers, catalogue)
    sets = {one.name: say(one.title, in_language(one.title, "zh")) for one in catalogue.sets}
    title = [say(text, in_language(text, "zh")) for text in counts.title]
    return pd.DataFrame(
        {"set": counts["set"].map(sets), "tag": title, "customers": counts.customers, "share": counts.share}
    )


def sleeping_table(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The definitions of sleeping and lost side by side, with the share of each that the others find too."""
    found = side_by_side(customers, catalogue)
    titles = {row["name"]: say(row.title, in_language(row.title, "zh")) for _, row in found.iterrows()}
    also = {f"also_{name}": say(f"also: {title}", f"同时:{title}") for name, title in titles.items()}
    shown = found.assign(name=found["name"].map(titles)).drop(columns="title")
    return shown.rename(columns={**also, "name": say("definition", "定义")})
