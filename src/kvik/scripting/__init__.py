"""Lua scripts and functions: the interpreter, its libraries, and the way from a script to the commands and back."""
