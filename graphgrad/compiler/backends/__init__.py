"""Languages and libraries that a graph is written for, a file each."""
