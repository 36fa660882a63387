"""Migrations of the portal's database."""
