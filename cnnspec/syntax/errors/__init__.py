"""What a syntax error is told: tables of rules, from what stands there to a message and a cure."""
