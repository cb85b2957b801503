"""What every service does alike over HTTP: guards, problems, bodies, conditions, OpenAPI."""
