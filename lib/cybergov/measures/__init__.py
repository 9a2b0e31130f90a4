"""Measures: pure functions on arrays and frames, each with its formula's source."""
