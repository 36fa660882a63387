"""A data scientist's session: one whole idea in a handful of calls, on the functions that the scheduled job runs on.

>>> session = open_session("data")                                # doctest: +SKIP
>>> known = features(session, "longtail")                         # doctest: +SKIP
>>> trial = try_family(session, "examples/families/spending.py")  # doctest: +SKIP
>>> trained = train(trial, "longtail")                            # doctest: +SKIP
>>> challenge = compare(trial, trained)                           # doctest: +SKIP
>>> propose(trial, trained, challenge)                            # doctest: +SKIP
"""

from goldmine.pipeline.lab.exploration import features, try_family, univariate_summary
from goldmine.pipeline.lab.proposal import propose, submit
from goldmine.pipeline.lab.training import ChampionChallenge, Trained, compare, train
from goldmine.pipeline.session import Session, open_session

__all__ = [
    "ChampionChallenge",
    "Session",
    "Trained",
    "compare",
    "features",
    "open_session",
    "propose",
    "submit",
    "train",
    "try_family",
    "univariate_summary",
]
