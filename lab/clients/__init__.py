"""Real mail clients, each a step of a scenario."""
