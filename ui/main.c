/* SPDX-License-Identifier: MIT */
/* boardstrap - main: finds the command and runs it; --help and --version. */
#include "core/install/err.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/layout/layout_file.h"
#include "ui/app/app.h"
#include "ui/cmd/cmd_attach.h"
#include "ui/cmd/cmd_inspect.h"
#include "ui/cmd/cmd_install.h"
#include "ui/cmd/cmd_list.h"
#include "ui/cmd/options.h"
#include "ui/term/term.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int refuse(const char *sentence)
{
	fprintf(stderr, "boardstrap: %s\n", sentence);
	return EXIT_REFUSED;
}

static int cmd_screens(int argc, char **argv)
{
	_cleanup_close_ int root = -1;
	struct options options;
	struct layout layout;
	char folder[256];
	_cleanup_log_file_ struct log_file log = {0};
	struct diag diag;

	if (options_parse(COMMAND_SCREENS, argc, argv, &options, &diag) < 0)
		return refuse(diag.text);
	layout_folder(folder);
	if (options.layout &&
		layout_resolve(options.layout, folder, &options.blobs, &layout, &diag) < 0)
		return refuse(diag.text);
	if (options.layout && options.scope == SCOPE_ALL) {
		options.scope = scope_of_layout(&layout);
		if (options.archive && !scope_has_archive(options.scope))
			return refuse("the layout brings all its files: leave out --archive");
	}
	if (options.blobs.images && (!options.layout || !layout.images[0]))
		return refuse("--images is for a genimage.cfg: name one with --layout FILE");
	if (options.blobs.count > 0 && !options.layout)
		return refuse("--blob needs the layout that it is for: --layout NAME|FILE");
	if (options.layout &&
		layout_take_archives(&layout, &options.archives, options.archive, &diag) < 0)
		return refuse(diag.text);
	if (options.layout && !options.archive && options.scope == SCOPE_ALL)
		options.archive = layout_archive_of(&layout, layout_partition_of(&layout, ""));
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return refuse("the screens need a terminal: without one, use `boardstrap install "
			      "--plain`; see `boardstrap --help`");
	root = sysroot_open("/");
	if (root < 0)
		return refuse(strerror(-root));
	if (options.log && log_file_open(&log, options.log, options.archive, options.target,
				   options.layout ? &layout : NULL, &diag) < 0)
		return refuse(diag.text);
	return app_run(&(struct app_options){
		.root = root,
		.scope = options.scope,
		.archive = options.archive,
		.archives = &options.archives,
		.archive_options = options.reading,
		.target = options.target,
		.layout = options.layout ? &layout : NULL,
		.tar_program = options.tar,
		.expect_id = options.expect_id,
		.allow = options.allow,
		.verify = !options.no_verify,
		.log = options.log ? &log : NULL,
		.restart_program = APP_RESTART_PROGRAM,
	});
}

static int (*const functions[COMMAND_COUNT])(int argc, char **argv) = {
	[COMMAND_SCREENS] = cmd_screens,
	[COMMAND_LIST] = cmd_list,
	[COMMAND_INSPECT] = cmd_inspect,
	[COMMAND_INSTALL] = cmd_install,
	[COMMAND_ATTACH] = cmd_attach,
	[COMMAND_STATUS] = cmd_status,
	[COMMAND_CANCEL] = cmd_cancel,
};

static int print_version(void)
{
	const char *blkid = NULL;

	(void)blkid_get_library_version(&blkid, NULL);
	printf("boardstrap " BOARDSTRAP_VERSION "\n"
	       "%s\nlibblkid %s\n%s\n",
		term_version(), blkid, OpenSSL_version(OPENSSL_VERSION));
	return EXIT_OK;
}

static bool asks_for(const char *word, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	enum command command = COMMAND_SCREENS;
	struct diag diag;
	int fd;

	/* Open closed standard streams: a later descriptor must not get their numbers. */
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close_fd(&fd);

	if (argc > 1 && argv[1][0] != '-') {
		command = command_find(argv[1], &diag);
		if (command == COMMAND_COUNT)
			return refuse(diag.text);
		argc--;
		argv++;
	}
	if (asks_for("--help", argc, argv) || asks_for("-h", argc, argv)) {
		options_help(stdout, command);
		return EXIT_OK;
	}
	if (command == COMMAND_SCREENS && asks_for("--version", argc, argv))
		return print_version();
	return functions[command](argc, argv);
}
