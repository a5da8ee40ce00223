"""What the KServe controller makes of an LLMInferenceService: pure functions on plain data."""
