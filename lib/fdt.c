/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The structure block: tokens, nodes, properties.
 *
 * token_read is the only function that looks at the structure block, and every
 * walk is a loop over it whose position grows, so it ends. What a token says
 * about lengths is checked there, again at each walk: a tree that changes under
 * us can lie to us but not lead us outside.
 */
#include <lib/fdt.h>

#define HEADER_SIZE 40u
#define MAGIC 0xd00dfeedu
#define VERSION 17u

enum token_kind {
	TOKEN_BEGIN = 1,
	TOKEN_END_NODE = 2,
	TOKEN_PROPERTY = 3,
	TOKEN_NOP = 4,
	TOKEN_END = 9,
};

struct token {
	uint32_t kind;
	uint32_t next;  /* where the next token lies */
	uint32_t name;  /* begin: offset of the name in the tree; property: in the strings */
	uint32_t value; /* property: offset in the tree */
	uint32_t size;  /* property: of the value */
};

static const char *const sentences[FDT_VERDICT_COUNT] = {
#define FDT_VERDICT(name, sentence) [FDT_##name] = sentence,
#include <lib/fdt_verdict.def>
#undef FDT_VERDICT
};

/* Arrays and not literals: a prover sees what is in them. */
static const char name_compatible[] = "compatible";
static const char name_status[] = "status";
static const char status_okay[] = "okay";
static const char status_ok[] = "ok";

const char *fdt_verdict_text(enum fdt_verdict verdict)
{
	return (uint32_t)verdict < FDT_VERDICT_COUNT ? sentences[verdict] : "unknown verdict";
}

/* ---- tokens ---- */

/*@ requires bytes_in(data, length);
    assigns \nothing;
    ensures \result <= length || \result == from;
    ensures \result >= from;
    ensures \result < length ==> data[\result] == 0; */
static uint32_t string_end(const uint8_t *data, uint32_t length, uint32_t from)
{
	uint32_t end = from;

	/*@ loop invariant from <= end && (end <= length || end == from);
	    loop assigns end;
	    loop variant length - end; */
	while (end < length && data[end] != 0)
		end++;
	return end;
}

/*@ requires at <= 0x7fffffff;
    assigns \nothing;
    ensures at <= \result <= at + 3; */
static uint32_t align4(uint32_t at)
{
	return (at + 3u) / 4u * 4u;
}

/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    requires out->next <= fdt->structure_size;
    assigns *out;
    ensures \result ==> \old(out->next) < out->next <= fdt->structure_size;
    ensures \result ==> out->name < fdt->structure + fdt->structure_size;
    ensures out->kind == \old(out->kind); */
static bool begin_read(const struct fdt *fdt, struct token *out)
{
	const uint32_t end = string_end(fdt->data + fdt->structure, fdt->structure_size, out->next);

	if (end >= fdt->structure_size)
		return false;
	out->name = fdt->structure + out->next;
	out->next = align4(end + 1u);
	return out->next <= fdt->structure_size;
}

/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    requires out->next <= fdt->structure_size;
    assigns *out;
    ensures \result ==> \old(out->next) < out->next <= fdt->structure_size;
    ensures \result ==> out->value + out->size <= fdt->size;
    ensures out->kind == \old(out->kind); */
static bool property_read(const struct fdt *fdt, struct token *out)
{
	const uint8_t *const structure = fdt->data + fdt->structure;
	const uint32_t at = out->next;

	if (!load_be32(structure, fdt->structure_size, at, &out->size) ||
	    !load_be32(structure, fdt->structure_size, at + 4u, &out->name))
		return false;
	if (!bytes_fit(fdt->structure_size, at + 8u, out->size))
		return false;
	out->value = fdt->structure + at + 8u;
	out->next = align4(at + 8u + out->size);
	return out->next <= fdt->structure_size;
}

/* The token at `at`. False: there is none, or it is cut short. */
/*@ requires fdt_ok(fdt) && \valid(out) && \separated(out, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *out;
    ensures \result ==> at < out->next <= fdt->structure_size;
    ensures \result && out->kind == TOKEN_BEGIN ==> out->name < fdt->structure + fdt->structure_size;
    ensures \result && out->kind == TOKEN_PROPERTY ==> out->value + out->size <= fdt->size; */
