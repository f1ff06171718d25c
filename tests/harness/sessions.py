"""Sessions in a state, and an example of every frame."""

from __future__ import annotations

from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame
from lanshare.wire.session import Session

NONCE, ID = bytes(32), bytes(16)


def hello(purpose: str = "control") -> f.Hello:
    """A greeting."""
    return f.Hello(1, "n", "laptop", "s", 1, ID, "data" if purpose == "data" else "control")


def feed(session: Session, data: bytes, step: int = 1 << 30) -> list[Frame]:
    """Give bytes in steps; the frames that came out (payloads copied)."""
    found: list[Frame] = []
    for at in range(0, len(data), step):
        piece = data[at : at + step]
        while piece:
            piece = piece[session.receive_data(piece) :]
            while (frame := session.next_frame()) is not None:
                found.append(f.Data(memoryview(bytes(frame.payload))) if isinstance(frame, f.Data) else frame)
    return found


def greeted(purpose: str = "control") -> tuple[Session, Session]:
    """Dialler and acceptor after their greeting."""
    dialler, acceptor = Session(True), Session(False)
    assert feed(dialler, acceptor.send(f.Challenge(NONCE, 1, 1)))
    assert feed(acceptor, dialler.send(f.Proof(NONCE, b"c", b"s", 1, 1)))
    assert feed(dialler, acceptor.send(hello()))
    assert feed(acceptor, dialler.send(hello(purpose)))
    return dialler, acceptor


def attached(direction: str = "push") -> tuple[Session, Session]:
    """Source and sink of a data link."""
    dialler, acceptor = greeted("data")
    feed(acceptor, dialler.send(f.Attach(ID, "push" if direction == "push" else "pull")))
    source, sink = (dialler, acceptor) if direction == "push" else (acceptor, dialler)
    feed(source, sink.send(f.Attached()))
    return source, sink


def example(kind: type[Frame]) -> Frame:
    """A sound frame of this kind."""
    examples: dict[type[Frame], Frame] = {
        f.Challenge: f.Challenge(NONCE, 1, 1), f.Proof: f.Proof(NONCE, b"", b"", 1, 1), f.Hello: hello(),
        f.Sealed: f.Sealed(bytes(65), bytes(limits.SEALED)),
        f.Refusal: f.Refusal("x"), f.Ping: f.Ping(1), f.Pong: f.Pong(1), f.Bye: f.Bye(),
        f.Text: f.Text(b"", NONCE, ID, 1, (), 1, 1, "", b""), f.Stored: f.Stored(ID),
        f.TextRefused: f.TextRefused(ID, "x"), f.Offer: f.Offer(ID, (), 0, 0, 0, True),
        f.Answer: f.Answer(ID, True), f.Cancel: f.Cancel(ID, "x"), f.Fetch: f.Fetch(ID),
        f.Finished: f.Finished(ID, 0, 0, 0), f.Attach: f.Attach(ID, "push"), f.Attached: f.Attached(),
        f.Begin: f.Begin(0, ("a",), "file", 1, 1), f.Data: f.Data(memoryview(b"x")), f.Hole: f.Hole(1),
        f.ChunkEnd: f.ChunkEnd(NONCE), f.End: f.End(NONCE), f.FileAborted: f.FileAborted(0, "x"),
        f.EntrySkipped: f.EntrySkipped("x", "y"), f.FilePaused: f.FilePaused(0),
        f.AllSent: f.AllSent(0, 0), f.Confirmed: f.Confirmed(0, 0), f.Failed: f.Failed(0, "x"),
        f.Halt: f.Halt("x"), f.Complete: f.Complete(0, 0, 0), f.Timing: f.Timing(0, 0, 0),
        f.Have: f.Have((0,)), f.Contents: f.Contents(((0, NONCE),)),
        f.Pack: f.Pack((), (f.Packed(0, "a", 1, False, NONCE, b""),)),
        f.Compare: f.Compare(), f.Noted: f.Noted("x", "y"), f.Unwanted: f.Unwanted(0, "x"), f.Pause: f.Pause(ID, True),
        f.Listing: f.Listing(ID, 0, (), True), f.Later: f.Later(ID, "turn"),
        f.PairBegin: f.PairBegin(NONCE), f.PairAnswer: f.PairAnswer(NONCE), f.PairReveal: f.PairReveal(NONCE),
        f.PairVerdict: f.PairVerdict(True), f.PairStop: f.PairStop("x"),
        f.Seen: f.Seen((ID,)), f.SeenKept: f.SeenKept((ID,)), f.GroupRecords: f.GroupRecords((b"x",)),
        f.HistorySummary: f.HistorySummary(NONCE, (f.AuthorRanges(NONCE, ((1, 2),)),)), f.Typing: f.Typing(NONCE),
    }
    return examples[kind]
