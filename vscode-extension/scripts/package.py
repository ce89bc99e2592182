#!/usr/bin/env python3
"""Makes the .vsix for linux-x64: the bundled extension, the adapter and the shared libraries that it needs.

usage: package.py ADAPTER OUTPUT.vsix

All libraries but glibc's own lie beside the adapter in bin/lib (its RPATH is $ORIGIN/lib), as shared objects that a
user may replace, with the notices of the Debian packages they come from: libdw and libelf are LGPL-3+ or GPL-2+.
A .vsix is an Open Packaging zip: a list of content types, a manifest, and the folder `extension`.
"""
import json
import pathlib
import re
import subprocess
import sys
import zipfile
from xml.sax.saxutils import escape, quoteattr

# Where it must run, with the glibc that each has (its release notes).
DISTRIBUTIONS = [("Ubuntu 22.04", (2, 35)), ("Debian 12", (2, 36)), ("Ubuntu 24.04", (2, 39)), ("Fedora 40", (2, 39))]
# What glibc itself brings to each of them; all else is in the package.
OF_GLIBC = {"ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"}
here = pathlib.Path(__file__).resolve().parent.parent


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def needed(file):
    return set(re.findall(r"^\s*NEEDED\s+(\S+)", run("objdump", "-p", str(file)), re.M))


def libraries(adapter):
    found = {}
    for name, path in re.findall(r"^\s*(\S+) => (/\S+)", run("ldd", str(adapter)), re.M):
        if name not in OF_GLIBC:
            found[name] = pathlib.Path(path).resolve()
    for file in (adapter, *found.values()):
        lacking = needed(file) - OF_GLIBC - set(found)
        if lacking:
            sys.exit(f"{file.name} needs {', '.join(sorted(lacking))}, which is neither in the package nor glibc's")
    return found


def package_of(library):
    for path in (str(library), re.sub(r"^/usr(?=/lib)", "", str(library))):
        answer = subprocess.run(["dpkg", "-S", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if answer.returncode == 0:
            return answer.stdout.split(":")[0]
    sys.exit(f"{library}: no Debian package has it, so its licence is not known")


def glibc_needed(files):
    most, who = (0, 0), None
    for file in files:
        for major, minor in re.findall(r"\(?GLIBC_(\d+)\.(\d+)", run("objdump", "-T", str(file))):
            if (int(major), int(minor)) > most:
                most, who = (int(major), int(minor)), file
    for name, has in DISTRIBUTIONS:
        if most > has:
            sys.exit(f"{who.name} needs glibc {most[0]}.{most[1]}, {name} has {has[0]}.{has[1]}: `objdump -T {who}` tells its symbols")
    return most


def notices(found):
    version = lambda name: run("dpkg-query", "-W", "-f", "${Version}", name)
    by_package = {}
    for name, path in found.items():
        by_package.setdefault(package_of(path), []).append(name)
    by_package["libiberty-dev"] = ["(linked in: rust_demangle)"]
    parts = ["The folder bin/lib holds shared libraries of Debian, unchanged; their sources are at\n"
             "https://snapshot.debian.org under the versions named here. Put a library of the same name in its place to use\n"
             "your own. The terms of each follow.\n"]
    for package, names in sorted(by_package.items()):
        copyright = pathlib.Path("/usr/share/doc", package, "copyright").read_text(errors="replace")
        parts.append(f"{'=' * 100}\n{package} {version(package)}: {', '.join(sorted(names))}\n{'=' * 100}\n{copyright}")
    # The texts that they refer to by their place on a Debian machine; LGPL-3 is written on top of GPL-3.
    names = {*re.findall(r"/usr/share/common-licenses/([\w.+-]*\w)", "".join(parts)), "LGPL-3", "GPL-3"}
    for licence in sorted(names):
        parts.append(f"{'=' * 100}\n{licence}\n{'=' * 100}\n" + pathlib.Path("/usr/share/common-licenses", licence).read_text())
    return "\n".join(parts)


def manifest(told):
    engine = told["engines"]["vscode"]
    return f"""<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id={quoteattr(told["name"])} Version={quoteattr(told["version"])} Publisher={quoteattr(told["publisher"])} TargetPlatform="linux-x64"/>
    <DisplayName>{escape(told["displayName"])}</DisplayName>
    <Description xml:space="preserve">{escape(told["description"])}</Description>
    <Tags>{escape(",".join(told["keywords"]))}</Tags>
    <Categories>{escape(",".join(told["categories"]))}</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value={quoteattr(engine)}/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
    <Icon>extension/{told["icon"]}</Icon>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Icons.Default" Path="extension/{told["icon"]}" Addressable="true"/>
  </Assets>
</PackageManifest>
"""


def content_types(names):
    kinds = sorted({pathlib.PurePath(name).suffix for name in names} - {""})
    types = {".json": "application/json", ".js": "application/javascript", ".md": "text/markdown", ".vsixmanifest": "text/xml",
             ".png": "image/png", ".svg": "image/svg+xml", ".css": "text/css", ".txt": "text/plain"}
    rows = "".join(f'<Default Extension="{kind}" ContentType="{types.get(kind, "application/octet-stream")}"/>' for kind in kinds)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{rows}</Types>\n'


def main(adapter, output):
    adapter = pathlib.Path(adapter)
    bundle = here / "dist/extension.js"
    if not bundle.exists():
        sys.exit(f"{bundle} is missing: npm run build makes it")
    told = json.loads((here / "package.json").read_text())
    for field in ("scripts", "devDependencies"):
        told.pop(field, None)
    found = libraries(adapter)
    glibc = glibc_needed([adapter, *found.values()])
    files = {"extension.vsixmanifest": manifest(told).encode(),
             "extension/package.json": json.dumps(told, indent=2).encode(),
             "extension/dist/extension.js": bundle.read_bytes(),
             "extension/dist/graph.js": (here / "dist/graph.js").read_bytes(),
             "extension/README.md": (here / "README.md").read_text().replace("../doc/pictures/", "media/").encode(),
             "extension/NOTICES.txt": (notices(found) + "\n" + (here / "dist/notices.txt").read_text()).encode(),
             "extension/bin/stackful": adapter.read_bytes()}
    for path in sorted([*here.glob("media/*"), *here.glob("walkthrough/*")]):
        files[f"extension/{path.relative_to(here)}"] = path.read_bytes()
    for name in re.findall(r"\.\./doc/pictures/([\w.]+)", (here / "README.md").read_text()):
        files[f"extension/media/{name}"] = (here.parent / "doc/pictures" / name).read_bytes()
    for path in sorted(here.parent.glob("LICENSE*")):
        files[f"extension/{path.name}.txt"] = path.read_bytes()
    for name, path in found.items():
        files[f"extension/bin/lib/{name}"] = path.read_bytes()
    files["[Content_Types].xml"] = content_types(files).encode()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100755 if "/bin/" in name else 0o100644) << 16
            archive.writestr(info, data)
    print(f"{output}: {pathlib.Path(output).stat().st_size / 1e6:.1f} MB; needs Linux x86-64 with glibc {glibc[0]}.{glibc[1]} or newer "
          f"({', '.join(f'{name} has {has[0]}.{has[1]}' for name, has in DISTRIBUTIONS)}), and nothing else")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
