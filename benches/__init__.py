"""What the engine does on this machine, measured: `python -m benches`. One file a claim."""
