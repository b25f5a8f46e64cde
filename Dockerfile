# One image a service: `docker build --build-arg SERVICE=victims .` It holds the shared packages and that service's
# code, and no other service's.
FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements-runtime.lock ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-runtime.lock

FROM python:3.13-slim
ARG SERVICE
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TANGGAP_SERVICE=$SERVICE
WORKDIR /app
COPY --from=packages /venv /venv
COPY shared /app/shared
COPY services/$SERVICE /app/services/$SERVICE
COPY deploy/start /app/start
RUN useradd --uid 10001 --create-home tanggap && mkdir -m 700 /keys && chown tanggap /keys
USER tanggap
EXPOSE 8600
CMD ["/app/start"]
