"""What is said of mistakes: names that are misspelt or undefined, what no net walks, and the cures."""
