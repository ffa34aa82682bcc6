/* SPDX-License-Identifier: MIT */
#include "device/kernel/console.h"

#include "device/base/settings.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"

#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#define EMERGENCIES "1" /* not 0: without emergencies nobody could see why the machine hangs */

#define VT_MAJOR 4
#define VT_COUNT 64 /* larger minors are serial lines */

static bool is_vt(unsigned line_major, unsigned line_minor)
{
	return line_major == VT_MAJOR && line_minor < VT_COUNT;
}

bool console_has(int root, unsigned line_major, unsigned line_minor)
{
	char active[256], *save = NULL;

	if (sysroot_read(root, active, sizeof(active), "sys/class/tty/console/active") < 0)
		return false;
	for (char *name = strtok_r(active, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		uint32_t its_major, its_minor;

		if (strcmp(name, "tty0") == 0 && is_vt(line_major, line_minor))
			return true;
		if (sysroot_read_devno(
			    root, &its_major, &its_minor, "sys/class/tty/%s/dev", name) == 0 &&
			its_major == line_major && its_minor == line_minor)
			return true;
	}
	return false;
}

bool console_is(int root, int tty_fd)
{
	unsigned number;

	/* The number of the node would not do: standard input may be /dev/console or /dev/tty. */
	return ioctl(tty_fd, TIOCGDEV, &number) == 0 &&
	       console_has(root, major(number), minor(number));
}

unsigned console_level(int root)
{
	char text[64];
	uint64_t level;

	if (sysroot_read(root, text, sizeof(text), CONSOLE_PRINTK) < 0)
		return CONSOLE_LEVEL_MAX;
	text[strcspn(text, " \t")] = '\0';
	if (str_to_u64(text, 10, &level) < 0 || level > CONSOLE_LEVEL_MAX)
		return CONSOLE_LEVEL_MAX;
	return (unsigned)level;
}

int console_quiet(struct settings_journal *journal)
{
	if (console_level(journal->root) <= 1)
		return 0;
	return settings_set(journal, CONSOLE_PRINTK, EMERGENCIES);
}
