"""What a line means: format strings compiled to field programs."""
