#!/usr/bin/env python3
"""Sends with swaks, then polls INBOX and Junk with imaplib, as a script of an evening would.

Prints the mailbox and when it saw the message, in seconds of Unix time.

Usage: poll.py SMTP-ADDRESS IMAPS-ADDRESS CA-FILE USER PASSWORD-FILE CAMPAIGN
"""
import imaplib
import ssl
import subprocess
import sys
import time
import uuid

PAUSE = 0.1  # seconds between two looks
LIMIT = 30  # seconds


def send(server, user, message_id, campaign):
    host, port = server.rsplit(":", 1)
    subprocess.run(
        ["swaks", "--silent", "3", "--server", host, "--port", port, "--from", "ops@example.org",
         "--to", user, "--header", f"Message-ID: <{message_id}>",
         "--header", f"X-Campaign: {campaign}"],
        check=True)


def look(imap, message_id):
    for mailbox in ("INBOX", "Junk"):
        imap.select(mailbox, readonly=True)
        _, found = imap.search(None, "HEADER", "Message-ID", message_id)
        if found[0]:
            return mailbox
    return None


def main(smtp, imaps, ca, user, password_file, campaign):
    message_id = f"{uuid.uuid4()}@example.org"
    with open(password_file, encoding="ascii") as f:
        password = f.read().strip()
    host, port = imaps.rsplit(":", 1)
    imap = imaplib.IMAP4_SSL(host, int(port), ssl_context=ssl.create_default_context(cafile=ca))
    imap.login(user, password)
    send(smtp, user, message_id, campaign)
    sent = time.monotonic()
    while not (mailbox := look(imap, message_id)):
        if time.monotonic() - sent > LIMIT:
            sys.exit("the message did not arrive")
        time.sleep(PAUSE)
    print(mailbox, f"{time.time():.6f}")


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
