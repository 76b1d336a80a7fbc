"""hub-adapter: what a department runs beside its own systems.

`config`   one TOML file: the hub, the folders, how to identify
`spool`    SQLite: what was picked up, sent, refused, received; survives a kill at any moment
`pick`     files that have stopped growing are copied into the spool
`deliver`  checks them against the entry's items, uploads, delivers; later when the hub is away
`receive`  granted data comes into a folder, whole files only, each with its manifest
`witnessing` watches the hub's log and cosigns what continues it, where asked to
`check`    says in plain words what works and what does not
`run`      the loop; `main` the command line

Speaks HTTP and nothing else; installs without the server's libraries.
"""
