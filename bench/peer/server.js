// server.js: a pool of the node-stratum-pool line, as its README sets it up.
//
//     node server.js STRATUM_PORT NODE_PORT
//
// Shares are checked by the package: job, duplicate, coinbase, merkle root,
// header hash, difficulty. What the pool does with an accepted share is its
// owner's matter (an event, fired after the answer has been decided); here it
// is counted. So when the miner is answered, nothing is durable anywhere.
'use strict';

const { fork } = require('child_process');
const path = require('path');

const [stratumPort, nodePort] = process.argv.slice(2).map(Number);
if (!stratumPort || !nodePort) {
    console.error('usage: node server.js STRATUM_PORT NODE_PORT');
    process.exit(2);
}

const node = fork(path.join(__dirname, 'template_node.js'), [String(nodePort)]);
process.on('exit', () => node.kill());
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));

// it prints its first shares
console.log = () => {};
const Stratum = require('stratum-pool-sha256');

function authorize(ip, port, worker, password, callback) {
    callback({ error: null, authorized: true, disconnect: false });
}

function start() {
    const pool = Stratum.createPool({
        coin: { name: 'Bench', symbol: 'BENCH', algorithm: 'sha256', asicboost: false },
        address: '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
        rewardRecipients: {},
        blockRefreshInterval: 0,
        jobRebroadcastTimeout: 3600,
        connectionTimeout: 3600,
        tcpProxyProtocol: false,
        banning: { enabled: false, time: 600, invalidPercent: 50, checkThreshold: 500, purgeInterval: 300 },
        // every hash meets it
        ports: { [stratumPort]: { diff: 1e-10 } },
        daemons: [{ host: '127.0.0.1', port: nodePort, user: 'bench', password: 'bench' }],
        p2p: { enabled: false },
    }, authorize);
    let shares = 0;

    pool.on('share', () => { shares += 1; });
    pool.on('log', (severity, text) => {
        if (severity !== 'debug') console.error(`${severity}: ${text}`);
    });
    pool.on('started', () => process.stdout.write('ready\n'));
    pool.start();
}

// the node's port is open soon
setTimeout(start, 500);
