"""`python -m reblogbot`."""

from reblogbot.cli import main

if __name__ == "__main__":
    main()
