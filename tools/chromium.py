"""Make sure that the browser tests have a browser: Debian's Chromium, installed when root finds it missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Install Chromium, or say how."""
    if any(map(shutil.which, NAMES)):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit("The browser tests need Chromium. Debian, Ubuntu: sudo apt-get install chromium")
    print("chromium", end=" ", flush=True)
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium", "fonts-noto-core"]):
        done = subprocess.run(["apt-get", "-qq", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"apt-get {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    print("installed")


if __name__ == "__main__":
    main()
