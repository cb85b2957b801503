"""Background jobs: the mechanism on a database of its own, killed workers, and the jobs that the services have."""
