// What a merged-mined block is: reads CAuxPow, which proves the work of a child
// block by the header of a parent block, and says which rule it breaks.
//
// The rules are those of Namecoin and Dogecoin, in the order in which their
// nodes check them; test/vectors/auxpow has what such nodes decided. child.js
// makes a node keep them, check.js asks for them alone.

'use strict';

const crypto = require('node:crypto');
const hash256 = require('bcrypto/lib/hash256');
const TX = require('bcoin/lib/primitives/tx');
const consensus = require('bcoin/lib/protocol/consensus');

const VERSION_AUXPOW = 0x100;
const HEADER_SIZE = 80;
const HASH_SIZE = 32;
const MAGIC = Buffer.from('fabe6d6d', 'hex');
const MAX_TREE_HEIGHT = 30;

/** Without the magic, the root must begin within so many bytes. */
const MAX_ROOT_OFFSET = 20;

/** The hashes of a proof of work, by the names of Chimera's algorithms. */
const ALGORITHMS = {
  sha256d: (header) => hash256.digest(header),
  scrypt: (header) => crypto.scryptSync(header, header, HASH_SIZE, { N: 1024, r: 1, p: 1 }),
};

function readHashes(reader) {
  const hashes = [];
  for (let left = reader.readVarint(); left > 0; left -= 1) hashes.push(reader.readHash());
  return hashes;
}

/** Read CAuxPow from a bufio reader, which throws if bytes are missing. */
function readAuxpow(reader) {
  const start = reader.offset;
  const auxpow = { coinbase: TX.fromReader(reader) };
  reader.readHash(); // hashBlock, which nobody checks
  auxpow.coinbaseBranch = readHashes(reader);
  auxpow.coinbaseIndex = reader.readU32();
  auxpow.chainBranch = readHashes(reader);
  auxpow.slot = reader.readU32();
  auxpow.parentHeader = reader.readBytes(HEADER_SIZE);
  auxpow.raw = Buffer.from(reader.data.subarray(start, reader.offset));
  return auxpow;
}

/** The root of a merkle tree, from a leaf, its branch and its index. */
function foldBranch(leaf, branch, index) {
  return branch.reduce((hash, other, level) => {
    const isRight = (index >>> level) & 1;
    return isRight ? hash256.root(other, hash) : hash256.root(hash, other);
  }, leaf);
}

/** The slot of a chain in a tree of 2^height, as 32-bit arithmetic. */
function slotOf(nonce, chainId, height) {
  const random = Math.imul(nonce, 1103515245) + 12345 + chainId;
  return ((Math.imul(random, 1103515245) + 12345) >>> 0) % 2 ** height;
}

/** Is the tree's root committed to in the parent coinbase's script? */
function brokenCommitment(auxpow, childHash, chainId) {
  const root = Buffer.from(foldBranch(childHash, auxpow.chainBranch, auxpow.slot)).reverse();
  const script = auxpow.coinbase.inputs[0]?.script.toRaw() ?? Buffer.alloc(0);
  const magicAt = script.indexOf(MAGIC);
  const rootAt = script.indexOf(root);
  if (rootAt < 0) return 'root missing';
  if (magicAt >= 0 && script.includes(MAGIC, magicAt + 1)) return 'magic twice';
  if (magicAt >= 0 && magicAt + MAGIC.length !== rootAt) return 'magic not before root';
  if (magicAt < 0 && rootAt > MAX_ROOT_OFFSET) return 'root too late';

  const rest = script.subarray(rootAt + HASH_SIZE);
  const height = auxpow.chainBranch.length;
  if (rest.length < 8) return 'size and nonce missing';
  if (rest.readUInt32LE(0) !== 2 ** height) return 'size';
  if (auxpow.slot !== slotOf(rest.readUInt32LE(4), chainId, height)) return 'slot';
  return null;
}

/** Does CAuxPow lead from the child's hash to the parent's header? */
function brokenAuxpow(auxpow, childHash, rules) {
  const parentVersion = auxpow.parentHeader.readUInt32LE(0);
  const parentRoot = auxpow.parentHeader.subarray(36, 36 + HASH_SIZE);
  if (rules.refusesParentBit8 && parentVersion & VERSION_AUXPOW) return 'parent has bit 8';
  if (auxpow.coinbaseIndex !== 0) return 'coinbase index';
  if (parentVersion >>> 16 === rules.chainId) return 'parent has our chain id';
  if (auxpow.chainBranch.length > MAX_TREE_HEIGHT) return 'chain branch too long';
  if (!foldBranch(auxpow.coinbase.hash(), auxpow.coinbaseBranch, 0).equals(parentRoot)) return 'merkle root';
  return brokenCommitment(auxpow, childHash, rules.chainId);
}

/**
 * The first rule that a block breaks, or null. The block is its header of 80
 * bytes and its CAuxPow, if it has one; rules are {chainId, algorithm,
 * refusesParentBit8}. A block without CAuxPow was mined alone.
 */
function findBrokenRule(header, auxpow, rules) {
  const version = header.readUInt32LE(0);
  const claimsAuxpow = (version & VERSION_AUXPOW) !== 0;
  if (version >>> 16 !== rules.chainId) return 'chain id';
  if (auxpow && !claimsAuxpow) return 'no aux bit';
  if (!auxpow && claimsAuxpow) return 'no auxpow';

  const broken = auxpow && brokenAuxpow(auxpow, hash256.digest(header), rules);
  if (broken) return broken;
  const worked = ALGORITHMS[rules.algorithm](auxpow ? auxpow.parentHeader : header);
  return consensus.verifyPOW(worked, header.readUInt32LE(72)) ? null : 'proof of work';
}

module.exports = { ALGORITHMS, HEADER_SIZE, VERSION_AUXPOW, findBrokenRule, readAuxpow };
