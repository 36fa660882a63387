"""External tables: imported as a use case and trained by the same notebooks as a bank."""
