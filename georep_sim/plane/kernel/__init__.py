"""The compiled plane's loop and memory; everything here is plain text that numba compiles."""
