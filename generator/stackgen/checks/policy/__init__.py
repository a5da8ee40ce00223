"""The family `policy`: security policies in Rego, the shipped pack and the user's own."""
