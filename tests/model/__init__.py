"""Random commands on Kvik and on the oracle: replies and data must agree.

    values      what an argument may be: pools by name, small, with the edges in them
    draw        commands, from the argument specifications in tests/reference: no option is forgotten
    compare     when two replies are the same: order, clocks
    dialogues   commands whose reply hangs on chance or on a cursor: SPOP, SCAN, DUMP, ...
    pair        two servers, a list of commands on both, replies and then all data compared
    shrink      from a mismatch to a short script, in the form of tests/commands/script.py

    KVIK_MODEL_COMMANDS     how many commands all runs of test_model.py take together
    KVIK_MODEL_SEED         the first seed; a failure prints the one that leads to it at once
"""
