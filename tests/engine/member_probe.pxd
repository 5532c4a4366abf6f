from kvik.engine.entry cimport Entry
from tests.engine.heap_probe cimport HeapProbe
