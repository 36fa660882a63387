"""Generated inputs: taken in as an independent reader finds them, or refused by a typed error of two lines."""
