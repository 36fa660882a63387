"""Pages of the portal, a module a page."""
