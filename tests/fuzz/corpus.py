"""What fuzzing starts from: sound inputs made here, and those that were saved beside this file."""

from __future__ import annotations

import datetime
import random
from pathlib import Path

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from lanshare.engine.ipc import codec as ipc_codec
from lanshare.exchange import message_records
from lanshare.trust.identity import Identity
from lanshare.wire import codec
from lanshare.wire.frames import NUMBERS
from tests.harness.sessions import example
from tests.hostile.corpus import NAMES

KEY = Identity.create()
NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
_ODD = (0, 1, 0x0A, 0x22, 0x2E, 0x2F, 0x5C, 0x7F, 0x80, 0xC0, 0xC1, 0xD9, 0xDB, 0xDC, 0xDF, 0xE2, 0xED, 0xFF)


def folder_of(target: str) -> Path:
    """Where a target's saved inputs lie."""
    return Path(__file__).with_name("corpus") / target


def seeds(target: str) -> list[bytes]:
    """Sound and saved inputs, never none."""
    folder = folder_of(target)
    saved = [path.read_bytes() for path in sorted(folder.iterdir())] if folder.is_dir() else []
    frames = [codec.encode(example(kind)) for kind in NUMBERS]
    texts = [str(name).encode("utf-8", "surrogatepass") for name in NAMES]
    made: dict[str, list[bytes]] = {
        "frame": frames,
        "session": [
            b"\x00" + frames[0], *(b"\x7f" + one + frames[3] for one in frames), b"\xff" + b"".join(frames[4:9])
        ],
        "name": [*texts, *(b"top\n" + one for one in texts)],
        "line": [b'{"whole":1,"size":2}', b'{"wholes":[[1,2,["a"],"00",3]]}', b'{"files":[[1,2,["a"]]]}', b"[]"],
        "listed": [b'[0,["a"],"file",1,2,"",false]\n["x","code"]\n[]'],
        "said": [
            ipc_codec.encode(c.SendText(MessageId("ab" * 16), PeerId("a" * 52), "hi")),
            ipc_codec.encode(e.PeerVerified(PeerId("a" * 52))),
        ],
        "typed": [b"192.168.1.20:17717", b"[fe80::1%eth0]:1", b"a" * 52, "\u4f60\u597d caf\u00e9".encode()],
        "certificate": [Identity.create().certificate],
        "talk": [
            message_records.change_body("us", [PeerId("a" * 52)], [PeerId("b" * 52)]).encode(), b'{"add":[1]}', b"[]",
            message_records.compose(KEY, PeerId("a" * 52), MessageId("ab" * 16), "hi", (0, 0, ()), NOW).record,
            b'{"record": "AAAA", "delivery": 7}',
        ],
    }
    return [*made[target], *saved]


def mutated(chance: random.Random, sound: bytes) -> bytes:
    """An input with a few faults."""
    data = bytearray(sound)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(data):
                data[at] = chance.choice(_ODD)
            case 2:
                del data[at : at + chance.randint(1, 9)]
            case 3:
                data[at:at] = bytes([chance.choice(_ODD)]) * chance.randint(1, 40)
            case _:
                data[at:at] = data[: chance.randint(0, 40)]
    return bytes(data)
