"""The classes that generated source carries along where torch lacks them, and uses.

Source takes their text from these files (`containers`, `sizes`, `windows`, `norms`, `attention`, `scaling`,
`shapes`), which so keep to the layout of generated files: 88 characters a line. Those named `..2d` stand for
any rank: their text is taken with 2d read as 1d or 3d.
"""
