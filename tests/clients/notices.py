#!/usr/bin/env python3
"""Checks that NOTICES.txt of the .vsix has a notice of each library in bin/lib and of each package in the bundles, and the text of
every licence that those notices only refer to. usage: notices.py FOLDER_OF_THE_UNPACKED_VSIX"""
import pathlib
import re
import sys

extension = pathlib.Path(sys.argv[1], "extension")
notices = (extension / "NOTICES.txt").read_text()
lacking = []
# "libdw1 0.188-2.1: libdw.so.1, ..." between two rules; "==== cytoscape 3.34.4 (MIT), in dist/graph.js"
listed = {name for names in re.findall(r"^=+\n\S+ \S+: (.*)\n=+$", notices, re.M) for name in names.split(", ")}
libraries = sorted(file.name for file in (extension / "bin/lib").iterdir())
lacking += [f"bin/lib/{name}" for name in libraries if name not in listed]
# esbuild's bundles name each module's file in a comment, unless they are minified; then their licence comments name the package.
bundles = "".join(file.read_text() for file in (extension / "dist").glob("*.js"))
packages = set(re.findall(r"^\s*// node_modules/((?:@[^/]+/)?[^/]+)", bundles, re.M)) | {name for name in ("cytoscape", "dagre", "graphlib") if name in bundles}
lacking += [name for name in sorted(packages) if not re.search(rf"^==== (?:@[^/]+/)?{re.escape(name)} ", notices, re.M)]
# A text's rule is its name alone.
texts = set(re.findall(r"^=+\n(\S+)\n=+$", notices, re.M))
lacking += [f"the text of {name}" for name in sorted(set(re.findall(r"/usr/share/common-licenses/([\w.+-]*\w)", notices))) if name not in texts]
if not libraries or lacking:
    sys.exit(f"package: without a notice: {', '.join(lacking) or 'bin/lib is empty'}")
print(f"package: notices of {len(libraries)} libraries, {len(packages)} packages of the bundles, {len(texts)} licences: well")
