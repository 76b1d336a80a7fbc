"""Projections show: every row here can be thrown away and rebuilt from the record."""
