"""What is wrong with the words themselves: left to fill in, contradicting each other, the calendar or the inputs."""
