"""Fuzzing of the whole front end: specs made from the grammar, and mutations of specs that are right."""
