"""Histograms for tests. See histogram_probe.py."""
