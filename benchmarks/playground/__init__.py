"""How fast the playground answers, and what it costs the training."""
