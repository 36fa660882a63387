"""The audit log: who did what to which thing and when, in one hash-chained, append-only log of a bank."""
