"""The benchmark: one synthetic site in the form of four tools, and what its builds cost."""
