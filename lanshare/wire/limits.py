"""Every bound on a peer, each with its reason. Sizes in bytes, times in seconds."""

from __future__ import annotations

from typing import Final

from lanshare.domain.message import TEXT_MOST
from lanshare.domain.transfer import SMALL

HANDSHAKE: Final = 5.0
"""TLS handshake and proof together. A LAN needs 3 ms; 5 s forgives a laptop waking up and still frees the thread."""

CONNECT: Final = 3.0
"""TCP connect to one address. Hosts on a LAN answer in ms; a dropped SYN is repeated after 1 s and 2 s more."""

PROOF_FRAME: Final = 4 * 1024
"""A frame before identities are proven: certificate (<= 2048), signature and nonce fit with room to spare."""

CERTIFICATE: Final = 2048
"""A P-256 self-signed certificate takes about 500 bytes; 64 KiB ones were seen in attacks."""

SEALED: Final = 2416
"""Bytes of a sealed Proof: always so many, so that its length tells nothing."""

CONTROL_FRAME: Final = 64 * 1024
"""Any other frame but Text and Data: the longest, an Offer with 64 names of 255 bytes, takes 20 KiB."""

TEXT: Final = TEXT_MOST
"""UTF-8 bytes of one message: a long log pasted into the chat passes, a flood does not."""

TEXT_FRAME: Final = TEXT + 4 * 1024
"""A Text frame: the text and its record's fields."""

DATA_FRAME: Final = 1024 * 1024
"""Bytes in one Data frame that we accept. We send 256 KiB, which stays in the cache."""

DATA_SENT: Final = 256 * 1024
"""Bytes in one Data frame that we send."""

SEEN: Final = 256
"""Messages and transfers that are said to be seen in one frame."""

CIRCLE: Final = 64
"""Records about a group's members in one frame: at a signature check of 0.1 ms each, a turn of the link."""

CIRCLE_RECORD: Final = 16 * 1024
"""Bytes of one such record: 256 members' ids of 55 bytes each, and its fields."""

CIRCLE_BYTES: Final = 48 * 1024
"""Bytes of records that we put into one such frame: with the longest record it stays below CONTROL_FRAME."""

HELD: Final = 256
"""Authors in one HistorySummary."""

HELD_RANGES: Final = 1024
"""Ranges of numbers that we say in one HistorySummary, of all authors together: at up to 19 bytes each, and 36 for each
author, it stays below CONTROL_FRAME. No author of a frame may have more."""

UNSENT: Final = 32 * 1024 * 1024
"""Bytes that may wait for a peer that does not read, though it speaks: then its link is cut."""

HANDED: Final = 200
"""Records of a group that are handed on in answer to one HistorySummary: the next one asks for more."""

HOLE: Final = 1024**4
"""Bytes of one Hole: 1 TiB, whose 262,144 digests are counted in 0.1 s; a longer one comes in several frames, between
which the link looks after everything else."""

PACKED: Final = SMALL
"""Bytes of a file that travels whole within a Pack: above that, what a frame of its own costs is nothing."""

BACKLOG_ITEMS: Final = 64
"""Messages of one control link that the engine has not dealt with yet: above it the link is not read, so that one peer
can neither fill our memory nor keep the others waiting."""

BACKLOG_BYTES: Final = 2 * 1024 * 1024
"""The same in bytes: two texts of the largest size."""

OUTSTANDING: Final = 8192
"""Files of which a sink said what it has (Have) and was not answered yet: bounds what the source remembers."""

PACK_FILES: Final = 1024
"""Files in one Pack: together with their names they stay below DATA_FRAME, which bounds the frame."""

TOPS: Final = 64
"""Top-level names an offer lists; more are only counted. A card shows eight."""

LISTED: Final = 50_000
"""Entries of an offer that are listed before it is accepted: 4 MB on the link and on the receiver's disk."""

LISTED_AT_ONCE: Final = 512
"""Entries in one Listing; the sender also keeps to the frame's bound."""

PARTIALS: Final = 64
"""Files that are begun and rest, in one transfer: a person puts them aside one by one."""

