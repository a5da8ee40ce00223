"""Rules about inference engines: their options, models, adapters, groups and clients."""
