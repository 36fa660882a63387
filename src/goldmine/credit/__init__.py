"""Credit: who may be offered how much by the bank's own rules, with what risk, and why not; lists are for managers."""
