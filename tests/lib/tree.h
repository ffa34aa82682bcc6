/* SPDX-License-Identifier: MIT */
/*
 * tree - a directory tree in memory, for tests that create many machines. device/base/sysroot
 * reads it (memory_root.h), or it is written to a sandbox. All memory belongs to one arena.
 */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include "tests/lib/sandbox.h"

struct node {
	const char *name;
	const char *text; /* of a file, else NULL */
	const char *link; /* of a symbolic link, else NULL */
	struct node *parent, *child, *last, *next;
};

struct tree {
	char *arena;
	size_t size, used;
	struct node *root;
};

#define TREE_BYTES ((size_t)1 << 20)

SANDBOX_CALL void *tree_alloc(struct tree *tree, size_t size)
{
	void *p = tree->arena + tree->used;

	tree->used += (size + 15) & ~(size_t)15;
	assert_true(tree->used <= tree->size);
	return p;
}

SANDBOX_CALL char *tree_text(struct tree *tree, const char *text, size_t length)
{
	char *copy = tree_alloc(tree, length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

SANDBOX_CALL struct node *tree_add(
	struct tree *tree, struct node *parent, const char *name, size_t length)
{
	struct node *node = tree_alloc(tree, sizeof(*node));

	*node = (struct node){.name = tree_text(tree, name, length), .parent = parent};
	if (!parent)
		return node;
	if (parent->last)
		parent->last->next = node;
	else
		parent->child = node;
	parent->last = node;
	return node;
}

/* Empties the tree, or initialises a zeroed one. */
SANDBOX_CALL void tree_reset(struct tree *tree)
{
	if (!tree->arena) {
		tree->size = TREE_BYTES;
		tree->arena = malloc(tree->size);
		assert_non_null(tree->arena);
	}
	tree->used = 0;
	tree->root = tree_add(tree, NULL, "", 0);
}

SANDBOX_CALL void tree_finish(struct tree *tree)
{
	free(tree->arena);
	*tree = (struct tree){0};
}

SANDBOX_CALL struct node *tree_child(const struct node *dir, const char *name, size_t length)
{
	struct node *node = dir->child;

	while (node && (strncmp(node->name, name, length) != 0 || node->name[length] != '\0'))
		node = node->next;
	return node;
}

/* Resolves @path from @dir, with links relative to the root of the tree; does not follow the last
 * link if @keep_last. NULL if there is no such node, or after more than @depth links. */
SANDBOX_CALL struct node *tree_find(
	const struct tree *tree, struct node *dir, const char *path, bool keep_last, int depth)
{
	if (path[0] == '/')
		dir = tree->root;
	while (dir && *(path += strspn(path, "/"))) {
		size_t length = strcspn(path, "/");
		struct node *node;

		if (length == 2 && path[0] == '.' && path[1] == '.') {
			node = dir->parent ? dir->parent : dir;
		} else if (length == 1 && path[0] == '.') {
			node = dir;
		} else {
			node = tree_child(dir, path, length);
			if (node && node->link && !(keep_last && path[length] == '\0'))
				node = depth > 0
					       ? tree_find(tree, dir, node->link, false, depth - 1)
					       : NULL;
		}
		path += length;
		dir = node;
	}
	return dir;
}

/* Returns the node at @path, and creates it and its parents if missing. @path must contain no
 * links. */
SANDBOX_CALL struct node *tree_make(struct tree *tree, const char *path)
{
	struct node *dir = tree->root;

	while (*(path += strspn(path, "/"))) {
		size_t length = strcspn(path, "/");
		struct node *node = tree_child(dir, path, length);

		dir = node ? node : tree_add(tree, dir, path, length);
		path += length;
	}
	return dir;
}

SANDBOX_CALL void tree_write(const struct node *dir, const struct sandbox *box, const char *path)
{
	for (const struct node *node = dir->child; node; node = node->next) {
		char inner[PATH_MAX];

		(void)snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "/" : "", node->name);
		if (node->link) {
			sandbox_link(box, inner, node->link);
		} else if (node->text) {
			sandbox_file(box, inner, node->text);
		} else {
			sandbox_dir(box, inner);
			tree_write(node, box, inner);
		}
	}
}

#endif
