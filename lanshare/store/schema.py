"""The tables of the database: version 1, and what makes each later version of the one before.

What was released is never changed: a later version is one more step.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 9
INDEXED: Final = 3
"""The version from which on the index of words is another one: it is filled anew."""

SCHEMA: Final = """
CREATE TABLE peers (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, system TEXT NOT NULL, trust TEXT NOT NULL,
    addresses TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL
) STRICT;
CREATE TABLE timeline (
    position INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT NOT NULL, at INTEGER NOT NULL,
    message TEXT, transfer TEXT, unread INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX timeline_peer ON timeline (peer, position);
CREATE INDEX timeline_unread ON timeline (peer) WHERE unread;
CREATE TABLE messages (
    author TEXT NOT NULL, id TEXT NOT NULL, peer TEXT NOT NULL, direction TEXT NOT NULL, text TEXT NOT NULL,
    sent_at INTEGER NOT NULL, lamport INTEGER NOT NULL, sequence INTEGER NOT NULL, delivery TEXT NOT NULL,
    record BLOB NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (author, id)
) STRICT;
CREATE INDEX messages_id ON messages (id);
CREATE INDEX messages_order ON messages (peer, lamport);
CREATE INDEX messages_queued ON messages (peer, sequence) WHERE delivery = 'queued';
CREATE TABLE transfers (
    id TEXT PRIMARY KEY, peer TEXT NOT NULL, direction TEXT NOT NULL, state TEXT NOT NULL, offer TEXT NOT NULL,
    started_at INTEGER NOT NULL, done_bytes INTEGER NOT NULL DEFAULT 0, files_done INTEGER NOT NULL DEFAULT 0,
    files_failed INTEGER NOT NULL DEFAULT 0,
    code TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '', paths TEXT NOT NULL DEFAULT '[]',
    skipped TEXT NOT NULL DEFAULT '[]', seconds REAL NOT NULL DEFAULT 0, sources TEXT NOT NULL DEFAULT '[]',
    destination TEXT NOT NULL DEFAULT '', accepted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX transfers_open ON transfers (state)
    WHERE state NOT IN ('done', 'partial', 'declined', 'cancelled', 'failed');
CREATE VIRTUAL TABLE search USING fts5(body, content='',
    tokenize="unicode61 remove_diacritics 0");
"""

MIGRATIONS: Final = {
    2: """
ALTER TABLE transfers ADD COLUMN clash TEXT NOT NULL DEFAULT 'keep';
ALTER TABLE transfers ADD COLUMN disk TEXT NOT NULL DEFAULT '';
ALTER TABLE transfers ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfers ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfers ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE transfers ADD COLUMN only TEXT NOT NULL DEFAULT '[]';
ALTER TABLE transfers ADD COLUMN after TEXT NOT NULL DEFAULT '';
ALTER TABLE transfers ADD COLUMN untidy INTEGER NOT NULL DEFAULT 0;
ALTER TABLE peers ADD COLUMN alias TEXT NOT NULL DEFAULT '';
ALTER TABLE peers ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';
CREATE INDEX transfers_untidy ON transfers (untidy) WHERE untidy;
""",
    3: """
ALTER TABLE messages ADD COLUMN kind TEXT NOT NULL DEFAULT 'text';
ALTER TABLE messages ADD COLUMN about BLOB NOT NULL DEFAULT x'';
ALTER TABLE messages ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET delivery = 'sending' WHERE delivery = 'queued';
DROP INDEX messages_queued;
CREATE INDEX messages_waiting ON messages (peer, sequence) WHERE delivery IN ('queued', 'sending');
CREATE INDEX messages_about ON messages (about) WHERE about != x'';
CREATE INDEX messages_digest ON messages (digest);
CREATE INDEX messages_author ON messages (author) WHERE seen = 1;
CREATE TABLE drafts (peer TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE groups (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, members TEXT NOT NULL, since TEXT NOT NULL, former TEXT NOT NULL
) STRICT;
CREATE TABLE clocks (peer TEXT PRIMARY KEY, lamport INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;
INSERT INTO clocks SELECT peer, max(lamport), coalesce(max(CASE direction WHEN 'out' THEN sequence END), 0)
    FROM messages GROUP BY peer;
CREATE TABLE held (peer TEXT NOT NULL, author TEXT NOT NULL, ranges TEXT NOT NULL, PRIMARY KEY (peer, author)) STRICT;
CREATE TABLE receipts (
    message TEXT NOT NULL, member TEXT NOT NULL, read INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (message, member)
) STRICT;
CREATE TABLE gone (author TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (author, id)) STRICT;
ALTER TABLE timeline ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE timeline ADD COLUMN lamport INTEGER NOT NULL DEFAULT 0;
ALTER TABLE timeline ADD COLUMN tie TEXT NOT NULL DEFAULT '';
ALTER TABLE timeline ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
UPDATE timeline SET author = said.author, lamport = said.lamport, tie = said.author || said.id FROM messages AS said
    WHERE said.id = timeline.message AND +said.peer = timeline.peer;
UPDATE timeline SET tie = '~' || printf('%016d', position), lamport = coalesce((
    SELECT other.lamport FROM timeline AS other WHERE other.peer = timeline.peer AND other.position < timeline.position
    AND other.message IS NOT NULL ORDER BY other.position DESC LIMIT 1), 0)
    WHERE transfer IS NOT NULL;
CREATE INDEX timeline_order ON timeline (peer, lamport, tie);
DROP INDEX timeline_peer;
CREATE INDEX timeline_transfers ON timeline (position) WHERE transfer IS NOT NULL;
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5(body, content='', prefix='1 2 3',
    tokenize="unicode61 remove_diacritics 0");
CREATE TABLE retention (peer TEXT PRIMARY KEY, seconds INTEGER NOT NULL) STRICT;
ALTER TABLE transfers ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
CREATE INDEX transfers_unseen ON transfers (peer, seen) WHERE direction = 'in' AND seen < 2;
""",
    4: """
CREATE TABLE alarms (known TEXT NOT NULL, seen TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (known, seen)) STRICT;
ALTER TABLE transfers ADD COLUMN allowed TEXT NOT NULL DEFAULT '';
""",
    5: """
ALTER TABLE peers ADD COLUMN met_as TEXT NOT NULL DEFAULT '';
UPDATE peers SET met_as = name WHERE trust IN ('known', 'verified');
""",
    # What was said about groups before records named what their authors had seen goes on in the order that it had.
    6: """
CREATE TABLE older_changes (author TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (author, id)) STRICT;
INSERT INTO older_changes SELECT author, id FROM messages WHERE kind IN ('found', 'change');
CREATE INDEX messages_changes ON messages (peer) WHERE kind IN ('found', 'change');
""",
    7: """
ALTER TABLE peers ADD COLUMN key BLOB NOT NULL DEFAULT x'';
""",
    8: """
ALTER TABLE messages ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
UPDATE messages SET arrived = min(sent_at, CAST(strftime('%s', 'now') AS INTEGER) * 1000);
""",
    9: """
CREATE INDEX timeline_message ON timeline (author, message) WHERE message IS NOT NULL;
CREATE TABLE witnesses (peer TEXT NOT NULL, author TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (author, id)) STRICT;
""",
}
"""What makes a database of the version before into one of this version."""
