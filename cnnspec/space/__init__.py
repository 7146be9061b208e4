"""Spaces: which values the open parameters of a net may take, and what must hold of the result.

In reading order:

    definition  a space as data: its variables with their values, and its conditions
    reading     from the text of a space to that
    conditions  whether a condition holds of a member
    bounds      what intervals tell of a condition before any member is made
    drawing     members, drawn by a seed
    checking    all that is wrong with the spaces of a file
"""
