# The image for all processes: `python -m config.processes NAME` starts a process of the Procfile; the default is web.

FROM python:3.11-slim-bookworm AS build
ENV PATH=/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements-uv.txt requirements.txt ./
# uv is installed in a separate environment. --no-deps, because the list is complete, which `uv pip check` confirms.
# The descriptions of Google's other APIs (110 MB) and the geographic data of phone numbers (40 MB) are deleted, because our
# code never opens them.
RUN python -m venv /uv && /uv/bin/pip install --no-deps --require-hashes --only-binary :all: -r requirements-uv.txt \
    && python -m venv --without-pip /venv \
    && /uv/bin/uv pip install --python /venv/bin/python --no-cache --compile-bytecode \
        --no-deps --require-hashes --only-binary :all: -r requirements.txt \
    && /uv/bin/uv pip check --python /venv/bin/python \
    && rm -r /venv/lib/python3.11/site-packages/googleapiclient/discovery_cache/documents \
        /venv/lib/python3.11/site-packages/phonenumbers/geodata
COPY . ./
# collectstatic needs valid settings. It connects to nothing, and none of these values stays in the image.
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
# On SIGTERM, granian finishes its requests and Celery releases its replies.
STOPSIGNAL SIGTERM
# For web; /livez depends on nothing else. compose.yaml replaces or disables it for the other processes.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8000)}/livez', timeout=3)"]
CMD ["python", "-m", "config.processes", "web"]
