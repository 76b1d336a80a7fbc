"""Tables in files: read piece by piece, checked against the items of a catalogue entry.

The hub and a department's adapter use the same reading and the same checks, so that what the
adapter lets through the hub lets through too. Memory does not grow with a CSV file (but for the
eight bytes a row that show a key twice); a workbook is held whole and therefore bounded.
"""
