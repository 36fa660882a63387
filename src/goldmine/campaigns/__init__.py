"""Campaigns: who is offered what, by whom and how, who is held back as control, and what came back from the field."""
