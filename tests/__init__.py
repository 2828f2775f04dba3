"""The tests: one folder for each package, and here what holds for the whole."""
