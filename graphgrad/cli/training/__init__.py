"""The command `train`: presets, settings, the printout, and the files that come out."""
