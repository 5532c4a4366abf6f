from kvik.engine.sampling cimport Draw, Seen
from tests.engine.heap_probe cimport HeapProbe
