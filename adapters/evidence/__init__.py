"""Evidence bundles 证据包: what an auditor or a court carries away and verifies without the hub."""
