"""The portal as a Django application."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Its name and label."""

    name = "goldmine.portal"
    label = "portal"
    verbose_name = "Goldmine"
