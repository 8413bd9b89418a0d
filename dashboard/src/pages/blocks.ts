// What is reckoned of blocks; pure.

import type { Block } from '../api/types';

/** A list, newest first, with a block put in or brought up to date. */
export function mergeBlock(blocks: readonly Block[], block: Block): Block[] {
  const isKnown = blocks.some((known) => known.block_id === block.block_id);
  if (isKnown) return blocks.map((known) => (known.block_id === block.block_id ? block : known));
  return [...blocks, block].sort((a, b) => (BigInt(a.block_id) < BigInt(b.block_id) ? 1 : -1));
}

export interface Luck {
  /** blocks whose effort is known */
  counted: number;
  /** 1: as expected; above: more blocks for the work than expected */
  luck: number | null;
  effort: number | null;
  orphaned: number | null;
}

export function luckOf(blocks: readonly Block[]): Luck {
  const efforts = blocks.map((block) => block.effort).filter((effort) => effort !== null);
  const total = efforts.reduce((sum, effort) => sum + effort, 0);
  const orphaned = blocks.filter((block) => block.status === 'orphaned').length;
  return {
    counted: efforts.length,
    luck: total > 0 ? efforts.length / total : null,
    effort: efforts.length > 0 ? total / efforts.length : null,
    orphaned: blocks.length > 0 ? orphaned / blocks.length : null,
  };
}
