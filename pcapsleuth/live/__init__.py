"""Traffic judged while it runs: sessions as they close, and the whole at the end."""
