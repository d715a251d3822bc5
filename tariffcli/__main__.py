"""`python -m tariffcli`."""

from tariffcli.cli.start import program

if __name__ == "__main__":
    program()
