"""Running notebooks unattended: parameters checked first, a bar by cell, kept copies, nothing left behind."""
