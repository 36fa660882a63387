"""Linkage: which customer numbers are probably one person, by a probabilistic model whose weights are learnt."""

from goldmine.identity.linkage.model import LinkageModel, score_pairs
from goldmine.identity.linkage.settings import LinkageSettings, load_linkage

__all__ = ["LinkageModel", "LinkageSettings", "load_linkage", "score_pairs"]
