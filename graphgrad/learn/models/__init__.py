"""Trained models: on disk, scaled, exported."""
