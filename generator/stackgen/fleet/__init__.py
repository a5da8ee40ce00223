"""The environments of a build, in one process or several."""
