"""DataFusion: SQL over files and tables in memory, in a process of its own.

DataFusion runs a join to the end of its current input whatever its caller wants: a statement
that was given up goes on computing, and a few of them block the engine for good. Only ending
the process stops them, so tusk gives each connection one (`worker`, driven by `process`).
"""
