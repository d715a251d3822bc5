"""`python -m tariffcli`."""

from tariffcli.cli.start import main

if __name__ == "__main__":
    main()
