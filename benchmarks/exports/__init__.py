"""What exported files cost, against the peers that do the same."""
