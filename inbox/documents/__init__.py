"""The inbox on paper."""
