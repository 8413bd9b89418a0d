/*
 * aux_header.h
 *	  The header of a job that a parent's job carries (merged mining).
 */
#ifndef CHIMERA_AUX_HEADER_H
#define CHIMERA_AUX_HEADER_H

#include "postgres.h"

#include "chain/header.h"

/* A child's job, as its row has it. */
typedef struct AuxJob
{
	uint32 version;
	const uint8 *prevhash;
	uint32 nbits;
	uint32 curtime;
	bytea *prefix; /* of the coinbase; none of the three is toasted */
	bytea *suffix;
	bytea *merkle_branch;
} AuxJob;

/*
 * Nobody searches a child's coinbase and nonce: the extranonces and the nonce
 * are zero, and so a job gives exactly one block.
 */
extern void aux_header_build(const AuxJob *job, uint8 header[HEADER_BYTES]);

/* The child's coinbase without witness; returns its length. */
extern size_t aux_coinbase(const AuxJob *job, uint8 *out);

#endif
