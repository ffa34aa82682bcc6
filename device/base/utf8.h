/* SPDX-License-Identifier: MIT */
/* utf8 - UTF-8 (RFC 3629): decode, encode, find the start of a character, count columns. Pure,
 * and independent of the locale. */
#ifndef DEVICE_BASE_UTF8_H
#define DEVICE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX 4 /* bytes per character */

/* Length in bytes that the lead byte @lead announces, 1 to 4; 0 for a continuation byte, 0xfe and
 * 0xff. For input that arrives byte by byte; utf8_decode validates the character. */
size_t utf8_length(unsigned char lead);

/* Decodes the character at the start of @text. Returns its length in bytes, 1 to 4, or 0 with
 * @ret_point untouched if it is invalid: a stray or missing byte, an overlong form, a surrogate,
 * or a code point above U+10FFFF. Never reads past the NUL, which decodes as one byte. */
size_t utf8_decode(const char *text, uint32_t *ret_point);

/* Encodes @point, at most U+10FFFF, and adds a NUL. Returns the length in bytes without the NUL. */
size_t utf8_encode(uint32_t point, char ret[UTF8_MAX + 1]);

/* Start of the character that contains byte @at of @text. Use it to cut a text to at most @at
 * bytes or, with @at the last byte, to find the last character. */
size_t utf8_start(const char *text, size_t at);

/* Approximate width of @text in columns: each character counts as one. The grid handles wide and
 * combining characters. */
size_t utf8_width(const char *text);

/* Number of bytes in the first @columns columns of @text, by the same count. */
size_t utf8_offset(const char *text, size_t columns);

#endif
