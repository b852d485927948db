"""What several test modules share: `from support import …` (the folder `tests` is on pytest's and mypy's path)."""
