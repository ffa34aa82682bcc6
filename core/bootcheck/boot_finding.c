/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/boot_finding.h"

#include "device/base/util.h"

#include <stdarg.h>
#include <string.h>

void boot_findings_add(struct boot_findings *findings, const struct boot_finding *finding)
{
	uint32_t at = findings->count;

	while (at > 0 && findings->list[at - 1].severity > finding->severity)
		at--;
	if (at == BOOT_FINDINGS_MAX)
		return;
	if (findings->count < BOOT_FINDINGS_MAX)
		findings->count++;
	memmove(&findings->list[at + 1], &findings->list[at],
		(findings->count - 1 - at) * sizeof(*finding));
	findings->list[at] = *finding;
}

void boot_findings_report(struct boot_findings *findings, enum boot_severity severity,
	const char *code, const char *format, ...)
{
	struct boot_finding finding = {.severity = severity};
	va_list args;

	STR_COPY(finding.code, code);
	va_start(args, format);
	(void)str_vformat(finding.text, sizeof(finding.text), format, args);
	va_end(args);
	str_sanitise(finding.text);
	boot_findings_add(findings, &finding);
}

bool boot_findings_have_error(const struct boot_findings *findings)
{
	return findings->count > 0 && findings->list[0].severity == BOOT_ERROR;
}

bool boot_findings_have(const struct boot_findings *findings, const char *code)
{
	for (uint32_t i = 0; i < findings->count; i++)
		if (strcmp(findings->list[i].code, code) == 0)
			return true;
	return false;
}

const char *boot_severity_name(enum boot_severity severity)
{
	static const char *const names[] = {
		[BOOT_ERROR] = "error", [BOOT_WARNING] = "warning", [BOOT_UNKNOWN] = "unknown"};

	return names[severity];
}

const char *boot_severity_title(enum boot_severity severity)
{
	static const char *const titles[] = {
		[BOOT_ERROR] = "Error", [BOOT_WARNING] = "Warning", [BOOT_UNKNOWN] = "Unknown"};

	return titles[severity];
}
