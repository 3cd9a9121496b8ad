"""What tusk takes for its main jobs, beside other tools; see docs/benchmarks.md."""
