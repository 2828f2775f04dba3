"""The detectors, one file each. The docstring of a detector is its manual: `pcapsleuth explain` prints it."""
