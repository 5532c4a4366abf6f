"""See sha1_probe.py."""

cpdef bytes sha1(bytes text)
