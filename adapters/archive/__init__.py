"""The archive: old partitions of the record as Parquet files, read as if they were still there.

    archive_dir/
      events-000000000001-000005000000/     the positions of one partition
        events-000000000001.parquet ...     65,536 events each, which is one subtree of the log
        commands-0001.parquet ...           the answers of the commands that made them
        streams.index                       which stream stands at which positions
        manifest.json                       ranges, subtrees, root, checkpoint, SHA-256 of each file
      tail-000005000001-000005120399/       what is not a whole partition yet (`hub archive --copy`)

`writing` makes a folder and `reading` checks every byte of it; `keeping` archives partitions, so
that at any moment each position is in the database, in a complete folder, or in both; `shelf`
opens folders for readers (`door` hands it in), `restoring` makes a record of them again.
"""
