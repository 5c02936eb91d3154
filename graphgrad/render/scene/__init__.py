"""What each frame shows, as data."""
