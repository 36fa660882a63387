"""Tables of tags for people, in the language in use."""

import pandas as pd

from goldmine.customers.sleeping import side_by_side, tag_counts
from goldmine.customers.tags import Catalogue
from goldmine.plots.style import say


def tag_table(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """A row a tag: the set's name, the tag's, customers and their share."""
    counts = tag_counts(customers, catalogue)
    sets = {one.name: say(one.title_en, one.title_zh) for one in catalogue.sets}
    title = counts[say("title_en", "title_zh")]
    return pd.DataFrame(
        {"set": counts["set"].map(sets), "tag": title, "customers": counts.customers, "share": counts.share}
    )


def sleeping_table(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The definitions of sleeping and lost side by side, with the share of each that the others find too."""
    found = side_by_side(customers, catalogue)
    titles = dict(zip(found["name"], found[say("title_en", "title_zh")], strict=True))
    also = {f"also_{name}": say(f"also: {title}", f"同时:{title}") for name, title in titles.items()}
    shown = found.assign(name=found["name"].map(titles)).drop(columns=["title_en", "title_zh"])
    return shown.rename(columns={**also, "name": say("definition", "定义")})
