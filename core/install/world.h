/* SPDX-License-Identifier: MIT */
/* world - what an install borrows from the process that it runs in. */
#ifndef CORE_INSTALL_WORLD_H
#define CORE_INSTALL_WORLD_H

struct install_world {
	int root;	 /* root fd for sysfs and proc, borrowed */
	const char *dir; /* the job's private directory: nodes and mount points; devices allowed */
	const char *settings_journal;
	/* Ends every child of this process that is not the install's: orphans that came to it, a
	 * subreaper. Called when no child of the install runs. NULL where the process has others. */
	void (*end_strays)(void);
};

#endif
