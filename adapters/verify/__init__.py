"""`hub verify`: the whole record hashed again, and held against everything that vouches for it.

`source`     the rows of the record by ranges of positions, wherever they lie
`leaf`       the leaf of a row, computed from all its columns
`folder`     the tiles of the log, and of every mirror
`chunk`      one range: row against leaf, leaf against tile; runs in a process of its own
`tree`       the ranges in order: roots at the size of every checkpoint, and the upper tiles
`known`      every checkpoint there is: the log's, the guard's, daily, the desk's, and those given
`answers`    what commands were answered, beside the events that name them as their cause
`questions`  what SQL answers better: versions of streams, the head
`finding`    what can be wrong, and the report
`judge`      what the differences prove, in sentences
`beside`     the tree under national cryptography, and the days' time stamps
`run`        all of it together, in constant memory

Nothing the database says about itself is believed: every hash is computed here.
"""
