"""What `dagster` loads: the refresh of the shop that the environment names. `make ui` and `make run` set it."""

from orchestration.refresh import models, project, settings

_settings = settings.from_environment()
defs = project.definitions(_settings, models.read_manifest(_settings.home))
