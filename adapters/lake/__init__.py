"""The lake: the data itself, beside the record that holds facts about it.

`store`    bytes as delivered, each file named by its digest, written once and never changed
`intake`   what a delivered file is checked for before `DeliverBatch` is decided
`extract`  the columns a grant covers, and nothing else, as a file of their own
`granted`  what a grant gives to read, and the file behind one of its batches
`meter`    the log of accesses and the daily use reports made from it

Life of a payload: PUT streams it into `store.take` (hashed while it is written) and `note_upload`
says who had it; `deliver-batch` goes through `intake.verified`, which reads the file and attaches
what it found; the hub decides. A grantee asks `granted.batches`, then `granted.open_payload`,
which checks the grant and makes the extract; `meter.note` writes the access down before the first
byte leaves. `meter.reports` becomes `RecordUsage` once a day.
"""
