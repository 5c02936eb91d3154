"""Floor 4: columns of the table become functions, and a run of a graph becomes steps."""
