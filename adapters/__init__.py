"""Carries words in and out: the only place with sockets, files, clocks and HTML."""
