"""The door for WSGI servers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "enrollment.settings.production")

application = get_wsgi_application()

# What is loaded by now lives as long as the process: collecting garbage need not look at it again and again.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
