from kvik.engine.crc64 cimport Crc64
