"""The hub decides and remembers: the rules of data sharing, without network, SQL, clock."""
