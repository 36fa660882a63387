"""The portal as a Django application."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Its name and label."""

    name = "goldmine.portal"
    label = "portal"
    verbose_name = "Goldmine"

    def ready(self) -> None:
        """Connect signals: lines of the audit log, and who asks for each new connection to PostgreSQL."""
        from django.db.backends.signals import connection_created

        from goldmine.portal import signals  # noqa: F401
        from goldmine.portal.row_security import watch_connection

        connection_created.connect(watch_connection)
