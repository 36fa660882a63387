"""What each kernel would work out for itself, worked out once by the fork server when it imports this.

The catalogue of features takes two seconds, the settings half a second, the package's import graph a quarter, the
Chinese messages a tenth.
"""

from contextlib import suppress

from goldmine.core.code_fingerprint import imported_modules
from goldmine.core.i18n import _, in_language
from goldmine.core.settings import read_yaml
from goldmine.core.workspace import home
from goldmine.features import catalogue

with suppress(Exception):  # a family that cannot be read fails the kernel that needs it, which says why
    catalogue()
imported_modules("goldmine.features")
with suppress(Exception):
    in_language(_("; "), "zh")
for _path in sorted((home() / "pipelines").rglob("*.yaml")):
    with suppress(Exception):
        read_yaml(_path)