static bool token_read(const struct fdt *fdt, uint32_t at, struct token *out)
{
	if (!load_be32(fdt->data + fdt->structure, fdt->structure_size, at, &out->kind))
		return false;
	out->next = at + 4u;
	if (out->kind == TOKEN_BEGIN)
		return begin_read(fdt, out);
	if (out->kind == TOKEN_PROPERTY)
		return property_read(fdt, out);
	return out->kind == TOKEN_END_NODE || out->kind == TOKEN_NOP || out->kind == TOKEN_END;
}

/* ---- opening ---- */

uint32_t fdt_total_size(const uint8_t *data, size_t length)
{
	uint32_t magic = 0;
	uint32_t size = 0;

	if (!load_be32(data, length, 0, &magic) || !load_be32(data, length, 4, &size))
		return 0;
	return magic == MAGIC && size <= FDT_SIZE_MAX ? size : 0;
}

/*@ requires bytes_in(data, length) && \valid(out) && \separated(out, data + (0 .. length - 1));
    assigns *out;
    ensures \result == FDT_OK ==> fdt_ok(out); */
static enum fdt_verdict header_read(const uint8_t *data, size_t length, struct fdt *out)
{
	out->data = data;
	out->size = fdt_total_size(data, length);
	if (out->size == 0)
		return length < 8 ? FDT_TRUNCATED : FDT_NOT_A_TREE;
	if (out->size > length || out->size < HEADER_SIZE)
		return FDT_TRUNCATED;
	/* Readable by a reader of version 17, and with the fields such a reader wants. */
	if (bytes_be32(data + 20) < VERSION || bytes_be32(data + 24) > VERSION)
		return FDT_OTHER_VERSION;
	out->structure = bytes_be32(data + 8);
	out->strings = bytes_be32(data + 12);
	out->reservations = bytes_be32(data + 16);
	out->strings_size = bytes_be32(data + 32);
	out->structure_size = bytes_be32(data + 36);
	if (out->structure % 4u != 0 || out->reservations > out->size ||
	    !bytes_fit(out->size, out->structure, out->structure_size) ||
	    !bytes_fit(out->size, out->strings, out->strings_size))
		return FDT_BLOCK_RANGE;
	return FDT_OK;
}

/*@ requires fdt_ok(fdt);
    assigns \nothing; */
static bool property_named(const struct fdt *fdt, uint32_t name)
{
	return string_end(fdt->data + fdt->strings, fdt->strings_size, name) < fdt->strings_size;
}

/* What one token does to the depth. FDT_OK: go on. */
/*@ requires fdt_ok(fdt) && \valid(depth) && *depth <= FDT_DEPTH_MAX;
    requires \separated(depth, fdt, fdt->data + (0 .. fdt->size - 1));
    assigns *depth;
    ensures *depth <= FDT_DEPTH_MAX; */
static enum fdt_verdict token_check(const struct fdt *fdt, struct token token, bool first, uint32_t *depth)
{
	if (token.kind == TOKEN_NOP)
		return FDT_OK;
	if (*depth == 0 && !(first && token.kind == TOKEN_BEGIN))
		return FDT_UNBALANCED;
	if (token.kind == TOKEN_BEGIN) {
		if (*depth == FDT_DEPTH_MAX)
			return FDT_TOO_DEEP;
		++*depth;
	} else if (token.kind == TOKEN_END_NODE) {
		--*depth;
	} else if (!property_named(fdt, token.name)) {
		return FDT_BAD_NAME;
	}
	return FDT_OK;
}

/*@ requires fdt_ok(fdt);
    assigns \nothing; */
static enum fdt_verdict structure_check(const struct fdt *fdt)
{
	struct token token = { 0 };
	uint32_t depth = 0;
	uint32_t at = 0;
	bool first = true; /* the root is still to come */

	/*@ loop invariant 0 <= at <= fdt->structure_size && depth <= FDT_DEPTH_MAX;
	    loop assigns at, depth, first, token;
	    loop variant fdt->structure_size - at; */
	for (;;) {
		if (!token_read(fdt, at, &token))
			return FDT_BAD_TOKEN;
		if (token.kind == TOKEN_END)
			return depth == 0 && !first ? FDT_OK : FDT_UNBALANCED;
		const enum fdt_verdict verdict = token_check(fdt, token, first, &depth);
		if (verdict != FDT_OK)
			return verdict;
		first = first && depth == 0;
		at = token.next;
	}
}

