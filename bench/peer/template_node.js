// template_node.js: answers the JSON-RPC calls of a pool as a node would.
//
// A regtest node can't stand behind a benchmark of shares: there every second
// hash is a block. This one has the difficulty of a real chain, and a template
// whose merkle branch is as long as bench/new_job.sql's.
'use strict';

const http = require('http');
const crypto = require('crypto');

const TRANSACTIONS = 4095; // 12 steps
const BITS = '17034219';

// Any 60 bytes will do for a transaction that nobody connects to a chain.
function makeTransaction(number) {
    const data = crypto.createHash('sha256').update(String(number)).digest('hex');
    return { data, txid: data, hash: data, depends: [], fee: 0, sigops: 0, weight: 240 };
}

const template = {
    version: 0x20000000,
    previousblockhash: '0'.repeat(19) + '1'.repeat(45),
    transactions: Array.from({ length: TRANSACTIONS }, (_, i) => makeTransaction(i)),
    coinbaseaux: { flags: '' },
    coinbasevalue: 312500000,
    target: '0000000000000000000342190000000000000000000000000000000000000000',
    curtime: Math.floor(Date.now() / 1000) - 60,
    mintime: Math.floor(Date.now() / 1000) - 3600,
    mutable: ['time', 'transactions', 'prevblock'],
    noncerange: '00000000ffffffff',
    bits: BITS,
    height: 870000,
    rules: ['segwit'],
};

const results = {
    validateaddress: { isvalid: true, scriptPubKey: '76a914' + '00'.repeat(20) + '88ac' },
    getdifficulty: 86000000000000,
    getmininginfo: { blocks: 869999, difficulty: 86000000000000, networkhashps: 6e20 },
    getblockchaininfo: { chain: 'main', blocks: 869999, difficulty: 86000000000000 },
    getnetworkinfo: { version: 270000, protocolversion: 70016, connections: 8 },
    getpeerinfo: [],
    getblocktemplate: template,
};

function answer(call) {
    const result = results[call.method];
    return result === undefined
        ? { id: call.id, result: null, error: { code: -32601, message: 'Method not found' } }
        : { id: call.id, result, error: null };
}

function serve(request, response) {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
        const call = JSON.parse(body);
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(Array.isArray(call) ? call.map(answer) : answer(call)));
    });
}

http.createServer(serve).listen(Number(process.argv[2]), '127.0.0.1');
