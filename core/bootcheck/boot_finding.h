/* SPDX-License-Identifier: MIT */
/* boot_finding - a result of the boot check, as a flat value. Pure. */
#ifndef CORE_BOOTCHECK_BOOT_FINDING_H
#define CORE_BOOTCHECK_BOOT_FINDING_H

#include <stdbool.h>
#include <stdint.h>

enum boot_severity {
	BOOT_ERROR,   /* the board cannot boot */
	BOOT_WARNING, /* it boots, but not as meant, or not everywhere */
	BOOT_UNKNOWN, /* whether it boots is not known */
};

struct boot_finding {
	enum boot_severity severity;
	char code[24];	/* a stable word: see bootcheck.h */
	char text[240]; /* a sentence without its full stop */
};

#define BOOT_FINDINGS_MAX 8

struct boot_findings {
	uint32_t count;
	struct boot_finding list[BOOT_FINDINGS_MAX]; /* errors first */
};

/* Adds a finding, errors before the others. If there is no room, the last one that is less severe, or the
 * new one, is lost. */
void boot_findings_add(struct boot_findings *findings, const struct boot_finding *finding);
/* Makes and adds one; the text is sanitised. */
void boot_findings_report(struct boot_findings *findings, enum boot_severity severity,
	const char *code, const char *format, ...) __attribute__((format(printf, 4, 5)));
bool boot_findings_have_error(const struct boot_findings *findings);
bool boot_findings_have(const struct boot_findings *findings, const char *code);
/* "error", "warning" or "unknown" */
const char *boot_severity_name(enum boot_severity severity);
/* The same for people: "Error" */
const char *boot_severity_title(enum boot_severity severity);

#endif
