"""What each command of `./samrad` does. A command loads what it needs when it is chosen, and nothing before."""
