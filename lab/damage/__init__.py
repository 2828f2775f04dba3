"""What may happen to a capture after it was made, or because of how it was made: loss, clocks, cuts, formats."""
