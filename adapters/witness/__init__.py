"""A witness 见证: keeps the last checkpoint it cosigned, and signs only what continues it.

`memory`   SQLite: per log the last checkpoint, those before it, the forks that were found
`evidence` a fork as a file for people: both notes, why both cannot be true, what to do
`witness`  the rules of C2SP tlog-witness: continue, refuse, keep what a fork leaves
`mirror`   the leaf hashes of the log, 32 bytes an event, in the same files as the log's own
`pull`     asks the hub for its checkpoint and tiles, and hands the cosignature in
`push`     the HTTP server on which a hub asks for it: POST /add-checkpoint
`running`  one witness as a process: what it says, when it tries again

Standard library, `cryptography` and `httpx2` only: it runs at a department or an audit office,
beside `hub-adapter` or alone, and trusts the hub in nothing but its public key.
"""
