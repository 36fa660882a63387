"""Drift: whether the customers being scored are still like those the model was trained on."""
