"""The family `catalog`: whether the facts that stackgen plans with can be trusted."""
