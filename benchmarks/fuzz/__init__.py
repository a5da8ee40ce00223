"""Structure-aware fuzzing of every command that reads input."""
