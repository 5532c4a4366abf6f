"""Builds the compiled rooms: every `x.py` under src/kvik that has a header `x.pxd` beside it becomes a module.

KVIK_TESTS=1 builds the pairs under tests/ as well: the probes that hand C functions to the tests.
KVIK_SANITIZE=1 builds with AddressSanitizer and UBSan (see `make sanitize`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

ROOT = Path(__file__).parent
JOBS = os.cpu_count() or 1
SANITIZE = os.environ.get("KVIK_SANITIZE") == "1"
TESTS = os.environ.get("KVIK_TESTS") == "1"

# -g1: lines for profilers, in place of all that Python asks for, which takes a quarter of the time.
COMPILE = ["-O2", "-g1", "-fno-semantic-interposition", "-Wno-unreachable-code-fallthrough"]
# Fewer mappings for each of the many modules: 1 MB less is resident, and they are loaded quicker.
LINK = ["-Wl,-z,noseparate-code"] if sys.platform == "linux" else []
if SANITIZE:
    flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
    COMPILE = ["-O1", "-g", "-fno-omit-frame-pointer", *flags]
    LINK = flags


def compiled_pairs(folder: Path, base: Path) -> list[Extension]:
    """One extension module for each .py/.pxd pair in `folder`; its name starts below `base`."""
    extensions = []
    for header in sorted(folder.rglob("*.pxd")):
        source = header.with_suffix(".py")
        if not source.exists():
            continue        # declarations only
        name = ".".join(source.relative_to(base).with_suffix("").parts)
        extensions.append(
            Extension(
                name,
                [str(source.relative_to(ROOT))],
                depends=[str(header)],
                extra_compile_args=COMPILE,
                extra_link_args=LINK,
            )
        )
    return extensions


modules = compiled_pairs(ROOT / "src", ROOT / "src")
if TESTS:
    modules += compiled_pairs(ROOT / "tests", ROOT)

setup(
    ext_modules=cythonize(
        modules,
        include_path=["src", "."],
        build_dir="build/cython",
        nthreads=JOBS,
        compiler_directives={"language_level": "3", "cdivision": True, "embedsignature": False},
    ),
    package_dir={"": "src", "tests": "tests"},      # where --inplace puts what is built
    options={"build_ext": {"parallel": JOBS}},
)
