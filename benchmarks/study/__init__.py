"""What the founding studies claimed, tried again at small scale: one file a study."""
