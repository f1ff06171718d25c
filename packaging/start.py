"""Where a frozen lanshare begins: the console program, or the one without a console (lanshare-window)."""

import os
import sys
from pathlib import Path

from lanshare.__main__ import main, window

if __name__ == "__main__":
    # What is started from here (a viewer, a person's command) must not load the libraries of this folder: PyInstaller's
    # starter has set these for this process, which has read them already.
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH"):
        before = os.environ.pop(f"{name}_ORIG", None)
        if before is not None:
            os.environ[name] = before
        elif sys.platform != "win32":
            os.environ.pop(name, None)
    sys.exit(window() if Path(sys.executable).stem.endswith("-window") else main())
