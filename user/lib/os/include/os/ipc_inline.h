/* SPDX-License-Identifier: MPL-2.0 */
/* The message calls of os/ipc.h: which register holds what is in abi/syscall.def. */
#pragma once

CC_INLINE void ipc_words_put(uint64_t registers[SYS_REGISTERS], const struct message *message)
{
	registers[1] = message->tag;
	registers[2] = message->words[0];
	registers[3] = message->words[1];
	registers[4] = message->words[2];
	registers[5] = message->words[3];
}

CC_INLINE void ipc_words_get(const uint64_t registers[SYS_REGISTERS], struct message *message)
{
	message->tag = registers[1];
	message->words[0] = registers[2];
	message->words[1] = registers[3];
	message->words[2] = registers[4];
	message->words[3] = registers[5];
}

CC_INLINE void ipc_received(const uint64_t registers[SYS_REGISTERS], struct message *message)
{
	ipc_words_get(registers, message);
	message->badge = registers[6];
	message->reply = registers[7];
}

CC_INLINE status_t ipc_call(handle_t endpoint, struct message *message, deadline_t deadline)
{
	uint64_t registers[SYS_REGISTERS];

	registers[0] = endpoint;
	ipc_words_put(registers, message);
	registers[6] = deadline;
	status_t status = sys_call(registers);
	if (CC_LIKELY(status == STATUS_OK))
		ipc_words_get(registers, message);
	return status;
}

CC_INLINE status_t ipc_send(handle_t endpoint, const struct message *message)
{
	uint64_t registers[SYS_REGISTERS];

	registers[0] = endpoint;
	ipc_words_put(registers, message);
	return sys_send(registers);
}

CC_INLINE status_t ipc_receive(handle_t endpoint, struct message *out_message, deadline_t deadline)
{
	uint64_t registers[SYS_REGISTERS];

	registers[0] = endpoint;
	registers[1] = deadline;
	status_t status = sys_recv(registers);
	if (CC_LIKELY(status == STATUS_OK))
		ipc_received(registers, out_message);
	return status;
}

CC_INLINE status_t ipc_reply(const struct message *message)
{
	uint64_t registers[SYS_REGISTERS];

	registers[0] = message->reply;
	ipc_words_put(registers, message);
	return sys_reply(registers);
}

CC_INLINE status_t ipc_reply_receive(handle_t endpoint, struct message *message, deadline_t deadline)
{
	uint64_t registers[SYS_REGISTERS];

	registers[0] = endpoint;
	ipc_words_put(registers, message);
	registers[6] = deadline;
	registers[7] = message->reply;
	status_t status = sys_reply_recv(registers);
	if (CC_LIKELY(status == STATUS_OK))
		ipc_received(registers, message);
	return status;
}
