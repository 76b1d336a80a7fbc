"""The sealer 存证进程: a signed Merkle tree over the record, as files anybody may read.

`store` reads the log, `sealer` follows the record and lets it grow, `guard` keeps what was signed
last, `signer` opens the key. Nothing here is asked on the way of a command to the record.
"""
