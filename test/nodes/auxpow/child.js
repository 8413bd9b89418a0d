// Makes bcoin's regtest a chain that is merged-mined: `node -r child.js`, with
// node_modules in NODE_PATH, loads this before bcoin and changes nothing on the
// disk. Chimera::AuxpowChild starts it, with these variables:
//
//   AUXPOW_CHAIN_ID              the upper 16 bits of its blocks' versions
//   AUXPOW_ALGORITHM             sha256d or scrypt
//   AUXPOW_GENESIS_TIME          each time is another genesis hash
//   AUXPOW_START_HEIGHT          the first height that may be merged-mined
//   AUXPOW_REFUSES_PARENT_BIT_8  1: parents that are merged-mined themselves
//                                are refused, as by Namecoin
//   AUXPOW_SEGWIT                1: active from the first block on; else never
//
// A refused CAuxPow is "high-hash", as at the real nodes; which rule it broke is
// printed. Blocks come by submitblock only: bcoin's peers know no CAuxPow.

'use strict';

const { env } = process;
const rules = {
  chainId: Number(env.AUXPOW_CHAIN_ID),
  algorithm: env.AUXPOW_ALGORITHM,
  refusesParentBit8: env.AUXPOW_REFUSES_PARENT_BIT_8 === '1',
};
const startHeight = Number(env.AUXPOW_START_HEIGHT);
const hasSegwit = env.AUXPOW_SEGWIT === '1';

/** The version's lower half: a block of BIP 65's time, which BIP 34 binds. */
const BASE_VERSION = 4;

// ---------- a chain of its own; before bcoin's network.js copies it ----------

const hash256 = require('bcrypto/lib/hash256');
const { regtest } = require('bcoin/lib/protocol/networks');

const genesis = Buffer.from(regtest.genesisBlock, 'hex');
genesis.writeUInt32LE(Number(env.AUXPOW_GENESIS_TIME), 68);
regtest.genesisBlock = genesis.toString('hex');
regtest.genesis.time = genesis.readUInt32LE(68);
regtest.genesis.hash = hash256.digest(genesis.subarray(0, 80)).toString('hex');
regtest.block.bip34height = 1;

const { ALGORITHMS, HEADER_SIZE, VERSION_AUXPOW, findBrokenRule, readAuxpow } = require('./rules');

// ---------- mining alone; before cpuminer.js takes bcoin's own ----------

/** The first nonce of min to max that meets a target (little-endian), or -1. */
function mine(header, target, min, max) {
  const goal = Buffer.from(target).reverse();
  for (let nonce = min; nonce <= max; nonce += 1) {
    header.writeUInt32LE(nonce, 76);
    if (ALGORITHMS[rules.algorithm](header).reverse().compare(goal) <= 0) return nonce;
  }
  return -1;
}

require('bcoin/lib/mining/mine');
require.cache[require.resolve('bcoin/lib/mining/mine')].exports = mine;

// ---------- blocks: the header, CAuxPow, the transactions ----------

const { write } = require('bufio');
const AbstractBlock = require('bcoin/lib/primitives/abstractblock');
const Block = require('bcoin/lib/primitives/block');

const bare = AbstractBlock.prototype;
const { getNormalSizes, getWitnessSizes } = Block.prototype;

function addAuxpow(block, sizes) {
  if (block.auxpow) sizes.size += block.auxpow.raw.length;
  return sizes;
}

Object.assign(Block.prototype, {
  readHead(reader) {
    bare.readHead.call(this, reader);
    if (this.version & VERSION_AUXPOW) this.auxpow = readAuxpow(reader);
    return this;
  },

  writeHead(writer) {
    bare.writeHead.call(this, writer);
    if (this.auxpow) writer.writeBytes(this.auxpow.raw);
    return writer;
  },

  /** What is hashed: the header alone. */
  toHead() {
    return bare.writeHead.call(this, write(HEADER_SIZE)).render();
  },

  getNormalSizes() {
    return addAuxpow(this, getNormalSizes.call(this));
  },

  getWitnessSizes() {
    return addAuxpow(this, getWitnessSizes.call(this));
  },

  verifyPOW() {
    const broken = findBrokenRule(this.toHead(), this.auxpow, rules);
    if (broken) console.log('block %s breaks a rule: %s', this.rhash(), broken);
    return !broken;
  },
});

// ---------- the chain: versions hold its id, no bits of soft forks ----------

const Chain = require('bcoin/lib/blockchain/chain');
const { thresholdStates } = require('bcoin/lib/blockchain/common');
const { VerifyError } = require('bcoin/lib/protocol/errors');

const { verify } = Chain.prototype;
const activeForks = hasSegwit ? ['csv', 'segwit'] : [];

Object.assign(Chain.prototype, {
  async computeBlockVersion() {
    return ((rules.chainId << 16) | BASE_VERSION) >>> 0;
  },

  async getState(previous, { name }) {
    return activeForks.includes(name) ? thresholdStates.ACTIVE : thresholdStates.DEFINED;
  },

  async verify(block, previous, flags) {
    if (block.auxpow && previous.height + 1 < startHeight) {
      throw new VerifyError(block, 'invalid', 'early-auxpow-block', 100);
    }
    return verify.call(this, block, previous, flags);
  },
});
