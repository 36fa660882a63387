"""What a campaign changed: the contacted against the control, as they were drawn."""
