/* SPDX-License-Identifier: MIT */
/*
 * browse - one folder as the Archive screen lists it: mounted removable media first, then the way
 * up, folders, archives, and last what is no archive. Reads names, sizes and, where the name does
 * not tell, the first bytes of files.
 */
#ifndef UI_SCREENS_BROWSE_H
#define UI_SCREENS_BROWSE_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum browse_kind { BROWSE_MEDIUM, BROWSE_UP, BROWSE_FOLDER, BROWSE_ARCHIVE, BROWSE_OTHER };

struct browse_entry {
	enum browse_kind kind;
	char name[256]; /* raw: draw it with the grid, which is careful */
	char path[512]; /* absolute */
	char note[64];	/* of a medium: "sda1, USB, Ultra" */
	uint64_t size_bytes;
	time_t mtime;
};

#define BROWSE_ENTRIES_MAX 4096
/* Of what is no archive only so many, so that they never crowd archives out. */
#define BROWSE_OTHERS_MAX 1024
/* At most so many files of a folder are opened to look at their first bytes. */
#define BROWSE_MAGIC_MAX 256

/* What a path may be completed to, for people to see. */
#define BROWSE_NAMES_MAX 256
struct browse_names {
	size_t count;			  /* all there are */
	char names[BROWSE_NAMES_MAX][64]; /* the first of them, in order; a folder's with a "/" */
};

struct browse {
	char dir[512];
	char home[256];		      /* what "~" means; "": nothing */
	bool hidden;		      /* names that begin with a dot are listed too */
	struct browse_entry *entries; /* owned */
	size_t count;
	size_t left_out; /* entries beyond these, and those whose path is too long */
	size_t cursor;
};

/*
 * Lists @dir, with the removable media mounted on the machine below @root (-1: none). The cursor
 * goes to @select (a name, may be NULL), else to the first archive, else to the first entry.
 * 0; or -errno with the old listing kept.
 */
_must_check_ int browse_open(struct browse *browse, int root, const char *dir, const char *select);
void browse_finish(struct browse *browse);

/* The archive by its name: ".tar", ".tar.gz", ".tgz", ... */
bool browse_is_archive_name(const char *name);

/*
 * Completes the path in @text as a shell does: up to where the possible ones differ, with a "/"
 * behind a folder. Returns how many names fit, and in @ret_names which; a relative path is one below
 * @dir.
 */
size_t browse_complete(const char *dir, char *text, size_t size, struct browse_names *ret_names);
/* A "~" that ends the path in @text, and is a name of its own, makes it @home. */
void browse_expand(const char *home, char *text, size_t size);
/* The path that @text means below @dir, without "." and "..": @ret is absolute. False: too long. */
bool browse_resolve(const char *dir, const char *text, char *ret, size_t size);
/* The name below @above that leads to @path, or NULL where @path is not right below it. */
const char *browse_child(const char *above, const char *path);

#endif
