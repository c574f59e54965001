/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* cambi manifest graph: who may call on whom, as DOT text; the SVG is drawn in manifest_svg.c. */
#include "graph.h"
#include <string.h>

static bool same_edge(const struct edge *a, uint32_t from, uint32_t to)
{
	return a->from == from && a->to == to;
}

static void add_edge(struct graph *graph, uint32_t from, uint32_t to, const struct manifest_use *use)
{
	for (uint32_t i = 0; i < graph->edge_count; i++) {
		if (same_edge(&graph->edges[i], from, to))
			return;
	}
	graph->edges[graph->edge_count++] = (struct edge){from, to, use->control, use->name};
}

/* Who answers at an endpoint: an entry, or init. */
static uint32_t server_of(const struct manifest *manifest, const char *endpoint)
{
	uint32_t i = 0;

	while (i < manifest->entry_count && strcmp(manifest->entries[i].serves, endpoint) != 0)
		i++;
	return i;
}

static void node_text(const struct manifest_entry *entry, struct node *out)
{
	size_t length;

	snprintf(out->title, sizeof(out->title), "%s", entry->name);
	length = (size_t)snprintf(out->detail, sizeof(out->detail), "%s",
	                          device_text(entry->device));
	for (uint32_t i = 0; i < entry->handle_count && length < sizeof(out->detail); i++)
		length += (size_t)snprintf(out->detail + length, sizeof(out->detail) - length, "%s%s",
		                           length == 0 ? "" : " ", entry->handles[i].name);
	out->service = entry->service;
}

static void graph_build(const struct manifest *manifest, struct graph *out)
{
	const uint32_t init = manifest->entry_count;

	*out = (struct graph){.node_count = init + 1};
	out->nodes[init] = (struct node){.title = "init", .detail = "everything", .service = true};
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *const entry = &manifest->entries[i];
		node_text(entry, &out->nodes[i]);
		for (uint32_t k = 0; k < entry->use_count; k++)
			add_edge(out, i, server_of(manifest, entry->uses[k].name), &entry->uses[k]);
	}
	/* Init asks the policy service before each start. */
	const uint32_t policy = server_of(manifest, MANIFEST_POLICY_ENDPOINT);
	if (policy != init)
		out->edges[out->edge_count++] =
			(struct edge){init, policy, false, MANIFEST_POLICY_ENDPOINT};
}

static void print_dot(const struct graph *graph)
{
	puts("digraph manifest {\n\trankdir=BT; node [shape=box, fontname=\"sans-serif\"];");
	for (uint32_t i = 0; i < graph->node_count; i++) {
		const struct node *const node = &graph->nodes[i];
		printf("\tn%u [label=\"%s%s%s\"%s];\n", i, node->title,
		       node->detail[0] == '\0' ? "" : "\\n", node->detail,
		       node->service ? ", style=bold" : "");
	}
	for (uint32_t i = 0; i < graph->edge_count; i++) {
		const struct edge *const edge = &graph->edges[i];
		printf("\tn%u -> n%u [label=\"%s\"%s];\n", edge->from, edge->to, edge->label,
		       edge->control ? ", style=bold" : "");
	}
	puts("}");
}

int verb_manifest_graph(int argc, char **argv)
{
	static struct manifest manifest;
	static struct graph graph;
	const bool svg = take_flag(&argc, argv, "--svg");

	if (take_flag(&argc, argv, "--dot") && svg)
		misused("DOT or SVG, not both");
	need_words(argc, argv, 1, 1);
	manifest_load(argv[0], &manifest);
	graph_build(&manifest, &graph);
	if (svg)
		graph_print_svg(&graph);
	else
		print_dot(&graph);
	return 0;
}
