"""What tusk remembers: the workspace, connections and secrets."""
