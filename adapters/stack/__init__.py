"""The stack: PostgreSQL and NATS as children of the hub, for a machine that has neither.

`home.py` knows the folder, `postgres.py` and `nats.py` each look after one server,
`running.py` starts both or finds the pair another command has started.
"""
