"""Pictures and their edges: reading, writing, resizing, metadata."""
