# The one image of every process: python -m config.processes NAME starts one of the Procfile's, web if nothing is said.

FROM python:3.11-slim-bookworm AS build
ENV PATH=/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements-uv.txt requirements.txt ./
# uv installs, from an environment of its own. --no-deps, since the list is complete, which the check then confirms. What
# goes again is documents of Google's other APIs (110 MB) and names of places for telephone numbers (40 MB): nothing of
# ours opens them.
RUN python -m venv /uv && /uv/bin/pip install --no-deps --require-hashes --only-binary :all: -r requirements-uv.txt \
    && python -m venv --without-pip /venv \
    && /uv/bin/uv pip install --python /venv/bin/python --no-cache --compile-bytecode \
        --no-deps --require-hashes --only-binary :all: -r requirements.txt \
    && /uv/bin/uv pip check --python /venv/bin/python \
    && rm -r /venv/lib/python3.11/site-packages/googleapiclient/discovery_cache/documents \
        /venv/lib/python3.11/site-packages/phonenumbers/geodata
COPY . ./
# Settings must be readable for this; nothing is connected to, and none of these values stays in the image.
RUN DEBUG=true SECRET_KEY=only-for-this-one-build-step-only-here JWT_SIGNING_KEY=another-for-this-one-build-step-only \
    DATABASE_URL=postgresql://nowhere/none REDIS_URL=redis://nowhere \
    python manage.py collectstatic --noinput

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN groupadd --gid 10001 kuvaka \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin kuvaka
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER 10001:10001
EXPOSE 8000
# Granian ends what it is serving, Celery gives back what it is answering.
STOPSIGNAL SIGTERM
# For web, which answers this without touching anything else; compose.yaml turns it off for the others.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8000)}/livez', timeout=3)"]
CMD ["python", "-m", "config.processes", "web"]
