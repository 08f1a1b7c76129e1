#!/usr/bin/env python3
"""Runs every client of the benchmark N times, by turns, and prints how long they took.

A client is a command that sends one message and ends when it knows where the message is. It tells
the mailbox and when it saw the message there. The receiver wrote down when it accepted it: both are
of this machine's clock. What seedtest itself says of that time, notice_s, is printed too.

Usage: measure.py N DIRECTORY SMTP-ADDRESS IMAPS-ADDRESS USER
"""
import datetime
import json
import os
import statistics
import subprocess
import sys
import time

LIMIT = 60  # seconds for one message
HERE = os.path.dirname(os.path.abspath(__file__))


def seedtest(directory, suite, notices):
    """Returns a function that runs seedtest with one route, one seed and one message."""
    def once():
        done = subprocess.run(
            [f"{directory}/seedtest", "run", suite, "--format", "json", "--quiet",
             "--config", f"{directory}/seeds.toml", "--store", f"{directory}/seedtest.db"],
            stdout=subprocess.PIPE, timeout=LIMIT, check=False)
        probe = json.loads(done.stdout)["probes"][0]
        notices.append(probe["latency"]["notice_s"])
        sighting = probe["sightings"][0]
        return sighting["mailbox"], datetime.datetime.fromisoformat(sighting["seen"]).timestamp()
    return once


def other(argv):
    """Returns a function that runs another client."""
    def once():
        done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=LIMIT, check=True)
        mailbox, seen = done.stdout.decode().split()
        return mailbox, float(seen)
    return once


def accepted(directory):
    """Returns when the receiver accepted the last message."""
    with open(f"{directory}/accepted", encoding="ascii") as f:
        return float(f.read().split()[-1])


def timed(client, mailbox, directory):
    """Runs a client once: seconds from the 250 to the sighting, and from process start to end."""
    begun = time.monotonic()
    where, seen = client()
    total = time.monotonic() - begun
    if where != mailbox:
        sys.exit(f"a message for {mailbox} was seen in {where}")
    return seen - accepted(directory), total


def p90(values):
    return statistics.quantiles(values, n=10, method="inclusive")[-1]


def measure(clients, mailbox, n, directory):
    """Runs all clients n times by turns, after one run each that does not count."""
    figures = {name: [] for name in clients}
    for turn in range(n + 1):
        for name, client in clients.items():
            pair = timed(client, mailbox, directory)
            if turn:
                figures[name].append(pair)
    return {name: list(zip(*pairs)) for name, pairs in figures.items()}


def show(mailbox, figures):
    own_notice, own_total = (statistics.median(v) for v in figures["seedtest"])
    print(f"\n{mailbox:22}   250 to sighting, ms        process start to verdict, ms")
    print(f"{'':22}   median     p90   ratio      median     p90   ratio")
    for name, (notice, total) in figures.items():
        print(f"{name:22} {statistics.median(notice) * 1000:8.1f} {p90(notice) * 1000:7.1f}"
              f" {statistics.median(notice) / own_notice:7.1f}"
              f"    {statistics.median(total) * 1000:8.1f} {p90(total) * 1000:7.1f}"
              f" {statistics.median(total) / own_total:7.1f}")


def main(n, directory, smtp, imaps, user):
    for mailbox, suite, campaign in (("INBOX", "inbox", "notice"), ("Junk", "junk", "newsletter")):
        args = [smtp, imaps, f"{directory}/cert.pem", user, f"{directory}/password", campaign]
        notices = []
        clients = {
            "seedtest": seedtest(directory, suite, notices),
            "go-imap, IDLE on both": other([f"{directory}/idleclient", *args]),
            "swaks, imaplib polling": other([f"{HERE}/poll.py", *args]),
        }
        show(mailbox, measure(clients, mailbox, int(n), directory))
        print(f"seedtest's own notice_s: median {statistics.median(notices[1:]) * 1000:.1f} ms,"
              f" p90 {p90(notices[1:]) * 1000:.1f} ms")


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
