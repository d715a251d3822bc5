"""`python -m tariffcli`."""

from tariffcli.cli.app import main

if __name__ == "__main__":
    main()
