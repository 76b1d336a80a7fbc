# One image for every process of the hub; compose.yaml says which runs where.
FROM python:3.13-slim

RUN useradd --system --create-home --home-dir /var/lib/shuqiao shuqiao \
 && install --directory --owner shuqiao --mode 0700 /var/lib/shuqiao-key /var/lib/shuqiao-guard
WORKDIR /opt/shuqiao

COPY requirements.txt .
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt

COPY pyproject.toml ./
COPY migrations migrations
COPY hub hub
COPY projections projections
COPY adapters adapters
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

USER shuqiao
VOLUME /var/lib/shuqiao
EXPOSE 8000
CMD ["hub", "--help"]
