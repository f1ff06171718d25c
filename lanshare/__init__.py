"""lanshare: send files and messages to the devices on your own network."""

__version__ = "0.1.0"
