"""The in-path device: what stands between the two taps and changes the mail on purpose."""
