"""The version, where every floor may ask for it."""

__version__ = "0.1.0"
