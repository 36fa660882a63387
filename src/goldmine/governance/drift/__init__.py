"""Drift: whether the scored customers still resemble those the model was trained on."""
