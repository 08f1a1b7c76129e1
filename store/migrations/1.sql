-- The first edition. Times are nanoseconds since 1970 in UTC.

PRAGMA application_id = 0x73647473;

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
);

CREATE TABLE run (
  id      INTEGER PRIMARY KEY,
  name    TEXT   NOT NULL UNIQUE,
  suite   TEXT   NOT NULL,
  started BIGINT NOT NULL
);

-- What happened, in the order in which it was stored.
CREATE TABLE fact (
  seq  INTEGER PRIMARY KEY,
  run  BIGINT NOT NULL REFERENCES run (id),
  at   BIGINT NOT NULL,
  kind TEXT   NOT NULL,
  body TEXT   NOT NULL
);
CREATE INDEX fact_of_run ON fact (run, seq);
CREATE INDEX fact_of_end ON fact (run, seq) WHERE kind IN ('closed', 'resumed');

-- INSERT OR REPLACE would remove a fact without asking fact_remains.
CREATE TRIGGER fact_is_new BEFORE INSERT ON fact
WHEN EXISTS (SELECT 1 FROM fact WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;
CREATE TRIGGER fact_stays BEFORE UPDATE ON fact
BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;
CREATE TRIGGER fact_remains BEFORE DELETE ON fact
BEGIN SELECT RAISE(ABORT, 'facts are never removed'); END;

-- Message headers, each once, under the SHA-256 of its bytes.
CREATE TABLE header (
  sum   TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
);
CREATE TRIGGER header_stays BEFORE UPDATE ON header
BEGIN SELECT RAISE(ABORT, 'headers are never changed'); END;
CREATE TRIGGER header_remains BEFORE DELETE ON header
BEGIN SELECT RAISE(ABORT, 'headers are never removed'); END;

-- An index of the attempt facts, by whom they reached: what the dose limits count. A repeated
-- attempt of the same dispatch moves its time and counts once.
CREATE TABLE dose (
  run      TEXT   NOT NULL,
  dispatch TEXT   NOT NULL,
  address  TEXT   NOT NULL,
  seed     TEXT   NOT NULL,
  provider TEXT   NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (run, dispatch, address)
) WITHOUT ROWID;
CREATE INDEX dose_of_address  ON dose (address, at);
CREATE INDEX dose_of_provider ON dose (provider, at);

-- An index of the submission facts whose reply keeps a route from a provider.
CREATE TABLE breaker (
  route    TEXT   NOT NULL,
  provider TEXT   NOT NULL,
  until    BIGINT NOT NULL,
  why      TEXT   NOT NULL
);
CREATE INDEX breaker_of_route ON breaker (route, provider, until);

-- Which process works a run. The fence only ever grows.
CREATE TABLE lease (
  run     TEXT   PRIMARY KEY,
  fence   BIGINT NOT NULL,
  host    TEXT   NOT NULL,
  boot    TEXT   NOT NULL,
  pid     BIGINT NOT NULL,
  since   BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
