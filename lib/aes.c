/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * AES-256: aes_nohw.c is included whole, for what is needed of it are its parts:
 * it expands the key again with every call and has no decryption.
 *
 * Decryption undoes the steps one by one. The S-box is inversion in GF(2^8), then
 * an affine map A; so its inverse is A undone, the S-box, A undone. The matrix of
 * MixColumns is a polynomial c(x) with c^-1 = c (4 x^2 + 5), which is one cheap
 * step before MixColumns itself.
 */
#include <lib/aes.h>
#include <lib/hash.h>
#include <ring/crypto/fipsmodule/aes/aes_nohw.c>

#define ROUNDS 14u
#define BATCH AES_NOHW_BATCH_SIZE

_Static_assert(sizeof(AES_NOHW_SCHEDULE) == sizeof(struct aes), "the schedule is the library's");

void aes_begin(struct aes *aes, const uint8_t key[AES_KEY_SIZE])
{
	AES_KEY expanded;

	aes_nohw_setup_key_256(&expanded, key);
	aes_nohw_expand_round_keys((AES_NOHW_SCHEDULE *)aes->schedule, &expanded);
	secret_wipe(&expanded, sizeof expanded);
}

/* w[i] holds bit i of every byte: the inverse of A is y_i = x_(i+2) + x_(i+5) + x_(i+7), plus 5. */
static void affine_undo(AES_NOHW_BATCH *batch)
{
	const AES_NOHW_BATCH x = *batch;

	for (size_t i = 0; i < 8; i++)
		batch->w[i] = x.w[(i + 2) % 8] ^ x.w[(i + 5) % 8] ^ x.w[(i + 7) % 8];
	batch->w[0] = ~batch->w[0];
	batch->w[2] = ~batch->w[2];
}

static void sub_bytes_undo(AES_NOHW_BATCH *batch)
{
	affine_undo(batch);
	aes_nohw_sub_bytes(batch);
	affine_undo(batch);
}

static void shift_rows_undo(AES_NOHW_BATCH *batch)
{
	for (size_t i = 0; i < 8; i++) {
		const aes_word_t w = batch->w[i];

		batch->w[i] = (w & AES_NOHW_ROW0_MASK) | aes_nohw_rotate_cols_right(w & AES_NOHW_ROW1_MASK, 3) |
		              aes_nohw_rotate_cols_right(w & AES_NOHW_ROW2_MASK, 2) |
		              aes_nohw_rotate_cols_right(w & AES_NOHW_ROW3_MASK, 1);
	}
}

/* a + 4 (a + a two rows on), and 4 u has the bits of u two up, those that fall out reduced by x^8 = x^4 + x^3 + x + 1. */
static void mix_columns_undo(AES_NOHW_BATCH *batch)
{
	aes_word_t u[8];

	for (size_t i = 0; i < 8; i++)
		u[i] = batch->w[i] ^ aes_nohw_rotate_rows_twice(batch->w[i]);
	for (size_t i = 0; i < 6; i++)
		batch->w[i + 2] ^= u[i];
	batch->w[0] ^= u[6];
	batch->w[1] ^= u[6] ^ u[7];
	batch->w[2] ^= u[7];
	batch->w[3] ^= u[6];
	batch->w[4] ^= u[6] ^ u[7];
	batch->w[5] ^= u[7];
	aes_nohw_mix_columns(batch);
}

static void decrypt_batch(const AES_NOHW_SCHEDULE *schedule, AES_NOHW_BATCH *batch)
{
	aes_nohw_add_round_key(batch, &schedule->keys[ROUNDS]);
	for (size_t round = ROUNDS - 1; round > 0; round--) {
		shift_rows_undo(batch);
		sub_bytes_undo(batch);
		aes_nohw_add_round_key(batch, &schedule->keys[round]);
		mix_columns_undo(batch);
	}
	shift_rows_undo(batch);
	sub_bytes_undo(batch);
	aes_nohw_add_round_key(batch, &schedule->keys[0]);
}

void aes_encrypt(const struct aes *aes, const uint8_t *in, uint8_t *out, size_t count)
{
	AES_NOHW_BATCH batch;

	for (size_t done = 0; done < count; done += BATCH) {
		const size_t blocks = count - done < BATCH ? count - done : BATCH;

		aes_nohw_to_batch(&batch, in + AES_BLOCK_SIZE * done, blocks);
		aes_nohw_encrypt_batch((const AES_NOHW_SCHEDULE *)aes->schedule, ROUNDS, &batch);
		aes_nohw_from_batch(out + AES_BLOCK_SIZE * done, blocks, &batch);
	}
}

void aes_decrypt(const struct aes *aes, const uint8_t *in, uint8_t *out, size_t count)
{
	AES_NOHW_BATCH batch;

	for (size_t done = 0; done < count; done += BATCH) {
		const size_t blocks = count - done < BATCH ? count - done : BATCH;

		aes_nohw_to_batch(&batch, in + AES_BLOCK_SIZE * done, blocks);
		decrypt_batch((const AES_NOHW_SCHEDULE *)aes->schedule, &batch);
		aes_nohw_from_batch(out + AES_BLOCK_SIZE * done, blocks, &batch);
	}
}
