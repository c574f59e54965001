/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Protocols: structs written as C, and one row per method from which the rest
 * derives. A protocol header (proto/NAME.h) has for each method M a struct
 * M_req and a struct M_rep, and a list
 *
 *   #define NAME_METHODS(M) M(1, name_verb, NAME_VERB, FIXED, REPEAT) ...
 *
 * Number, spelling, enumerator, shape, and what a client does when the server
 * ends over its request. Numbers are never reused. The shape says
 * who ends in a blob of bytes, the last member, always called `data`: IN (the
 * request), OUT (the reply), BOTH, or FIXED (neither). Capabilities travel in
 * the message's own slots; a comment at the method says which. The status of a
 * reply is the label of its message; on any status but OK there is no payload.
 *
 * REPEAT: the request may be carried out twice without harm. When the server
 * ended before it answered and somebody takes its place (RESTARTED), the client
 * function asks the successor the same, until the deadline and at most
 * IFACE_REPEATS_MAX times, so that a request that ends every server it meets
 * does not go on for ever. Capabilities of such a request are copied, never
 * moved. ONCE: the caller gets RESTARTED and decides.
 *
 * No code here: a server or client expands what it needs.
 */
#pragma once
#include <abi/message.h>
#include <abi/status.h>

#define IFACE_REPEATS_MAX 4u

/* ---- sizes of a method by its shape ---- */
#define IFACE_BLOB(type) __builtin_offsetof(type, data)
#define IFACE_REQUEST_MIN_FIXED(name) sizeof(struct name##_req)
#define IFACE_REQUEST_MIN_IN(name) IFACE_BLOB(struct name##_req)
#define IFACE_REQUEST_MIN_OUT(name) sizeof(struct name##_req)
#define IFACE_REQUEST_MIN_BOTH(name) IFACE_BLOB(struct name##_req)
#define IFACE_REPLY_MIN_FIXED(name) sizeof(struct name##_rep)
#define IFACE_REPLY_MIN_IN(name) sizeof(struct name##_rep)
#define IFACE_REPLY_MIN_OUT(name) IFACE_BLOB(struct name##_rep)
#define IFACE_REPLY_MIN_BOTH(name) IFACE_BLOB(struct name##_rep)

/* ---- the method numbers: enum NAME_methods { ... } ---- */
#define IFACE_ENUM_ROW(id, name, NAME, shape, again) NAME = (id),
#define IFACE_ENUM(protocol, METHODS) enum protocol##_methods { METHODS(IFACE_ENUM_ROW) }

