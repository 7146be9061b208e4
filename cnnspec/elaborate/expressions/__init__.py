"""What expressions evaluate to.

Read `functions` (those of the language), `arithmetic` (operators, within the bounds), `names` (what a name
means), `items` (of lists and families) and `evaluate` (the rules for each kind of expression).
"""
