/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rules only narrow, per principal; nothing but forgetting widens them; roles have bounds of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../rules.h"
#include <abi/module.h>
#include <abi/syscall.h>

#define CALL(name) (1ull << SYSCALL_##name)
#define EVERYDAY   (CALL(process_exit) | CALL(call) | CALL(clock_now))

static struct rules rules;

static struct aid aid(uint8_t number)
{
	return (struct aid){.bytes = {AID_ALGORITHM_ED25519, AID_HASH_BLAKE3, number}};
}

static int setup(void **context)
{
	(void)context;
	memset(&rules, 0, sizeof(rules));
	return 0;
}

static uint64_t admit(uint8_t number, uint64_t wanted)
{
	uint64_t allowed = 0;
	struct aid principal = aid(number);

	return rules_admit(&rules, &principal, MODULE_PROGRAM, wanted, &allowed) == STATUS_OK ? allowed : 0;
}

static void narrow(uint8_t number, uint64_t mask, status_t expected)
{
	struct aid principal = aid(number);

	assert_int_equal(rules_narrow(&rules, &principal, mask), expected);
}

static void test_narrow(void **context)
{
	(void)context;
	assert_int_equal(admit(1, EVERYDAY), EVERYDAY);
	narrow(1, ~CALL(clock_now), STATUS_OK);
	assert_int_equal(admit(1, EVERYDAY), EVERYDAY & ~CALL(clock_now));
	/* A second rule does not give back what the first took. */
	narrow(1, ~CALL(call), STATUS_OK);
	narrow(1, UINT64_MAX, STATUS_OK);
	assert_int_equal(admit(1, EVERYDAY), CALL(process_exit));
	/* Nobody else is touched, and nobody gets what was not asked for. */
	assert_int_equal(admit(2, EVERYDAY), EVERYDAY);
	assert_int_equal(admit(2, CALL(process_exit)), CALL(process_exit));
}

static void test_refused(void **context)
{
	struct aid nobody = {.bytes = {0}}, principal = aid(3);
	uint64_t next;

	(void)context;
	assert_int_equal(admit(3, CALL(call)), 0);
	narrow(3, ~CALL(process_exit), STATUS_OK);
	assert_int_equal(admit(3, EVERYDAY), 0);
	assert_int_equal(rules_find(&rules, &principal)->refused, 1);
	assert_int_equal(rules_narrow(&rules, &nobody, 0), STATUS_INVALID);
	assert_null(rules_find(&rules, &nobody));
	assert_non_null(rules_from(&rules, 0, &next));
	assert_null(rules_from(&rules, next, &next));
	assert_null(rules_from(&rules, UINT64_MAX, &next));
}

static void test_roles(void **context)
{
	struct aid principal = aid(4);
	uint64_t allowed;

	(void)context;
	assert_int_equal(rules_admit(&rules, &principal, MODULE_DRIVER, EVERYDAY | CALL(irq_ack), &allowed), STATUS_OK);
	assert_int_equal(rules_admit(&rules, &principal, MODULE_DRIVER, EVERYDAY | CALL(region_create), &allowed),
	                 STATUS_POLICY);
	assert_int_equal(rules_admit(&rules, &principal, MODULE_DRIVER, EVERYDAY | CALL(process_create), &allowed),
	                 STATUS_POLICY);
	assert_int_equal(rules_admit(&rules, &principal, MODULE_SERVICE, EVERYDAY | CALL(system_info), &allowed),
	                 STATUS_OK);
	assert_int_equal(rules_admit(&rules, &principal, MODULE_SERVICE, EVERYDAY | CALL(region_create), &allowed),
	                 STATUS_OK);
	assert_int_equal(rules_admit(&rules, &principal, MODULE_SERVICE, EVERYDAY | CALL(irq_bind), &allowed),
	                 STATUS_POLICY);
	assert_int_equal(rules_admit(&rules, &principal, MODULE_SERVICE, EVERYDAY | CALL(process_create), &allowed),
	                 STATUS_POLICY);
	assert_int_equal(rules_admit(&rules, &principal, MODULE_INIT, EVERYDAY, &allowed), STATUS_POLICY);
	assert_int_equal(rules_admit(&rules, &principal, 99, EVERYDAY, &allowed), STATUS_POLICY);
}

static void test_full(void **context)
{
	struct aid principal = aid(1);

	(void)context;
	for (uint32_t i = 0; i < POLICY_RULES_MAX; i++)
		narrow((uint8_t)(i + 1u), ~CALL(call), STATUS_OK);
	narrow(200, 0, STATUS_TABLE_FULL);
	assert_int_equal(admit(200, EVERYDAY), EVERYDAY);
	narrow(7, 0, STATUS_OK);
	assert_int_equal(rules_forget(&rules, &principal), STATUS_OK);
	assert_int_equal(rules_forget(&rules, &principal), STATUS_NOT_FOUND);
	assert_int_equal(admit(1, EVERYDAY), EVERYDAY);
	narrow(200, 0, STATUS_OK);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_narrow, setup),
	cmocka_unit_test_setup(test_refused, setup),
	cmocka_unit_test_setup(test_roles, setup),
	cmocka_unit_test_setup(test_full, setup),
};

int main(void)
{
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("%d passed, %d failed\n", (int)(sizeof(tests) / sizeof(tests[0])) - failed, failed);
	return failed != 0;
}
