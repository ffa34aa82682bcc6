/* SPDX-License-Identifier: MIT */
#include "core/format/pax.h"

#include "device/base/util.h"

#include <errno.h>
#include <string.h>

/* The number of digits that @from begins with, and their value; 0 if it is too large. */
static size_t leading_number(struct bytes from, int64_t *ret)
{
	int64_t value = 0;
	size_t i = 0;

	for (; i < from.size && from.at[i] >= '0' && from.at[i] <= '9'; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, from.at[i] - '0', &value))
			return 0;
	*ret = value;
	return i;
}

bool pax_take_number(struct bytes *rest, char end, int64_t *ret)
{
	int64_t value;
	size_t digits = leading_number(*rest, &value);

	if (digits == 0 || digits == rest->size || rest->at[digits] != end)
		return false;
	rest->at += digits + 1;
	rest->size -= digits + 1;
	*ret = value;
	return true;
}

#define RECORD_MIN 6 /* Toybox fails on a shorter one */

int pax_next(struct bytes *rest, struct pax_record *ret)
{
	struct bytes record = *rest;
	const char *equals;
	int64_t length;

	if (rest->size == 0)
		return 0;
	if (!pax_take_number(&record, ' ', &length) || (uint64_t)length > rest->size ||
		length < RECORD_MIN || rest->at[length - 1] != '\n')
		return -EBADMSG;
	record.size = (size_t)(rest->at + length - 1 - record.at);
	equals = memchr(record.at, '=', record.size);
	if (!equals || equals == record.at || memchr(record.at, '\0', (size_t)(equals - record.at)))
		return -EBADMSG;
	ret->key = (struct bytes){record.at, (size_t)(equals - record.at)};
	ret->value = (struct bytes){equals + 1, record.size - ret->key.size - 1};
	rest->at += length;
	rest->size -= (size_t)length;
	return 1;
}

bool pax_below(struct bytes key, const char *prefix, struct bytes *ret_name)
{
	size_t length = strlen(prefix);

	if (key.size < length || memcmp(key.at, prefix, length) != 0)
		return false;
	*ret_name = (struct bytes){key.at + length, key.size - length};
	return true;
}

bool pax_equal(struct bytes bytes, const char *text)
{
	return bytes.size == strlen(text) && memcmp(bytes.at, text, bytes.size) == 0;
}

bool pax_number(struct bytes value, int64_t *ret)
{
	int64_t number;

	if (value.size == 0 || leading_number(value, &number) != value.size)
		return false;
	*ret = number;
	return true;
}

bool pax_time(struct bytes value, int64_t *ret_s, uint32_t *ret_ns)
{
	bool negative = value.size > 0 && value.at[0] == '-', below_ns = false;
	struct bytes whole = {value.at + negative, value.size - negative};
	const char *point = memchr(whole.at, '.', whole.size);
	uint32_t ns = 0, unit = 100000000;
	int64_t s;

	if (point) {
		for (const char *c = point + 1; c < whole.at + whole.size; c++, unit /= 10) {
			if (*c < '0' || *c > '9')
				return false;
			ns += (uint32_t)(*c - '0') * unit;
			below_ns |= unit == 0 && *c != '0';
		}
		whole.size = (size_t)(point - whole.at);
	}
	if (!pax_number(whole, &s))
		return false;
	if (negative) {
		ns += below_ns;
		s = -s - (ns > 0);
		ns = ns > 0 ? 1000000000 - ns : 0;
	}
	*ret_s = s;
	*ret_ns = ns;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the percent sign at @i encodes, or -1. */
static int percent(struct bytes from, size_t i)
{
	int high, low;

	if (from.at[i] != '%' || from.size - i < 3)
		return -1;
	high = hex_digit(from.at[i + 1]);
	low = hex_digit(from.at[i + 2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

size_t pax_decode_percent(struct bytes from, char *to)
{
	size_t used = 0;

	for (size_t i = 0; i < from.size; i++) {
		int byte = percent(from, i);

		to[used++] = byte < 0 ? from.at[i] : (char)byte;
		i += byte < 0 ? 0 : 2;
	}
	return used;
}

size_t pax_decode_gnu(struct bytes from, char *to)
{
	size_t used = 0;

	for (size_t i = 0; i < from.size; i++) {
		struct bytes rest = {from.at + i, from.size - i}, after;
		bool equals = pax_below(rest, "%3D", &after);

		if (equals || pax_below(rest, "%25", &after)) {
			to[used++] = equals ? '=' : '%';
			i += 2;
		} else {
			to[used++] = from.at[i];
		}
	}
	return used;
}

ssize_t pax_decode_base64(struct bytes from, char *to)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, count = 0;
	size_t used = 0;

	while (from.size > 0 && from.at[from.size - 1] == '=')
		from.size--;
	for (size_t i = 0; i < from.size; i++) {
		const char *digit = from.at[i] ? strchr(digits, from.at[i]) : NULL;

		if (!digit)
			return -EBADMSG;
		bits = bits << 6 | (unsigned)(digit - digits);
		count += 6;
		if (count >= 8) {
			count -= 8;
			to[used++] = (char)(bits >> count);
			bits &= (1u << count) - 1;
		}
	}
	return (ssize_t)used;
}