enum fdt_verdict fdt_open(const uint8_t *data, size_t length, struct fdt *out)
{
	const enum fdt_verdict verdict = header_read(data, length, out);

	return verdict == FDT_OK ? structure_check(out) : verdict;
}

bool fdt_reservation(const struct fdt *fdt, uint32_t index, uint64_t *out_base, uint64_t *out_size)
{
	const uint64_t at = fdt->reservations + (uint64_t)index * 16u;

	if (!load_be64(fdt->data, fdt->size, at, out_base) || !load_be64(fdt->data, fdt->size, at + 8u, out_size))
		return false;
	return *out_base != 0 || *out_size != 0; /* the end is marked by two zeroes */
}

/* ---- walking ---- */

struct fdt_node fdt_root(const struct fdt *fdt)
{
	struct fdt_node root = { 0, 1 };
	struct token token = { 0 };

	/*@ loop invariant root.offset <= fdt->structure_size && root.depth == 1;
	    loop assigns root.offset, token;
	    loop variant fdt->structure_size - root.offset; */
	while (token_read(fdt, root.offset, &token) && token.kind == TOKEN_NOP)
		root.offset = token.next;
	return root;
}

bool fdt_next(const struct fdt *fdt, struct fdt_node *node)
{
	struct token token = { 0 };
	uint32_t depth = node->depth;
	uint32_t at = node->offset;

	if (depth > FDT_DEPTH_MAX || !token_read(fdt, at, &token) || token.kind != TOKEN_BEGIN)
		return false;
	at = token.next;
	/*@ loop invariant node->offset < at <= fdt->structure_size && depth <= FDT_DEPTH_MAX;
	    loop assigns at, depth, token;
	    loop variant fdt->structure_size - at; */
	while (token_read(fdt, at, &token) && token.kind != TOKEN_END) {
		if (token.kind == TOKEN_BEGIN) {
			if (depth == FDT_DEPTH_MAX)
				return false;
			node->offset = at;
			node->depth = depth + 1u;
			return true;
		}
		if (token.kind == TOKEN_END_NODE) {
			if (depth == 0)
				return false;
			depth--;
		}
		at = token.next;
	}
	return false;
}

bool fdt_child(const struct fdt *fdt, struct fdt_node parent, struct fdt_node *out)
{
	struct fdt_node next = parent;

	if (!fdt_next(fdt, &next) || next.depth <= parent.depth)
		return false;
	*out = next;
	return true;
}

bool fdt_sibling(const struct fdt *fdt, struct fdt_node *node)
{
	struct fdt_node next = *node;

	/*@ loop invariant node->offset <= next.offset;
	    loop invariant next.offset == node->offset || next.offset < fdt->structure_size;
	    loop assigns next;
	    loop variant fdt->structure_size - next.offset; */
	while (fdt_next(fdt, &next)) {
		if (next.depth < node->depth)
			return false;
		if (next.depth == node->depth) {
			*node = next;
			return true;
		}
	}
	return false;
}

bool fdt_parent(const struct fdt *fdt, struct fdt_node node, struct fdt_node *out)
{
	struct fdt_node at = fdt_root(fdt);
	bool found = false;

	/*@ loop invariant found ==> out->offset < node.offset && out->depth == node.depth - 1;
	    loop assigns at, found, *out;
	    loop variant 0x100000000 - at.offset; */
	while (at.offset < node.offset) {
		if (at.depth < node.depth && node.depth - at.depth == 1u) {
			*out = at;
			found = true;
		}
		if (!fdt_next(fdt, &at))
			return false;
	}
	return found && at.offset == node.offset && at.depth == node.depth;
}

struct fdt_value fdt_name(const struct fdt *fdt, struct fdt_node node)
{
	struct token token = { 0 };

