"""What every room stands on: errors, the work folder, fingerprints, dates."""
