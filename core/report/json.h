/* SPDX-License-Identifier: MIT */
/*
 * json - a streaming JSON writer to a FILE. It writes commas and quotes; the caller opens and
 * closes objects and arrays, and passes a key inside an object, NULL inside an array or at the top
 * level. Only json_end_line writes line breaks, so each object is one line of NDJSON. Errors stay
 * in the FILE: check ferror and fclose or fflush once, at the end.
 */
#ifndef CORE_REPORT_JSON_H
#define CORE_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;  /* borrowed */
	bool comma; /* private: the next value needs a comma */
};

void json_init(struct json *json, FILE *out);

void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);

/* Writes @text quoted and escaped; bytes that are not valid UTF-8 become '?'. NULL is
 * written as null. */
void json_string(struct json *json, const char *key, const char *text);
void json_u64(struct json *json, const char *key, uint64_t value);
void json_i64(struct json *json, const char *key, int64_t value);
/* Writes @decimals digits after the point, which is '.' in every locale; null if @value is not
 * finite or 1e15 units of the last digit or more. */
void json_double(struct json *json, const char *key, double value, unsigned decimals);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* Ends a line of NDJSON and flushes it, so that a reader of a pipe gets events when they happen. */
void json_end_line(struct json *json);

#endif
