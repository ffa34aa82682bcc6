/* SPDX-License-Identifier: MIT */
/*
 * utf8 - the encoding of text (RFC 3629): decode, encode, find where a character begins, count
 * columns. Pure, and independent of the locale.
 */
#ifndef DEVICE_BASE_UTF8_H
#define DEVICE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX 4 /* bytes of one character */

/* Bytes of the character that the bits of @lead announce, 1 to 4; 0 for a continuation byte, 0xfe and
 * 0xff. For a reader that gets byte by byte: utf8_decode judges the whole. */
size_t utf8_length(unsigned char lead);

/* Decodes the character at the start of @text. Returns its bytes, 1 to 4; 0, with @ret_point untouched,
 * where none begins there: a stray or missing byte, an overlong form, a surrogate, or a code point above
 * U+10FFFF. Never reads past the NUL, which decodes as one byte. */
size_t utf8_decode(const char *text, uint32_t *ret_point);

/* Encodes @point, at most U+10FFFF, with a NUL behind it. Returns its bytes without the NUL. */
size_t utf8_encode(uint32_t point, char ret[UTF8_MAX + 1]);

/* Start of the character that holds byte @at of @text: where to cut so that at most @at bytes stay, or,
 * with @at the last byte, where the last character begins. */
size_t utf8_start(const char *text, size_t at);

/* Columns of @text on a terminal, near enough: each character counts as one. (The grid knows wide and
 * combining ones.) */
size_t utf8_width(const char *text);

/* Bytes of @text that its first @columns columns take, by the same count. */
size_t utf8_offset(const char *text, size_t columns);

#endif
