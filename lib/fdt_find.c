/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finding nodes: by path, phandle, compatible. Each is a walk from the front, in terms of fdt.c. */
#include <lib/fdt.h>

/* Arrays and not literals: a prover sees what is in them. */
static const char name_phandle[] = "phandle";

bool fdt_next_compatible(const struct fdt *fdt, struct fdt_node *node, const char *compatible)
{
	/*@ loop invariant \at(node->offset, Pre) <= node->offset;
	    loop invariant node->offset == \at(node->offset, Pre) || node->offset < fdt->structure_size;
	    loop assigns *node;
	    loop variant fdt->structure_size - node->offset; */
	while (fdt_next(fdt, node)) {
		if (fdt_compatible(fdt, *node, compatible))
			return true;
	}
	return false;
}

bool fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *out)
{
	struct fdt_node node = fdt_root(fdt);
	uint32_t value = 0;

	/*@ loop assigns node, value;
	    loop variant 0x100000000 - node.offset; */
	do {
		if (fdt_property_u32(fdt, node, name_phandle, &value) && value == phandle) {
			*out = node;
			return true;
		}
	} while (fdt_next(fdt, &node));
	return false;
}

static bool path_ends(char c)
{
	return c == '\0' || c == ':';
}

/* The component that begins at `path` names the node: as a whole, or up to the node's unit address. */
static bool component_is(const char *path, const char *name)
{
	uint32_t i = 0;

	while (!path_ends(path[i]) && path[i] != '/' && path[i] == name[i])
		i++;
	if (!path_ends(path[i]) && path[i] != '/')
		return false;
	return name[i] == '\0' || name[i] == '@';
}

/* The child of *node that the component names. */
static bool child_named(const struct fdt *fdt, struct fdt_node *node, const char *component)
{
	struct fdt_node child;

	if (!fdt_child(fdt, *node, &child))
		return false;
	do {
		if (component_is(component, fdt_name(fdt, child))) {
			*node = child;
			return true;
		}
	} while (fdt_sibling(fdt, &child));
	return false;
}

bool fdt_find_path(const struct fdt *fdt, const char *path, struct fdt_node *out)
{
	struct fdt_node node = fdt_root(fdt);
	const char *at = path;

	if (*at != '/')
		return false;
	for (;;) {
		while (*at == '/')
			at++;
		if (path_ends(*at))
			break;
		if (!child_named(fdt, &node, at))
			return false;
		while (!path_ends(*at) && *at != '/')
			at++;
	}
	*out = node;
	return true;
}

bool fdt_find_stdout(const struct fdt *fdt, struct fdt_node *out)
{
	char path[FDT_NAME_MAX];
	char alias[FDT_NAME_MAX];
	struct fdt_node node;

	if (!fdt_find_path(fdt, "/chosen", &node) ||
	    !fdt_property_text(fdt, node, "stdout-path", path, sizeof path))
		return false;
	if (path[0] == '/')
		return fdt_find_path(fdt, path, out);
	for (uint32_t i = 0; path[i] != '\0'; i++) {
		if (path[i] == ':')
			path[i] = '\0'; /* the options behind it are the UART's business */
	}
	return fdt_find_path(fdt, "/aliases", &node) &&
	       fdt_property_text(fdt, node, path, alias, sizeof alias) && fdt_find_path(fdt, alias, out);
}
