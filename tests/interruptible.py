"""The command line as a terminal starts it, where Ctrl-C interrupts it.

A shell starts what it runs in the background without this signal, and the tests may be run there. It prints a
line when it has begun, before which Python itself answers an interruption.
"""

import sys

CODE = """\
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from cnnspec.cli import main
print(flush=True)
main()
"""
INTERRUPTIBLE = [sys.executable, "-u", "-c", CODE]
