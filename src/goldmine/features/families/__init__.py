"""The families of features, one a file; each turns a View into definitions."""
