"""Values of expressions: the walk over their trees, the arithmetic, and the functions of the language."""
