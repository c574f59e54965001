/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What we call of the ring package's curve25519.c, which has no header for it:
 * points of edwards25519 and scalars modulo its order L, both as 32 bytes,
 * little-endian. A wrong declaration would not be noticed by the compiler; the
 * vectors would notice.
 */
#pragma once
#include <ring/crypto/curve25519/internal.h>

/* Constant time. */
/*@ requires \valid(s + (0 .. 63));
    assigns s[0 .. 63]; */
void GFp_x25519_sc_reduce(uint8_t s[64]);                          /* first 32 bytes: s mod L */
/*@ requires \valid(s + (0 .. 31)) && \valid_read(a + (0 .. 31)) && \valid_read(b + (0 .. 31)) && \valid_read(c + (0 .. 31));
    assigns s[0 .. 31]; */
void GFp_x25519_sc_muladd(uint8_t *s, const uint8_t *a, const uint8_t *b, const uint8_t *c); /* ab + c mod L */
/*@ requires \valid(a + (0 .. 31));
    assigns a[0 .. 31]; */
void GFp_x25519_sc_mask(uint8_t a[32]);                            /* the bits RFC 8032 fixes in a key's scalar */
/*@ requires \valid(h) && \valid_read(a + (0 .. 31));
    assigns *h; */
void GFp_x25519_ge_scalarmult_base(ge_p3 *h, const uint8_t *a);    /* aB; a < 2^255 */
/*@ requires \valid(out) && \valid_read(z);
    assigns *out; */
void GFp_x25519_fe_invert(fe *out, const fe *z);
/*@ requires \valid(h) && \valid_read(f) && \valid_read(g);
    assigns *h; */
void GFp_x25519_fe_mul_ttt(fe *h, const fe *f, const fe *g);
/*@ requires \valid(f);
    assigns *f; */
void GFp_x25519_fe_neg(fe *f);
/*@ requires \valid(s + (0 .. 31)) && \valid_read(h);
    assigns s[0 .. 31]; */
void GFp_x25519_fe_tobytes(uint8_t s[32], const fe *h);            /* the one encoding below 2^255 - 19 */
/*@ requires \valid_read(f);
    assigns \nothing;
    ensures \result <= 1; */
uint8_t GFp_x25519_fe_isnegative(const fe *f);                     /* its lowest bit */

/* Time depends on the arguments: public ones only. */
/*@ requires \valid(h) && \valid_read(s + (0 .. 31));
    assigns *h; */
int GFp_x25519_ge_frombytes_vartime(ge_p3 *h, const uint8_t s[32]); /* 0: not on the curve; Z is 1 */
/*@ requires \valid(r) && \valid_read(a + (0 .. 31)) && \valid_read(A) && \valid_read(b + (0 .. 31));
    assigns *r; */
void GFp_x25519_ge_double_scalarmult_vartime(ge_p2 *r, const uint8_t *a, const ge_p3 *A, const uint8_t *b); /* aA + bB */
