/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The graph as SVG, drawn in layers: whoever is asked stands above whoever asks.
 * Within its layer a node stands near those it asks; long layers are broken into
 * rows. No program but this one is needed to draw it, and none but a browser to
 * look at it.
 */
#include "graph.h"

#define BOX_WIDTH  190
#define BOX_HEIGHT 40
#define GAP_X      20
#define GAP_Y      70
#define ROW_MAX    6u
#define MARGIN     20

struct layout {
	uint32_t layer[GRAPH_NODES_MAX];
	int x[GRAPH_NODES_MAX], y[GRAPH_NODES_MAX];
	int width, height;
};

/* As many rounds as a path can be long; a circle of calls just stays where the rounds leave it. Init, the last
 * node, stands above all whomever it asks. */
static void assign_layers(const struct graph *graph, struct layout *layout)
{
	for (uint32_t i = 0; i < graph->node_count; i++)
		layout->layer[i] = graph->nodes[i].service ? 0u : 1u;
	for (uint32_t round = 0; round < graph->node_count; round++) {
		for (uint32_t i = 0; i < graph->edge_count; i++) {
			const struct edge *const edge = &graph->edges[i];
			if (edge->from != edge->to &&
			    layout->layer[edge->from] <= layout->layer[edge->to] &&
			    layout->layer[edge->to] + 1u < graph->node_count)
				layout->layer[edge->from] = layout->layer[edge->to] + 1u;
		}
	}
}

/* Where a node would like to stand: the mean of those above it, times 16 to keep some of the fraction. */
static int wish(const struct graph *graph, const struct layout *layout, uint32_t node)
{
	int sum = 0, count = 0;

	for (uint32_t i = 0; i < graph->edge_count; i++) {
		if (graph->edges[i].from == node && graph->edges[i].to != node) {
			sum += layout->x[graph->edges[i].to];
			count++;
		}
	}
	return count == 0 ? 0 : 16 * sum / count;
}

/* Is `a` to stand left of `b`? */
static bool is_before(const struct graph *graph, const struct layout *layout, uint32_t a, uint32_t b)
{
	if (graph->nodes[a].service != graph->nodes[b].service)
		return graph->nodes[a].service;
	return wish(graph, layout, a) < wish(graph, layout, b);
}

/* The nodes of a layer, sorted by insertion; returns how many. */
static uint32_t sort_layer(const struct graph *graph, struct layout *layout, uint32_t layer,
                           uint32_t *nodes)
{
	uint32_t count = 0;

	for (uint32_t node = 0; node < graph->node_count; node++) {
		if (layout->layer[node] != layer)
			continue;
		uint32_t at = count++;
		for (; at > 0 && is_before(graph, layout, node, nodes[at - 1]); at--)
			nodes[at] = nodes[at - 1];
		nodes[at] = node;
	}
	return count;
}

/* A row of boxes, in the middle of what is known of the width. */
static void place_row(struct layout *layout, const uint32_t *nodes, uint32_t count, int y)
{
	const int row = (int)count * (BOX_WIDTH + GAP_X) - GAP_X + 2 * MARGIN;
	int x = MARGIN;

	if (layout->width < row)
		layout->width = row;
	x += (layout->width - row) / 2;
	for (uint32_t i = 0; i < count; i++, x += BOX_WIDTH + GAP_X) {
		layout->x[nodes[i]] = x;
		layout->y[nodes[i]] = y;
	}
}

/* A layer in as many rows as it needs, all about as long; returns where the next begins. */
static int place_layer(struct layout *layout, const uint32_t *nodes, uint32_t count, int y)
{
	const uint32_t rows = (count + ROW_MAX - 1u) / ROW_MAX;

	for (uint32_t row = 0, at = 0; row < rows; row++, y += BOX_HEIGHT + GAP_Y) {
		const uint32_t end = count * (row + 1u) / rows;
		place_row(layout, nodes + at, end - at, y);
		at = end;
	}
	return y;
}

static void place(const struct graph *graph, struct layout *layout)
{
	uint32_t nodes[GRAPH_NODES_MAX];
	int y = MARGIN;

	for (uint32_t layer = 0; layer < graph->node_count; layer++)
		y = place_layer(layout, nodes, sort_layer(graph, layout, layer, nodes), y);
	layout->height = y - GAP_Y + MARGIN;
}

/* The second time the width is known, and every row stands in its middle. */
static void lay_out(const struct graph *graph, struct layout *layout)
{
	assign_layers(graph, layout);
	place(graph, layout);
	place(graph, layout);
}

static void print_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			fputs("&lt;", stdout);
		else if (*text == '&')
			fputs("&amp;", stdout);
		else
			putchar(*text);
	}
}

static void print_edge(const struct layout *layout, const struct edge *edge)
{
	const int x1 = layout->x[edge->from] + BOX_WIDTH / 2, y1 = layout->y[edge->from];
	const int x2 = layout->x[edge->to] + BOX_WIDTH / 2, y2 = layout->y[edge->to] + BOX_HEIGHT;

	printf("<path class=\"%s\" d=\"M%d %d C%d %d %d %d %d %d\" marker-end=\"url(#arrow)\"><title>",
	       edge->control ? "edge control" : "edge", x1, y1, x1, y1 - GAP_Y / 2, x2, y2 + GAP_Y / 2, x2,
	       y2 + 2);
	print_text(edge->label);
	puts(edge->control ? ", with control</title></path>" : "</title></path>");
}

static void print_node(const struct layout *layout, const struct node *node, uint32_t index)
{
	const int x = layout->x[index], y = layout->y[index];
	const int middle = x + BOX_WIDTH / 2;

	printf("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>",
	       node->service ? "service" : "program", x, y, BOX_WIDTH, BOX_HEIGHT);
	printf("<text class=\"title\" x=\"%d\" y=\"%d\">", middle, y + (node->detail[0] == '\0' ? 25 : 18));
	print_text(node->title);
	printf("</text><text class=\"detail\" x=\"%d\" y=\"%d\">", middle, y + 32);
	print_text(node->detail);
	puts("</text>");
}

void graph_print_svg(const struct graph *graph)
{
	static struct layout layout;

	lay_out(graph, &layout);
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d "
	       "%d\">\n",
	       layout.width, layout.height, layout.width, layout.height);
	puts("<style>text{font-family:sans-serif;text-anchor:middle}.title{font-size:14px}.detail{font-"
	     "size:10px;"
	     "fill:#555}\n.service{fill:#e8f0fe;stroke:#335}.program{fill:#fff;stroke:#999}.edge{fill:none;"
	     "stroke:#889;stroke-width:1}.control{stroke:#a33;stroke-width:2}</style>\n"
	     "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
	     "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" "
	     "fill=\"#667\"/></marker></defs>");
	for (uint32_t i = 0; i < graph->edge_count; i++)
		print_edge(&layout, &graph->edges[i]);
	for (uint32_t i = 0; i < graph->node_count; i++)
		print_node(&layout, &graph->nodes[i], i);
	puts("</svg>");
}
