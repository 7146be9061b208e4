"""Where two features meet: nets of every kind, crossed with every command, option and backend."""
