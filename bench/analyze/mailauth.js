// Reads an mbox with mailauth: with its parsers of headers, hops, results, ARC and signatures, or
// with authenticate() and a DNS that has no answer. Prints messages a second of one core's time, the
// median of several rounds, and the hops and results that it found in a message, as main.go does.
'use strict';

const fs = require('fs');
const { createRequire } = require('module');

const [, , home, path, how] = process.argv;
const library = createRequire(home + '/');

const rounds = 5;

// load returns heads alone for the parsers, and whole messages for authenticate().
function load(whole) {
    const line = /^From bench@example\.org .*\n/m;
    return fs.readFileSync(path, 'latin1').split(line).slice(1).map(text =>
        Buffer.from((whole ? text : text.slice(0, text.indexOf('\n\n') + 2))
            .replace(/\n/g, '\r\n'), 'latin1'));
}

function parsers() {
    const { parseHeaders } = library('mailauth/lib/tools');
    const { parseReceived } = library('mailauth/lib/parse-received');
    const parseTags = library('mailauth/lib/parse-dkim-headers');
    const tagged = new Set(['authentication-results', 'arc-authentication-results', 'arc-seal',
        'arc-message-signature', 'dkim-signature', 'received-spf']);
    return head => {
        let found = 0;
        for (const row of parseHeaders(head).parsed) {
            if (row.key === 'received') {
                found += parseReceived(row.line) ? 1 : 0;
            } else if (tagged.has(row.key)) {
                const { parsed } = parseTags(row.line);
                if (row.key.endsWith('authentication-results')) {
                    for (const method of ['spf', 'dkim', 'dmarc', 'arc', 'iprev']) {
                        found += [].concat(parsed[method] || []).length;
                    }
                }
            }
        }
        return found;
    };
}

function authenticating() {
    const { authenticate } = library('mailauth');
    const resolver = async () => {
        throw Object.assign(new Error('no answer'), { code: 'ENOTFOUND' });
    };
    return async message => {
        const result = await authenticate(message, { ip: '192.0.2.25', helo: 'mail.example.org',
            sender: 'bench@example.org', mta: 'mx.example.net', resolver });
        return result.receivedChain.length;
    };
}

async function main() {
    const whole = how === 'authenticate';
    const read = whole ? authenticating() : parsers();
    const messages = load(whole);
    const rates = [];
    let found = 0;
    for (let round = 0; round < rounds; round++) {
        found = 0;
        const start = process.cpuUsage();
        for (const message of messages) {
            found += whole ? await read(message) : read(message);
        }
        const { user, system } = process.cpuUsage(start);
        rates.push(messages.length / ((user + system) / 1e6));
    }
    rates.sort((a, b) => a - b);
    console.log(rates[(rounds - 1) / 2].toFixed(0), (found / messages.length).toFixed(2));
}

main();
