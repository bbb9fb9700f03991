"""The site as an archive that opens from a folder, search included: ``make offline``."""

from __future__ import annotations

import zipfile

from gen.paths import Paths

NAME = "youju-offline"
# The earliest time that the format knows: equal sites are to be equal archives.
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
# What only a server or a search engine reads.
LEFT_OUT = {"search_index.json", "sitemap.xml", "sitemap.xml.gz", "404.html"}


def pack(paths: Paths) -> str:
    """Write build/youju-offline.zip from the built site; says in a line where it is and how
    large.
    """
    archive = paths.build / f"{NAME}.zip"
    beside = archive.with_suffix(".zip.part")
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for path in sorted(paths.site.rglob("*")):
            if not path.is_file() or path.name in LEFT_OUT:
                continue
            name = f"{NAME}/{path.relative_to(paths.site).as_posix()}"
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, path.read_bytes())
    beside.rename(archive)
    size = archive.stat().st_size / 1e6
    return f"{paths.show(archive)}, {size:.1f} MB; unpack it and open {NAME}/index.html"
