/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The graph of a manifest: an edge leads from whoever may call to whoever answers. */
#pragma once
#include "cambi.h"

#define GRAPH_NODES_MAX (MANIFEST_ENTRIES_MAX + 1u)
#define GRAPH_EDGES_MAX (MANIFEST_ENTRIES_MAX * MANIFEST_USES_MAX + 1u)

struct node {
	char title[MANIFEST_ENTRY_NAME_MAX];
	char detail[80]; /* devices and handles */
	bool service;
};

struct edge {
	uint32_t from, to;
	bool control;
	const char *label; /* the endpoint */
};

struct graph {
	struct node nodes[GRAPH_NODES_MAX];
	uint32_t node_count;
	struct edge edges[GRAPH_EDGES_MAX];
	uint32_t edge_count;
};

void graph_print_svg(const struct graph *graph);
