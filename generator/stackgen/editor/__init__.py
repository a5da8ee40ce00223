"""What an editor asks for: findings as you type, what a field means, names, and where values go."""
