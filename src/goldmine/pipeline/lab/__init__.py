"""A data scientist's desk: one whole idea in a handful of calls, on the functions that the scheduled job runs on.

>>> desk = open_desk("data")                                   # doctest: +SKIP
>>> known = features(desk, "longtail")                         # doctest: +SKIP
>>> trial = try_family(desk, "examples/families/spending.py")  # doctest: +SKIP
>>> trained = train(trial, "longtail")                         # doctest: +SKIP
>>> beside = compare(trial, trained)                           # doctest: +SKIP
>>> propose(trial, trained, beside)                            # doctest: +SKIP
"""

from goldmine.pipeline.lab.proposal import propose, submit
from goldmine.pipeline.lab.session import Desk, features, look, open_desk, try_family
from goldmine.pipeline.lab.training import Beside, Trained, compare, train

__all__ = [
    "Beside",
    "Desk",
    "Trained",
    "compare",
    "features",
    "look",
    "open_desk",
    "propose",
    "submit",
    "train",
    "try_family",
]
