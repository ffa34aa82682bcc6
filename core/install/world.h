/* SPDX-License-Identifier: MIT */
/* world - the resources that an install borrows from its process. */
#ifndef CORE_INSTALL_WORLD_H
#define CORE_INSTALL_WORLD_H

#include "device/disk/lock.h"

struct install_world {
	int root;	 /* directory descriptor of the root, for sysfs and proc; borrowed */
	const char *dir; /* private directory for nodes and mount points; allows devices */
	const char *settings_journal;
	/* Kills all children that are not the install's own: orphans that were reparented to this
	 * process, a subreaper. Called when no child of the install runs. NULL if the process has
	 * other children. */
	void (*end_strays)(void);
	/* Fills in owner->step if the process is another install. NULL if nobody knows. */
	void (*describe_owner)(struct lock_owner *owner);
};

#endif
