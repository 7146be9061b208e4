"""What expressions evaluate to.

Read `functions` (those of the language), `arithmetic` (operators, within the bounds), `names` (what a name
means), `items` (of lists and families), `split` (parts of the channels), `matching` (arguments and
parameters), `early` (blocks with arguments given early), `evaluate` (the rules for each kind of expression)
and `quick` (the same as functions of Python, for many values).
"""
