/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finding nodes: by path, phandle, compatible. Each is a walk from the front, in terms of fdt.c. */
#include <lib/fdt.h>

/* Arrays and not literals: a prover sees what is in them. */
static const char name_phandle[] = "phandle";
static const char name_stdout[] = "stdout-path";
static const char path_chosen[] = "/chosen";
static const char path_aliases[] = "/aliases";

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

/*@ lemma text_from: \forall char *text, integer at, integer end;
      0 <= at <= end < FDT_NAME_MAX && \valid_read(text + (0 .. end)) && text[end] == 0 ==> fdt_text_ok(text + at);
*/

/*@ assigns \nothing;
    ensures \result <==> c == 0 || c == ':'; */
static bool path_ends(char c)
{
	return c == '\0' || c == ':';
}

/* The component that begins at `path` names the node: as a whole, or up to the node's unit address. */
/*@ requires fdt_text_ok(path) && fdt_value_ok(name);
    assigns \nothing; */
static bool component_is(const char *path, struct fdt_value name)
{
	uint32_t i = 0;

	/*@ loop invariant 0 <= i < FDT_NAME_MAX && i <= name.size;
	    loop invariant \forall integer k; 0 <= k < i ==> path[k] != 0;
	    loop assigns i;
	    loop variant FDT_NAME_MAX - i; */
	while (!path_ends(path[i]) && path[i] != '/' && i < name.size && path[i] == (char)name.data[i])
		i++;
	if (!path_ends(path[i]) && path[i] != '/')
		return false;
	return i == name.size || name.data[i] == '@';
}

/* The child of *node that the component names. */
/*@ requires fdt_ok(fdt) && \valid(node) && \separated(node, fdt, fdt->data + (0 .. fdt->size - 1));
    requires fdt_text_ok(component);
    assigns *node; */
static bool child_named(const struct fdt *fdt, struct fdt_node *node, const char *component)
{
	struct fdt_node child;

	if (!fdt_child(fdt, *node, &child))
		return false;
	/*@ loop assigns child, *node;
	    loop variant 0x100000000 - child.offset; */
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
	uint32_t at = 0;

	if (path[0] != '/')
		return false;
	/*@ loop invariant 0 <= at < FDT_NAME_MAX;
	    loop invariant \forall integer k; 0 <= k < at ==> path[k] != 0;
	    loop assigns at, node;
	    loop variant FDT_NAME_MAX - at; */
	for (;;) {
		/*@ loop invariant \at(at, LoopEntry) <= at < FDT_NAME_MAX;
		    loop invariant \forall integer k; 0 <= k < at ==> path[k] != 0;
		    loop assigns at;
		    loop variant FDT_NAME_MAX - at; */
		while (path[at] == '/')
			at++;
		if (path_ends(path[at]))
			break;
		//@ assert rest: fdt_text_ok(path + at);
		if (!child_named(fdt, &node, path + at))
			return false;
		/*@ loop invariant \at(at, LoopEntry) <= at < FDT_NAME_MAX;
		    loop invariant \forall integer k; 0 <= k < at ==> path[k] != 0;
		    loop assigns at;
		    loop variant FDT_NAME_MAX - at; */
		while (!path_ends(path[at]) && path[at] != '/')
			at++;
	}
	*out = node;
	return true;
}

/* The path without its options, which are the UART's business. */
/*@ requires \valid(path + (0 .. FDT_NAME_MAX - 1)) && fdt_text_ok(path);
    assigns path[0 .. FDT_NAME_MAX - 1];
    ensures fdt_text_ok(path); */
static void options_cut(char *path)
{
	uint32_t i = 0;

	/*@ loop invariant 0 <= i < FDT_NAME_MAX;
	    loop invariant \forall integer k; 0 <= k < i ==> path[k] != 0;
	    loop assigns i;
	    loop variant FDT_NAME_MAX - i; */
	while (!path_ends(path[i]))
		i++;
	path[i] = '\0';
}

bool fdt_find_stdout(const struct fdt *fdt, struct fdt_node *out)
{
	char path[FDT_NAME_MAX];
	char alias[FDT_NAME_MAX];
	struct fdt_node node;

	if (!fdt_find_path(fdt, path_chosen, &node) ||
	    !fdt_property_text(fdt, node, name_stdout, path, sizeof path))
		return false;
	if (path[0] == '/')
		return fdt_find_path(fdt, path, out);
	options_cut(path);
	return fdt_find_path(fdt, path_aliases, &node) &&
	       fdt_property_text(fdt, node, path, alias, sizeof alias) && fdt_find_path(fdt, alias, out);
}
