"""NATS: a derived copy of the record that departments can follow; never the truth."""
