"""Lists: who may be contacted, in which order and why; written, checked and published as one release."""
