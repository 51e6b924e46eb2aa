"""The page of folders, the editor of their files, and the map of space."""
