/*
 * children.h
 *	  The jobs of its children that a parent's job carries (merged mining).
 */
#ifndef CHIMERA_CHILDREN_H
#define CHIMERA_CHILDREN_H

#include "postgres.h"

#include "utils/uuid.h"

#include "chain/aux_tree.h"

/* more than any parent has; those merged last are left out */
#define CHILDREN_MAX 64

typedef struct Child
{
	pg_uuid_t network_id;
	int64 job_id;
} Child;

typedef struct Children
{
	int count;
	Child items[CHILDREN_MAX];
	AuxLeaf leaves[CHILDREN_MAX]; /* of the same positions */
	AuxTree tree;
	uint64 tips;	   /* changes with any child's tip, and with the children */
	uint64 jobs;	   /* changes with any job that is placed */
	uint32 fixed_bits; /* of a version, which miners must not roll */
} Children;

/* The newest jobs of the network's children.  Needs SPI. */
extern void children_read(const pg_uuid_t *parent_id, Children *children);

/*
 * Leave out the children that a block with this version cannot prove work for,
 * and place the others in their tree.
 */
extern void
children_place(Children *children, uint32 version, uint32 version_mask);

/* Store a tree's leaves; returns its tree_id.  Needs SPI. */
extern int64 children_store(const Children *children);

/* 'tips' of the network's children now, in a transaction of its own. */
extern uint64 children_tips(const pg_uuid_t *parent_id);

/*
 * The parents of a network, in an array in the current memory context; returns
 * how many.  In a transaction of its own.
 */
extern int parents_read(const pg_uuid_t *network_id, pg_uuid_t **parents);

#endif
