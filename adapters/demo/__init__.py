"""A made-up city lives one year through the public API; the same seed makes the same year."""
