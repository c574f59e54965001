/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A service that dies with requests outstanding, and its supervisor (user/services/
 * init/service.c: service_launch, service_ended, failed, leave; endpoint.c:
 * endpoint_close; kernel/process_reap.c, endpoint.c: endpoint_process_gone,
 * endpoint_cap_died, senders_gone; endpoint_call.c; user/lib/os/ipc.c:
 * ipc_request_repeat). Names are the code's.
 *
 * Shown, in every interleaving of two clients and any deaths: every client gets an
 * answer. It is OK only if a server carried the request out, GONE only if the service
 * was given up, RESTARTED only if each of its tries met a server that died. So with
 * fewer deaths than IFACE_REPEATS_MAX and the restart limit, no request is lost.
 *
 * What happens under the endpoint's lock is one step. The policy here: restarted at
 * once, until LIMIT failures in a row; a request may be carried out more than once,
 * which is what REPEAT in a protocol says it can bear.
 *
 * mutants: NO_REPEAT CALLERS_FORGOTTEN GONE_UNCHECKED NEW_ENDPOINT SENDERS_FORGOTTEN SCANNED_EARLY
 */
#define CLIENTS     2
#define REPEATS_MAX 2 /* IFACE_REPEATS_MAX is 4 */
#define LIMIT       4 /* failures until init gives it up */

#define READY    0
#define SENDING  1
#define REPLYING 2

#define OK        1
#define RESTARTED 2
#define GONE      3

byte wait[CLIENTS];       /* the clients' wait words */
byte answer[CLIENTS];     /* result register 0 */
bit carried[CLIENTS];     /* the request was carried out by some server */
bit queued[CLIENTS];      /* in the endpoint's list of senders */
byte receivers = 1;       /* capabilities with the right to receive: init's; the server's too */
bit receiving;            /* the server is in the endpoint's list of receivers */
byte holds = CLIENTS;     /* whom the server has a reply handle of; CLIENTS: of nobody */
bit running;              /* the service's process lives */
bit ended;                /* the bit of init's notification */
bit given_up;
byte deaths;

#define wake(i, status) wait[i] = READY; answer[i] = status

/* endpoint_call: the server waits, or nobody receives yet, or nobody ever will. */
inline endpoint_call(i) {
	atomic {
#ifndef GONE_UNCHECKED
		if
		:: receivers == 0 -> answer[i] = GONE
		:: else ->
#endif
			if
			:: receiving -> receiving = 0; holds = i; wait[i] = REPLYING
			:: else -> queued[i] = 1; wait[i] = SENDING
			fi
#ifndef GONE_UNCHECKED
		fi
#endif
	}
}

active [CLIENTS] proctype client() {
	byte tries;
	do
	:: tries > REPEATS_MAX -> break
	:: else -> /* ipc_request_repeat */
		tries++;
		answer[_pid] = 0;
		endpoint_call(_pid);
		atomic { wait[_pid] == READY && answer[_pid] != 0 ->
			if
#ifdef NO_REPEAT
			:: true -> break
#else
			:: answer[_pid] != RESTARTED -> break
			:: else
#endif
			fi
		}
	od;
	assert(answer[_pid] != OK || carried[_pid]);
	assert(answer[_pid] != GONE || given_up);
	assert(answer[_pid] != RESTARTED || deaths > REPEATS_MAX)
}

/* process_reap_step, after its threads were stopped: capabilities, then who waits for a reply. */
inline reap() {
#ifndef SCANNED_EARLY
	atomic { receivers--; if :: receivers == 0 -> senders_gone() :: else fi } /* cap_window_clear_some */
#endif
#ifndef CALLERS_FORGOTTEN
	atomic { /* endpoint_process_gone */
		if
		:: holds < CLIENTS && receivers != 0 -> wake(holds, RESTARTED)
		:: holds < CLIENTS && receivers == 0 -> wake(holds, GONE)
		:: else
		fi;
		holds = CLIENTS
	}
#endif
#ifdef SCANNED_EARLY
	receivers--
#endif
}

/* [e] held. */
inline senders_gone() {
#ifndef SENDERS_FORGOTTEN
	if :: queued[0] -> queued[0] = 0; wake(0, GONE) :: else fi;
	if :: queued[1] -> queued[1] = 0; wake(1, GONE) :: else fi
#else
	skip
#endif
}

/* One process after the other. It may die wherever it stands. */
active proctype server() {
	byte i;
end_off:
	do
	:: running ->
		do
		:: atomic { holds == CLIENTS && !receiving ->
			if /* recv */
			:: queued[0] -> queued[0] = 0; holds = 0; wait[0] = REPLYING
			:: queued[1] -> queued[1] = 0; holds = 1; wait[1] = REPLYING
			:: !queued[0] && !queued[1] -> receiving = 1
			fi }
		:: holds < CLIENTS -> carried[holds] = 1; goto replies
		:: deaths < LIMIT -> break /* killed, or it broke */
		:: receiving && holds == CLIENTS && receivers == 0 -> break
end_wait:	od;
		goto dies;
replies:	if
		:: atomic { i = holds; holds = CLIENTS; wake(i, OK); i = 0 }
		:: deaths < LIMIT -> goto dies
		fi;
		goto end_off;
dies:		deaths++;
#ifdef SCANNED_EARLY
		reap();
		receiving = 0;
#else
		receiving = 0; /* stop_threads: it is in no queue from here on */
		reap();
#endif
		atomic { running = 0; ended = 1 }
	od
}

/* init */
active proctype supervisor() {
	byte failures;
	atomic { running = 1; receivers++ } /* service_launch */
end_look:
	do
	:: ended -> /* service_ended */
		ended = 0;
		failures++;
		if
		:: failures >= LIMIT ->
			given_up = 1; /* leave, endpoint_close: init's own capability goes */
			atomic { receivers--; if :: receivers == 0 -> senders_gone() :: else fi };
			break
		:: else ->
#ifdef NEW_ENDPOINT
			atomic { queued[0] = 0; queued[1] = 0; receivers++; running = 1 }
#else
			atomic { receivers++; running = 1 }
#endif
		fi
	od
}
