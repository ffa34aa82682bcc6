/* SPDX-License-Identifier: MIT */
/*
 * json - a streaming JSON writer onto a FILE. Commas and quotes are its own; the caller opens and
 * closes, and gives a key inside an object, NULL inside an array or at the top. It makes no line
 * breaks but by json_end_line, so one object is one line of NDJSON. Errors stay in the FILE: check
 * ferror and fclose or fflush once, at the end.
 */
#ifndef CORE_REPORT_JSON_H
#define CORE_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;  /* borrowed */
	bool comma; /* inside: something stands before in this object or array */
};

void json_init(struct json *json, FILE *out);

void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);

/* @text in quotes, escaped; bytes that are no valid UTF-8 become '?'. NULL is written as null. */
void json_string(struct json *json, const char *key, const char *text);
void json_u64(struct json *json, const char *key, uint64_t value);
void json_i64(struct json *json, const char *key, int64_t value);
/* With @decimals digits behind the point, a point in every locale; null where it is no number. */
void json_double(struct json *json, const char *key, double value, unsigned decimals);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* Ends a line of NDJSON, and flushes it: a reader of the pipe sees events when they happen. */
void json_end_line(struct json *json);

#endif
