"""The seal 存证: the arithmetic of a log whose history anybody can check.

RFC 6962 trees, C2SP tiles, signed notes, checkpoints, receipts and witness policies, as plain
functions over bytes. Standard library only: a department's adapter and the audit office's witness
run on it too. What signs, stores and serves is `adapters/seal` and `adapters/witness`.
"""
