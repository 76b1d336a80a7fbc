"""The HTTP edge: a command is a body, a question is a query, a refusal is a problem document.

    front (request id, limits, metrics, last resort)
      ├── posting: POST /api/v1/<chapter>/<command>   the body is the command → hub.execute
      ├── questions: GET /api/v1/<chapter>/<nouns>    reading.py says who may → projections
      ├── identity: sessions, accounts, keys
      └── health: /healthz /readyz /metrics

`problems.py` is the one table from refusals to answers.
"""
