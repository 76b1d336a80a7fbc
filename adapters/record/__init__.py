"""The event store on PostgreSQL: many commands, one commit.

`PostgresRecord` is the hub's `Record` for async code, `SyncRecord` the same for threads and the
command line, `library` the same for programs on the eventsourcing library; one committer is under
all three. `projections.reader` reads it by position, `head` tells async code when it has grown.

    command --> queue --> committer --> record.append_batch() --> answers
                (bounded)  (all that waited during the last commit goes into the next one)

The rules the database itself keeps stand in migrations/0001_record.sql.
"""
