"""What a person runs once for an environment: from an empty project to a verified stack."""
