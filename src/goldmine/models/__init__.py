"""Learn one use case, judge it out of time, keep it in the registry, score with the champion."""
