"""Node types for phone numbers."""
