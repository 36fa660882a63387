"""Loading a release into the portal's database."""

from goldmine.portal.loading.load import load_release

__all__ = ["load_release"]
