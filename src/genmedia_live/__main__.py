"""`python -m genmedia_live` is the command line."""

from genmedia_live.cli import main

if __name__ == "__main__":
    main(prog_name="genmedia-live")
