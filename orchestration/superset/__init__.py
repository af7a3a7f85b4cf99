"""Apache Superset on what is published: a dashboard as code, and the command that serves it."""
