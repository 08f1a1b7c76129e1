// Watches as users of imapflow do: a client for each of INBOX and Junk, which idles by itself and
// tells of new messages, and a fetch of the header when it does. See main.go for what it says.
//
// Usage: imapflow.js SETTINGS
'use strict';
const fs = require('node:fs');
const readline = require('node:readline');
const settings = JSON.parse(process.argv[2]);
const { ImapFlow } = require(`${settings.Modules}/imapflow`);

const [host, port] = settings.Imaps.split(':');
const pass = fs.readFileSync(settings.Password, 'utf8').trim();
const ca = fs.readFileSync(settings.CA);
const atOnce = 32; // sign-ins at a time

function say(line) { process.stdout.write(`${line}\n`); }

// now is in microseconds of Unix time.
function now() { return Math.round((performance.timeOrigin + performance.now()) * 1000); }

function fail(err) {
	process.stderr.write(`imapflow: ${err.stack}\n`);
	process.exit(1);
}

async function tell(client, from) {
	for await (const m of client.fetch(`${from}:*`, { headers: ['message-id'] })) {
		const found = /<([a-z2-7]+)@/i.exec(m.headers.toString());
		if (found) { say(`seen ${found[1]} ${now()}`); }
	}
}

async function watch(user, mailbox) {
	const client = new ImapFlow({
		host, port: Number(port), secure: true, auth: { user, pass }, logger: false, tls: { ca },
	});
	client.on('error', fail);
	client.on('exists', (e) => {
		if (e.count <= e.prevCount) { return; }
		tell(client, e.prevCount + 1).then(() => { client.idle().catch(fail); }, fail);
	});
	await client.connect();
	await client.mailboxOpen(mailbox, { readOnly: true });
	client.idle().catch(fail);
}

async function openAll() {
	const todo = [];
	for (let i = 0; i < settings.Users; i++) {
		for (const mailbox of ['INBOX', 'Junk']) {
			todo.push([`u${settings.First + i}@main.example`, mailbox]);
		}
	}
	const worker = async () => {
		for (let next = todo.pop(); next; next = todo.pop()) { await watch(...next); }
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
	say('ready');
}

let opening = false;
const lines = readline.createInterface({ input: process.stdin });
lines.on('line', () => {
	if (!opening) {
		opening = true;
		openAll().catch(fail);
	}
});
lines.on('close', () => process.exit(0));
say('started');
