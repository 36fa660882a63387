"""Customer analysis: layer and level, tags and segments, long-tail, sleeping and lost customers."""

from goldmine.customers.ladder import LAYERS, LEVELS, layer_of, level_of

__all__ = ["LAYERS", "LEVELS", "layer_of", "level_of"]
