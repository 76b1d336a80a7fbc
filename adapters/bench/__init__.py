"""`hub bench`: what the parts can do, as ratios against a named yardstick in the same run."""
