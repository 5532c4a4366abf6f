"""CRC-64 for tests. See crc64_probe.py."""
