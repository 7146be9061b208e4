"""What the text of definitions tells, used or not: a walk sees only the branches that a net takes.

Read `unwalked` (names that mean nothing, arguments that fit no parameter), `misspelt` (a name that is
misspelt where it is defined) and `everywhere` (one that is misspelt more than once).
"""
