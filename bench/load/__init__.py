"""Load on the hot path: the same requests to Kuvaka, a floor and a peer, in turns (`python -m bench.hot_path`)."""
