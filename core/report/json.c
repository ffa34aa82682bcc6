/* SPDX-License-Identifier: MIT */
#include "core/report/json.h"

#include "device/base/util.h"

#include <inttypes.h>
#include <string.h>

void json_init(struct json *json, FILE *out)
{
	*json = (struct json){.out = out};
}

/* Control bytes must be escaped (RFC 8259 section 7). DEL need not be, but may reach a terminal. */
static void write_ascii(FILE *out, char c)
{
	static const char short_form[128] = {['"'] = '"',
		['\\'] = '\\',
		['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't'};
	unsigned code = (unsigned char)c;

	if (short_form[code])
		fprintf(out, "\\%c", short_form[code]);
	else if (code < 0x20 || code == 0x7f)
		fprintf(out, "\\u%04x", code);
	else
		putc(c, out);
}

static void write_string(FILE *out, const char *text)
{
	putc('"', out);
	while (*text) {
		unsigned char lead = (unsigned char)*text;
		char sequence[5] = "";
		size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

		if (lead < 0x80) {
			write_ascii(out, *text++);
			continue;
		}
		/* Skip an invalid sequence byte by byte. */
		memcpy(sequence, text, strnlen(text, length));
		str_sanitise(sequence);
		if (sequence[0] == '?') {
			sequence[1] = '\0';
			length = 1;
		}
		fputs(sequence, out);
		text += length;
	}
	putc('"', out);
}

static void begin_value(struct json *json, const char *key)
{
	if (json->comma)
		putc(',', json->out);
	json->comma = true;
	if (key) {
		write_string(json->out, key);
		putc(':', json->out);
	}
}

static void begin_nest(struct json *json, const char *key, char bracket)
{
	begin_value(json, key);
	putc(bracket, json->out);
	json->comma = false;
}

static void end_nest(struct json *json, char bracket)
{
	putc(bracket, json->out);
	json->comma = true;
}

void json_begin_object(struct json *json, const char *key)
{
	begin_nest(json, key, '{');
}

void json_end_object(struct json *json)
{
	end_nest(json, '}');
}

void json_begin_array(struct json *json, const char *key)
{
	begin_nest(json, key, '[');
}

void json_end_array(struct json *json)
{
	end_nest(json, ']');
}

void json_string(struct json *json, const char *key, const char *text)
{
	if (!text) {
		json_null(json, key);
		return;
	}
	begin_value(json, key);
	write_string(json->out, text);
}

void json_u64(struct json *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_i64(struct json *json, const char *key, int64_t value)
{
	begin_value(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void json_double(struct json *json, const char *key, double value, unsigned decimals)
{
	double size = value < 0 ? -value : value;
	uint64_t scale = 1, scaled;

	for (unsigned i = 0; i < decimals; i++)
		scale *= 10;
	/* Also false for NaN. Larger values would not have exact digits anyway. */
	if (!(size * (double)scale < 1e15)) {
		json_null(json, key);
		return;
	}
	/* By hand, since printf uses the decimal point of the locale. */
	scaled = (uint64_t)(size * (double)scale + 0.5);
	begin_value(json, key);
	fprintf(json->out, "%s%" PRIu64, value < 0 && scaled > 0 ? "-" : "", scaled / scale);
	if (decimals > 0)
		fprintf(json->out, ".%0*" PRIu64, (int)decimals, scaled % scale);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
	begin_value(json, key);
	fputs("null", json->out);
}

void json_end_line(struct json *json)
{
	putc('\n', json->out);
	fflush(json->out);
	json->comma = false;
}
