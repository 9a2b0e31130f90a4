"""``python -m cybergov`` does what the command ``cybergov`` does."""

from cybergov.cli import main

if __name__ == "__main__":
    main()
