# One image for every process; docker-compose.yml says which one it runs.
FROM python:3.13-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# The dependencies first: they change less often than the code.
COPY requirements/run.lock requirements/
RUN pip install --no-deps --require-hashes -r requirements/run.lock

RUN useradd --system --uid 10001 --home-dir /app enlace && install -d -o enlace /data /data/media /app/staticfiles
COPY . .
# Collecting needs a key, but keeps nothing of it.
RUN SECRET_KEY=build-only ENLACE_KEYRING=/dev/null python -m manage collectstatic --noinput --skip-checks \
    && python -m compileall -q -x '/tests/' .

USER enlace
ENV ENLACE_DATA=/data
CMD ["python", "-m", "gunicorn", "config.wsgi:application", "--bind=0.0.0.0:8000"]
