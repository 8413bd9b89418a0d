// Which rule does a merged-mined block break?  Reads a JSON object per line from
// its input, {header, auxpow, chain_id, algorithm, refuses_parent_bit_8}, and
// prints the rule's name, or null, as a line of JSON.  Needs node_modules in
// NODE_PATH.

'use strict';

const readline = require('node:readline');
const { read } = require('bufio');
const { findBrokenRule, readAuxpow } = require('./rules');

function check(vector) {
  const reader = read(Buffer.from(vector.auxpow, 'hex'));
  const auxpow = readAuxpow(reader);
  if (reader.left() > 0) return 'bytes left';
  return findBrokenRule(Buffer.from(vector.header, 'hex'), auxpow, {
    chainId: vector.chain_id,
    algorithm: vector.algorithm,
    refusesParentBit8: vector.refuses_parent_bit_8,
  });
}

readline.createInterface({ input: process.stdin })
  .on('line', (line) => console.log(JSON.stringify(check(JSON.parse(line)))));
