"""The server of the playground: who may talk to it, and how much."""
