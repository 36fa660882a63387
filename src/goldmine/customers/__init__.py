"""Every customer known: layer and level, tags and segments, the long tail, the sleeping and the lost."""

from goldmine.customers.ladder import LAYERS, LEVELS, layer_of, level_of

__all__ = ["LAYERS", "LEVELS", "layer_of", "level_of"]