	if (!token_read(fdt, node.offset, &token) || token.kind != TOKEN_BEGIN)
		return (struct fdt_value){ fdt->data, 0 };
	const uint32_t end = string_end(fdt->data, fdt->size, token.name);
	return (struct fdt_value){ fdt->data + token.name, end - token.name };
}

/* ---- properties ---- */

/* The string at `at` is `text`; both end. */
/*@ requires bytes_in(data, length) && fdt_text_ok(text);
    assigns \nothing;
    ensures \result ==> at < length; */
static bool text_at(const uint8_t *data, uint32_t length, uint32_t at, const char *text)
{
	if (at >= length)
		return false;
	/*@ loop invariant 0 <= i <= FDT_NAME_MAX && i <= length - at;
	    loop invariant \forall integer k; 0 <= k < i ==> text[k] != 0;
	    loop assigns i;
	    loop variant FDT_NAME_MAX - i; */
	for (uint32_t i = 0; i < FDT_NAME_MAX && i < length - at; i++) {
		const char c = text[i];
		if ((char)data[at + i] != c)
			return false;
		if (c == '\0')
			return true;
	}
	return false;
}

bool fdt_property(const struct fdt *fdt, struct fdt_node node, const char *name, struct fdt_value *out)
{
	struct token token = { 0 };
	uint32_t at = node.offset;

	if (!token_read(fdt, at, &token) || token.kind != TOKEN_BEGIN)
		return false;
	at = token.next;
	/*@ loop invariant 0 <= at <= fdt->structure_size;
	    loop assigns at, token;
	    loop variant fdt->structure_size - at; */
	while (token_read(fdt, at, &token) && (token.kind == TOKEN_PROPERTY || token.kind == TOKEN_NOP)) {
		if (token.kind == TOKEN_PROPERTY &&
		    text_at(fdt->data + fdt->strings, fdt->strings_size, token.name, name)) {
			out->data = fdt->data + token.value;
			out->size = token.size;
			return true;
		}
		at = token.next;
	}
	return false;
}

bool fdt_cell(struct fdt_value value, uint32_t index, uint32_t *out)
{
	return load_be32(value.data, value.size, (size_t)index * 4u, out);
}

bool fdt_property_u32(const struct fdt *fdt, struct fdt_node node, const char *name, uint32_t *out)
{
	struct fdt_value value = { fdt->data, 0 };

	if (!fdt_property(fdt, node, name, &value) || value.size != 4u)
		return false;
	*out = bytes_be32(value.data);
	return true;
}

bool fdt_property_u64(const struct fdt *fdt, struct fdt_node node, const char *name, uint64_t *out)
{
	struct fdt_value value = { fdt->data, 0 };

	if (!fdt_property(fdt, node, name, &value) || (value.size != 4u && value.size != 8u))
		return false;
	*out = value.size == 4u ? bytes_be32(value.data) : bytes_be64(value.data);
	return true;
}

bool fdt_property_text(const struct fdt *fdt, struct fdt_node node, const char *name, char *buffer, size_t size)
{
	struct fdt_value value = { fdt->data, 0 };

	if (fdt_property(fdt, node, name, &value) && load_text(value.data, value.size, 0, buffer, size))
		return true;
	buffer[0] = '\0';
	return false;
}

bool fdt_value_has(struct fdt_value value, const char *text)
{
	uint32_t at = 0;

	/*@ loop invariant 0 <= at <= value.size;
	    loop assigns at;
	    loop variant value.size - at; */
	while (at < value.size) {
		if (text_at(value.data, value.size, at, text))
			return true;
		const uint32_t end = string_end(value.data, value.size, at);
		if (end >= value.size)
			return false;
		at = end + 1u;
	}
	return false;
}

bool fdt_compatible(const struct fdt *fdt, struct fdt_node node, const char *compatible)
{
	struct fdt_value value = { fdt->data, 0 };

	return fdt_property(fdt, node, name_compatible, &value) && fdt_value_has(value, compatible);
}

bool fdt_enabled(const struct fdt *fdt, struct fdt_node node)
{
	struct fdt_value value = { fdt->data, 0 };

	if (!fdt_property(fdt, node, name_status, &value))
		return true;
	return text_at(value.data, value.size, 0, status_okay) || text_at(value.data, value.size, 0, status_ok);
}
