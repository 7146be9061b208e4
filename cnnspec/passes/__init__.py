"""Passes over the graph, one file each: analyses give typed tables, transforms a new graph."""
