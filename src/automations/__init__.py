"""Automations: a Postgres-native automation platform."""

__version__ = "0.4.0"
