"""What runs around the models: landing, the nightly refresh, publishing, the report page, the demo shop."""
