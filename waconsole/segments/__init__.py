"""Which members a rule names: counted exactly, said why, kept by name."""
