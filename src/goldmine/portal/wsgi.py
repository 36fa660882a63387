"""The portal as gunicorn serves it."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "goldmine.portal.settings")
# A look-up gives the interpreter away some thirty times, for the database and files, and each time waits until another
# thread gives it back: after 5 ms by default.
sys.setswitchinterval(0.0005)
application = get_wsgi_application()
# The pages are imported now, and what is there now stays: the collector need not walk through it while somebody waits.
get_resolver().url_patterns  # noqa: B018
gc.freeze()
