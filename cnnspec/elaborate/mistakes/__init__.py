"""What is known of a mistake: which names are near (`suggest`), what it leaves undefined (`undefined`)."""