/* Nothing is larger than a message, and both sides agree on every byte. */
#define IFACE_FIT_ROW(id, name, NAME, shape, again)                                                       \
	_Static_assert(sizeof(struct name##_req) <= MESSAGE_PAYLOAD_MAX, "request of " #name);     \
	_Static_assert(sizeof(struct name##_rep) <= MESSAGE_PAYLOAD_MAX, "reply of " #name);
#define IFACE_FIT(METHODS) METHODS(IFACE_FIT_ROW)

/*
 * ---- server: IFACE_SERVER(name, NAME_METHODS) declares one M_serve() per method and defines
 * name_dispatch(), the `call` of a struct service (os/service.h). A request of another size than the
 * method's, or of no method, never reaches a handler. A handler of a shape with an OUT blob adds the
 * blob's bytes to call->reply_bytes.
 */
#define IFACE_SERVE_ROW(id, name, NAME, shape, again)                                                     \
	status_t name##_serve(struct service_call *call, const struct name##_req *request,         \
	                      struct name##_rep *reply);
/* For a server whose handlers are in more than one file: only their declarations. */
#define IFACE_HANDLERS(METHODS) METHODS(IFACE_SERVE_ROW)
#define IFACE_DISPATCH_ROW(id, name, NAME, shape, again)                                                  \
	case NAME:                                                                                 \
		if (call->request_bytes < IFACE_REQUEST_MIN_##shape(name) ||                       \
		    call->request_bytes > sizeof(struct name##_req))                               \
			return STATUS_INVALID;                                                     \
		call->reply_bytes = (uint32_t)IFACE_REPLY_MIN_##shape(name);                       \
		return name##_serve(call, request, reply);
#define IFACE_SERVER(protocol, METHODS)                                                            \
	METHODS(IFACE_SERVE_ROW)                                                                   \
	static status_t protocol##_dispatch(struct service_call *call, const void *request,        \
	                                    void *reply)                                           \
	{                                                                                          \
		switch (call->method) {                                                            \
			METHODS(IFACE_DISPATCH_ROW)                                                \
		default: return STATUS_UNSUPPORTED;                                                \
		}                                                                                  \
	}

/*
 * ---- client: IFACE_CLIENT(NAME_METHODS) defines one function M() per method:
 *   FIXED  M(server, deadline, &request, &reply)
 *   IN     M(server, deadline, &request, data_bytes, &reply)
 *   OUT    M(server, deadline, &request, &reply, &data_bytes)
 *   BOTH   M(server, deadline, &request, data_bytes, &reply, &data_bytes)
 * The status is the server's, or that of the call itself (GONE, RESTARTED, TIMED_OUT, ...).
 */
#define IFACE_REQUEST_ONCE ipc_request
#define IFACE_REQUEST_REPEAT ipc_request_repeat
#define IFACE_STUB_FIXED(name, NAME, ask)                                                               \
	CC_NODISCARD static inline status_t name(handle_t server, deadline_t deadline,             \
	                                         const struct name##_req *request,                 \
	                                         struct name##_rep *out_reply)                     \
	{                                                                                          \
		return ask(server, deadline, NAME, request, sizeof(*request), out_reply,   \
		                   sizeof(*out_reply), sizeof(*out_reply), NULL);                  \
	}
#define IFACE_STUB_IN(name, NAME, ask)                                                                  \
	CC_NODISCARD static inline status_t name(handle_t server, deadline_t deadline,             \
	                                         const struct name##_req *request,                 \
	                                         size_t data_bytes, struct name##_rep *out_reply)  \
	{                                                                                          \
		return ask(server, deadline, NAME, request,                                \
		                   IFACE_BLOB(struct name##_req) + data_bytes, out_reply,          \
		                   sizeof(*out_reply), sizeof(*out_reply), NULL);                  \
	}
#define IFACE_STUB_OUT(name, NAME, ask)                                                                 \
	CC_NODISCARD static inline status_t name(                                                  \
	        handle_t server, deadline_t deadline, const struct name##_req *request,            \
	        struct name##_rep *out_reply, size_t *out_data_bytes)                              \
	{                                                                                          \
		return ask(server, deadline, NAME, request, sizeof(*request), out_reply,   \
		                   IFACE_BLOB(struct name##_rep), sizeof(*out_reply),              \
		                   out_data_bytes);                                                \
	}
#define IFACE_STUB_BOTH(name, NAME, ask)                                                                \
	CC_NODISCARD static inline status_t name(                                                  \
	        handle_t server, deadline_t deadline, const struct name##_req *request,            \
	        size_t data_bytes, struct name##_rep *out_reply, size_t *out_data_bytes)           \
	{                                                                                          \
		return ask(server, deadline, NAME, request,                                \
		                   IFACE_BLOB(struct name##_req) + data_bytes, out_reply,          \
		                   IFACE_BLOB(struct name##_rep), sizeof(*out_reply),              \
		                   out_data_bytes);                                                \
	}
#define IFACE_CLIENT_ROW(id, name, NAME, shape, again) IFACE_STUB_##shape(name, NAME, IFACE_REQUEST_##again)
#define IFACE_CLIENT(METHODS) METHODS(IFACE_CLIENT_ROW)

/* ---- names: IFACE_NAMES(name, NAME_METHODS) defines the table name_methods_table[] ---- */
struct iface_method {
	uint32_t id;
	uint32_t request_max; /* bytes */
	uint32_t reply_max;
	uint32_t repeat; /* 1: REPEAT */
	const char *name;
};
#define IFACE_AGAIN_ONCE 0u
#define IFACE_AGAIN_REPEAT 1u
#define IFACE_NAMES_ROW(id, name, NAME, shape, again)                                                     \
	{ NAME, (uint32_t)sizeof(struct name##_req), (uint32_t)sizeof(struct name##_rep),           \
	  IFACE_AGAIN_##again, #name },
#define IFACE_NAMES(protocol, METHODS)                                                             \
	static const struct iface_method protocol##_methods_table[] = { METHODS(IFACE_NAMES_ROW) }
