"""Which received files a click may open. Programs, scripts, links and installers are only shown in their folder."""

from __future__ import annotations

from typing import Final

_PROGRAMS: Final = frozenset(
    """
    app appimage apk appref-ms application bash bat bin cmd com command cpl csh deb desktop dll dmg exe gadget hta htm
    html inf ins isp iso jar js jse ksh lib library-ms lnk mde msc msh msi msix msp mst name out pif pkg pl ps1 ps1xml
    ps2 py pyc pyw rb reg rgs rpm run scf scr sct search-ms sh shb shs so svg sys tcsh terminal url vb vbe vbs vbscript
    webloc website workflow ws wsc wsf wsh xhtml xht xml xbap zsh
    """.split()  # noqa: SIM905  a list of 100 quoted words hides more than it shows
)


def may_open(path: str) -> bool:
    """Whether a received file may be opened by a click: by its final ending, as the system would choose."""
    name = path.replace("\\", "/").rstrip("/. ").rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    return not (dot and stem and ending.lower() in _PROGRAMS) and not name.startswith(".")
