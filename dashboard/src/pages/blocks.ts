// Lists of blocks, and their luck; pure.

import type { Block } from '../api/types';

/** Adds or replaces a block in a list, newest first. */
export function mergeBlock(blocks: readonly Block[], block: Block): Block[] {
  const isKnown = blocks.some((known) => known.block_id === block.block_id);
  if (isKnown) return blocks.map((known) => (known.block_id === block.block_id ? block : known));
  return [...blocks, block].sort((a, b) => (BigInt(a.block_id) < BigInt(b.block_id) ? 1 : -1));
}

export interface Luck {
  /** blocks whose effort is known */
  counted: number;
  /** 1: as expected; above 1: more blocks than expected for the work */
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
