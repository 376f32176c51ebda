"""The WSGI application of the process `web`."""

import os

from django.core.wsgi import get_wsgi_application

from config.database import PatientConnection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

PatientConnection.patience = 2.5  # seconds; a request's statements take milliseconds

application = get_wsgi_application()
