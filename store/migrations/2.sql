-- What processes tell each other of accounts: it may be lost, and changes.
CREATE TABLE note (
  name TEXT PRIMARY KEY,
  body BLOB NOT NULL
);
