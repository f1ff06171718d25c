"""lanshare: send files and messages to the devices on your own network."""

__version__ = "0.1.0"

DECODE = "decode-pictures"
"""The word by which a frozen lanshare starts the program that decodes pictures: it has no modules to be named."""
