# Two stages: packages are installed in the first, the second holds what runs and nothing to build with.
FROM python:3.12-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.txt /
RUN /venv/bin/pip install --require-hashes --only-binary :all: -r /requirements.txt


FROM python:3.12-slim-bookworm

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BEAT_SCHEDULE_FILE=/tmp/beat

# A number, not a name: a cluster that forbids root can tell it from root.
RUN groupadd --gid 10001 counterfoil \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin counterfoil

WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# Static files are hashed and compressed here: it takes seconds, and a start has none to spare.
RUN python -m compileall -q -j 0 . \
    && python manage.py collectstatic --noinput \
    && install -d -o 10001 -g 10001 .local/media

USER 10001:10001
EXPOSE 8000
VOLUME ["/app/.local/media"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--graceful-timeout", "30", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