RANGES: Final = 4096
"""Ranges of confirmed files in one Attached frame: sending is sequential, so real ones have a handful."""

CAPABILITIES: Final = 32
"""Words in Hello.capabilities."""

WORD: Final = 64
"""Characters of a code, kind or capability."""

LABEL: Final = 256
"""Characters of a device name or system on the wire; clean_name() cuts it to 64 for people."""

PING_EVERY: Final = 2.0
"""A control link's heartbeat."""

AWAY_AFTER: Final = 7.0
"""Silence on a control link after which the device counts as away: three heartbeats lost and a bit."""

STALL: Final = 15.0
"""A data link without any progress: longer than a Wi-Fi roam or a disk's hiccup, shorter than patience."""

BARRIER_STALL: Final = 120.0
"""What a sender grants the receiver to make the last batch durable: a slow USB disk flushes 256 MiB in 60 s."""

UNPROVEN_PER_HOST: Final = 8
"""Connections of one host that have not proven an identity yet. One more displaces the oldest: a proof takes some 10
ms, so an honest one is over before its turn to give way comes."""

UNPROVEN: Final = 64
"""The same, of all hosts; here the host that holds most gives way."""

LINKS: Final = 512
"""Links that were dialled to us, at once. What strangers and the unproven may hold is taken out of it: the rest, 320,
is for known devices alone, two for each of 160."""

LINKS_PER_PEER: Final = 40
"""Links of one known device: its control link, its replacement, and 32 transfers (its workers' bound) with some that
are just ending. One more displaces its oldest."""

LINKS_PER_STRANGER: Final = 4
"""The same of a stranger: it may only ask; a control link, its replacement, and what was accepted."""

STRANGERS_LINKS: Final = 128
"""The same of all strangers together, half of them from one address: keys and addresses cost nothing. One more
displaces the oldest of the address that holds most."""

UNSENT_STRANGER: Final = 2 * 1024 * 1024
"""Bytes that may wait for a stranger that does not read: a Text and what goes with it. With all of STRANGERS_LINKS that
is 256 MiB at the very most."""

STRANGERS_KEPT: Final = 256
"""Strangers that went away and are still known by name: the one that is away longest is forgotten first."""

GROUPS_FOUNDED: Final = 8
"""Groups that one known device takes us into within PROMPTS_WITHIN; the others come at its next meeting."""

GROUP_COLLECTED: Final = 512 * 1024
"""Bytes of records about a group that is not ours yet, kept until they are whole: 32 such groups at once."""

GROUP_LARGEST: Final = 24 * 1024 * 1024
"""The same of a group that is as large as one can be: see SHARE and WHOLE in domain/groups.py. Two such at once, and of
known devices alone."""

GROUP_RECORDS: Final = 32_768
"""Records of such a group: twice what may count."""

GROUP_WAITING: Final = GROUP_LARGEST
"""Bytes of records about groups of ours that a known device said, or all unknown ones together, and that wait for their
turn: for what has no room we ask again."""

OFFERS_PER_PEER: Final = 32
"""Open questions of one device; further ones are declined as busy. The window folds them into its conversation."""

OFFERS_STRANGER: Final = 1
"""Open questions of a stranger at once: a stranger may ask, not flood."""

STRANGERS_OPEN: Final = 4
"""Open questions of all strangers together: one who makes new keys all the time cannot fill the screen."""

STRANGER_PROMPTS: Final = 3
"""Offers and texts of one stranger within PROMPTS_WITHIN; further ones are turned down as busy."""

STRANGERS_PROMPTS: Final = 12
"""The same, of all strangers together."""

PROMPTS_WITHIN: Final = 60.0
"""A minute."""

STRANGER_TEXT: Final = 1000
"""Characters of a stranger's first text."""

SIGHTINGS: Final = 1000
"""mDNS names remembered at once: a class of 1,000 devices fits, a flood of forged names does not grow memory."""

QUEUE: Final = 1024
"""Frames other threads may have posted to a link that does not drain, before it is cut: a stuck peer costs bounded
memory."""
