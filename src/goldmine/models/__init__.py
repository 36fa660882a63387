"""Train the model of a use case, evaluate it out of time, register it, and score with the champion."""
