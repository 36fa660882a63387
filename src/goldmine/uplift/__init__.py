"""What a treatment changed, measured where chance decided who was treated, and whom it changes most."""
