"""The portal as a Django application."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Its name and label."""

    name = "goldmine.portal"
    label = "portal"
    verbose_name = "Goldmine"

    def ready(self) -> None:
        """Tell each new connection to PostgreSQL who asks."""
        from django.db.backends.signals import connection_created

        from goldmine.portal.row_security import tell_new_connection

        connection_created.connect(tell_new_connection)
