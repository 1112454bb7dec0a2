"""`python -m benchmarks.peers install [NAME …]`: installs peers; without `install`, tells which there are."""

from __future__ import annotations

import argparse

from benchmarks.peers.home import HOME
from benchmarks.peers.table import PEERS


def main() -> None:
    """Installs what is not there yet, or tells what is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("action", nargs="?", choices=("install",), help=f"install into {HOME}, or the user's cache")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PEERS)}; all when left out")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(PEERS)):
        parser.error(f"no peer is called {', '.join(unknown)}; there are {', '.join(PEERS)}")
    for name in options.names or PEERS:
        peer = PEERS[name]
        if options.action and not peer.is_installed:
            peer.install()
        print(f"{name:<18} {' '.join(peer.packages):<46} {'installed' if peer.is_installed else 'not installed'}")


if __name__ == "__main__":
    main()
