"""What a bank's tables must look like, and how its own tables become that."""
