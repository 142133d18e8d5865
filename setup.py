"""What pyproject.toml cannot say: a wheel holds the folder `assets`, inside the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# What an installed package never reads: how the suites were made, and how they did.
LEFT_OUT = ("logs", "REPORT*.md", "screenshot.png")


class WithAssets(build_py):
    """Copies the project's assets into the package that is being built, but not into a checkout."""

    def run(self) -> None:
        """Build the package, then put the assets into it."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "taskarith" / "assets"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(
            Path(__file__).parent / "assets", target, ignore=shutil.ignore_patterns(*LEFT_OUT)
        )


setup(cmdclass={"build_py": WithAssets})
