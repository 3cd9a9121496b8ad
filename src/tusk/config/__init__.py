"""Where tusk keeps its files, and the settings a user can change."""
