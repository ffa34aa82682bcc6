/* SPDX-License-Identifier: MIT */
/*
 * browse - the folder listing of the screens Archive and Blob: mounted removable media first, then the
 * parent folder, folders, archives, and other files last. A file whose name is not that of an archive
 * is recognised by its first bytes. For a blob all files are alike, and none is opened.
 */
#ifndef UI_SCREENS_BROWSE_H
#define UI_SCREENS_BROWSE_H

#include "device/base/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum browse_kind {
	BROWSE_MEDIUM,
	BROWSE_UP,
	BROWSE_FOLDER,
	BROWSE_FILE, /* any file, if any may be chosen */
	BROWSE_ARCHIVE,
	BROWSE_OTHER
};

struct browse_entry {
	enum browse_kind kind;
	char name[256]; /* raw bytes: draw them with the grid, which replaces invalid ones */
	char path[512]; /* absolute */
	char note[64];	/* for media: "sda1, USB, Ultra" */
	uint64_t size_bytes;
	time_t mtime;
};

#define BROWSE_ENTRIES_MAX 4096
/* Limits other files, so that they never displace archives. */
#define BROWSE_OTHERS_MAX 1024
/* Limits the files per folder that are opened to read their first bytes. */
#define BROWSE_MAGIC_MAX 256

/* The possible completions of a path, for display. */
#define BROWSE_NAMES_MAX 256
struct browse_names {
	size_t count;			  /* all names, including those beyond the array */
	char names[BROWSE_NAMES_MAX][64]; /* sorted; a folder ends with "/" */
};

struct browse {
	char dir[512];
	char home[256];		      /* replaces "~"; "": unknown */
	bool hidden;		      /* also list names that begin with a dot */
	bool any_file;		      /* list all files as BROWSE_FILE */
	struct browse_entry *entries; /* owned */
	size_t count;
	size_t left_out; /* entries not listed: too many, or the path is too long */
	size_t cursor;
};

/*
 * Lists @dir, and the removable media mounted on the machine below @root (-1: omit them). The
 * cursor goes to the name @select (may be NULL), else to the first archive or file that may be
 * chosen, else to the first entry. Returns 0; or -errno, and then the old listing stays. Free it with browse_finish.
 */
_must_check_ int browse_open(struct browse *browse, int root, const char *dir, const char *select);
void browse_finish(struct browse *browse);

/* True for the suffixes of archives: ".tar", ".tar.gz", ".tgz", ... */
bool browse_is_archive_name(const char *name);

/*
 * Completes the path in @text as a shell does: up to the point where the matching names differ,
 * with a "/" after a folder. A relative path is below @dir. Returns the number of matching names,
 * and the names in @ret_names.
 */
size_t browse_complete(const char *dir, char *text, size_t size, struct browse_names *ret_names);
/* Replaces @text by @home if its last component is "~". */
void browse_expand(const char *home, char *text, size_t size);
/* Makes the path @text below @dir absolute, without "." and "..". Returns false if it is too
 * long. */
bool browse_resolve(const char *dir, const char *text, char *ret, size_t size);
/* Returns the name of @path in the folder @above, or NULL if @path is not directly in it. */
const char *browse_child(const char *above, const char *path);

#endif
