"""What starts, tests, checks and measures Enlace: everything behind the commands in bin/."""
