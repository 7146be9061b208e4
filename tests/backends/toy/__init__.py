"""A backend of fourteen rules, each one line of numpy on arrays (batch, channels, height, width)."""
