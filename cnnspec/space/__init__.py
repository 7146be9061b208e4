"""Spaces: which values the open parameters of a net may take, and what must hold of the result.

In reading order:

    definition  a space as data: its variables with their values, and its conditions
    reading     from the text of a space to that
    conditions  whether a condition holds of a member
    bounds      what intervals tell of a condition before any member is made
    drawing     members, drawn by a seed
    members     a member as the walk takes it, and its figures
    checking    all that is wrong with the spaces of a file
    counting    figures of members that are not made: sums over what is known of calls
    rejection   members that hold the conditions, and what became of the others
    asked       the space that a command line means, and what is sought of it

The best member, by figures alone:

    evaluation  what a setting comes to: the numbers that conditions compare, and the one that is sought
    coordinates  settings as rows of numbers
    vectorized  expressions over many settings at once
    surrogate   figures of settings that were not looked at, from those that were
    solver      looks at what should be best, until nothing better comes

A search, which needs Optuna, and for several processes Dask:

    methods        what it may be asked for by name
    distributions  variables as Optuna has them
    study          the study in its storage, and what a search that was killed has left there
    choosing       which member is tried next
    trials         one trial: `evaluate(net, trial)`, and what came of it
    driving        asks, hands out, tells; trials in this process
    cluster        trials in other processes
    results        what a study has come to
"""
