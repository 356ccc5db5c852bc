"""Starts the server: `python app.py` is `genmedia-live serve`."""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("GenMedia Live needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])

    from genmedia_live.cli import main

    main(["serve"] + sys.argv[1:], prog_name="genmedia-live")
