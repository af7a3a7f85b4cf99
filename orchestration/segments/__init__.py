"""Segments beside their SQL: how long they take."""
