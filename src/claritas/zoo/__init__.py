"""Model folders: what trained nets promise, and where they are found."""
