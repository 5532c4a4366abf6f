from kvik.engine.listpack cimport Item
from kvik.engine.ziplist cimport PackedReader
