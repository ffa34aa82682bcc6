/* SPDX-License-Identifier: MIT */
/*
 * tar_kinds - what tars read in different ways, one kind at a time, with each tar of this machine:
 * either the plan is refused before anything is written, with a sentence that names the entry; or
 * the tar, with its fix-up, leaves exactly what the manifest says. Needs root.
 */
#include "core/manifest/tar_fixup.h"
#include "core/manifest/verify.h"
#include "core/plan/plan.h"
#include "device/base/sysroot.h"
#include "device/base/util.h"
#include "device/disk/disk_scan.h"
#include "tests/lib/manifest_fixture.h"

#include <errno.h>
#include <sys/wait.h>

/* The table would be all names of fields. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define RECORDS_MAX 4
#define CAPABILITY  "LIBARCHIVE.xattr.security.capability="

#define ACL "user::rwx,user:7:r--,group::r--,mask::rw-,other::---"

/* They make a checksum of six digits. */
#define HIGH20	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
#define HIGH100	    HIGH20 HIGH20 HIGH20 HIGH20 HIGH20
#define HIGH155	    HIGH100 HIGH20 HIGH20 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
#define COMMENT_MAX 1100000

/* 4095 bytes, the longest target of a symlink. */
#define X15 "xxxxxxxxxxxxxxx"
#define X255                                                                                       \
	X15 "x" X15 "x" X15 "x" X15 "x" X15 "x" X15 "x" X15 "x" X15 "x" X15 "x" X15 "x" X15        \
	    "x" X15 "x" X15 "x" X15 "x" X15 "x" X15
#define X1023 X255 "x" X255 "x" X255 "x" X255
#define X4095 X1023 "x" X1023 "x" X1023 "x" X1023

/* One entry with its extended headers. */
struct part {
	const char *name;
	char type; /* 0: a file */
	const char *link, *content;
	const char *records[RECORDS_MAX]; /* "key=value", in a pax header */
	const char *second[2];		  /* in another one after it */
	const char *global[2];
	const char *long_name, *long_link; /* GNU's */
	size_t comment_bytes;		   /* of one more record */
	const char *magic;		   /* 8 bytes; NULL: ustar */
	bool signed_sum, no_magic;
	struct {
		size_t at, size;
		const char *bytes;
	} raw; /* overwrites the header */
};

#define PARTS_MAX 4

enum { GNU, BSD, BUSYBOX, TOYBOX, TARS };

/* verdicts: one letter for each tar, P: it leaves what the manifest says; R: refused. */
static const struct kind {
	const char *name;
	const char verdicts[TARS + 1];
	const char *entry; /* that the sentence of a refusal names */
	struct part parts[PARTS_MAX];
} kinds[] = {
	/* names */
	{"decomposed name in ustar", "PPPP", "", {{"cafe\xcc\x81"}}},
	{"decomposed name in pax", "PRPP", "cafe", {{"a", .records = {"path=cafe\xcc\x81"}}}},
	{"decomposed link in pax", "PRPR", "s",
		{{"s", '2', "x", .records = {"linkpath=cafe\xcc\x81"}}}},
	{"decomposed long name", "PPPP", "", {{"a", .long_name = "cafe\xcc\x81"}}},
	{"pax name that is not UTF-8", "PRPP", "caf", {{"a", .records = {"path=caf\xe9"}}}},
	{"pax name of bytes", "PPPP", "",
		{{"a", .records = {"hdrcharset=BINARY", "path=caf\xe9"}},
			{"b", .records = {"path=cafe\xcc\x81", "hdrcharset=BINARY"}}}},
	{"pax name of bytes, then one of characters", "PRPP", "caf",
		{{"a", .records = {"hdrcharset=BINARY", "path=b\xe9"}},
			{"b", .records = {"path=caf\xe9"}}}},
	{"pax name of a character set", "PRPP", "caf",
		{{"a", .records = {"hdrcharset=ISO-IR 10646 2000 UTF-8", "path=caf\xe9"}}}},
	{"name that is not UTF-8", "PPPP", "", {{"caf\xe9"}}},
	{"empty long name", "RRRR", "an empty name", {{"a", .long_name = ""}}},
	{"newline in a name", "PPPP", "", {{"a\nb"}}},
	{"absolute name", "RRRR", "/etc/f", {{"/etc/f"}}},
	{"the root as /", "RRRR", "/", {{"/", '5'}}},
	{"empty name in pax", "RRRR", "", {{"a", .records = {"path="}}}},
	{"name in pax alone", "PPPR", "n", {{"", .records = {"path=n"}}}},
	{"long name alone", "PPPR", "l", {{"", .long_name = "l"}}},
	{"folder's name in the prefix", "PPPR", "p/q/", {{"", '5', .raw = {345, 3, "p/q"}}}},
	{"magic of bzip2", "PPPP", "", {{"BZh91AY"}}},
	{"file as a folder", "PPRR", "d/", {{"d/"}}},
	{"FIFO with a slash", "PPRR", "p/", {{"p/", '6'}}},
	{"symlink with a slash", "PPRR", "s/", {{"s/", '2', "to"}}},
	{"file named .", "RRRR", "a/.", {{"a/.", .content = "x"}}},
	{"prefix of ustar", "PPPP", "", {{"a", .raw = {345, 3, "p/q"}}}},
	{"prefix of no ustar", "RRRR", "a", {{"a", .magic = "ustar00\0", .raw = {345, 3, "p/q"}}}},
	/* links */
	{"hard link to itself", "PRRR", "f", {{"f", .content = "x"}, {"f", '1', "f"}}},
	{"hard link to ./itself", "PRRR", "f", {{"f", .content = "x"}, {"f", '1', "./f"}}},
	{"hard link to /", "PPRR", "h", {{"f", .content = "x"}, {"h", '1', "/f"}}},
	{"hard link to a symlink", "PPPR", "h", {{"s", '2', "/to"}, {"h", '1', "s"}}},
	{"hard link to a folder's name", "RRRR", "h", {{"f", .content = "x"}, {"h", '1', "f/"}}},
	{"hard link with another mode", "PPPR", "h",
		{{"f", .content = "x"}, {"h", '1', "f", .raw = {100, 7, "0004755"}}}},
	{"hard link with another owner", "PPPR", "h",
		{{"f", .content = "x"}, {"h", '1', "f", .raw = {108, 7, "0000007"}}}},
	{"hard link with another time", "PPPP", "",
		{{"f", .content = "x"}, {"h", '1', "f", .raw = {136, 11, "00000000007"}}}},
	{"symlink without a target", "RRRR", "s", {{"s", '2', ""}}},
	{"symlink to 4094 bytes", "PPPP", "", {{"s", '2', "no", .long_link = &X4095[1]}}},
	{"symlink to 4095 bytes", "PPRP", "s", {{"s", '2', "no", .long_link = X4095}}},
	{"long link target of a file", "RRRR", "f", {{"f", .long_link = "no"}}},
	{"hard link to nothing", "RRRR", "h", {{"h", '1', "no"}}},
	{"link targets in pax", "PPPR", "s",
		{{"f", .content = "x"}, {"s", '2', "no", .records = {"linkpath=to"}},
			{"h", '1', "no", .records = {"linkpath=f"}}}},
	{"link targets in pax alone", "PRPR", "s",
		{{"f", .content = "x"}, {"s", '2', NULL, .records = {"linkpath=to"}},
			{"h", '1', NULL, .records = {"linkpath=f"}}}},
	{"long link targets alone", "PRPP", "s",
		{{"f", .content = "x"}, {"s", '2', NULL, .long_link = "to"},
			{"h", '1', NULL, .long_link = "f"}}},
	/* folders that come later */
	{"no folders", "PPPP", "",
		{{"f", .content = "x"}, {"p/q/f", .content = "y"}, {"r/s/t", '5'}}},
	{"later folder, a link with a name of the path", "PPPR", "usr/bin/f",
		{{"bin", '2', "usr/bin"}, {"usr/bin/f", .content = "x"}}},
	{"later folder, a link with the last name", "PPPR", "sbin/init",
		{{"init", '2', "/lib/init"}, {"sbin/init", .content = "x"}}},
	{"later folder, a link below a folder of its path", "PPPR", "usr/bin/f",
		{{"bin/", '5'}, {"bin/f", '2', "/f"}, {"usr/bin/f", .content = "x"}}},
	{"later folder, a file with a name of the path", "PPPR", "p/q/s",
		{{"q", .content = "q"}, {"p/q/s", .content = "x"}}},
	{"earlier folder, a link with a name of the path", "PPPP", "",
		{{"bin", '2', "usr/bin"}, {"usr/", '5'}, {"usr/bin/", '5'},
			{"usr/bin/f", .content = "x"}}},
	/* replaced entries */
	{"file over file", "PPPP", "", {{"a", .content = "1"}, {"a", .content = "22"}}},
	{"file over hard link", "PPRP", "b",
		{{"a", .content = "1"}, {"b", '1', "a"}, {"b", .content = "22"}}},
	{"file over linked file", "PPRP", "a",
		{{"a", .content = "1"}, {"b", '1', "a"}, {"a", .content = "22"}}},
	{"hard link twice", "PPRP", "b", {{"a", .content = "1"}, {"b", '1', "a"}, {"b", '1', "a"}}},
	{"file over symlink", "PPPR", "s", {{"s", '2', "to"}, {"s", .content = "x"}}},
	{"file over absolute symlink", "RPRR", "s", {{"s", '2', "/to"}, {"s", .content = "x"}}},
	{"file over symlink up", "RPRR", "d/s", {{"d/s", '2', "../to"}, {"d/s", .content = "x"}}},
	{"file over symlink to itself", "PPPR", "s", {{"s", '2', "s"}, {"s", .content = "x"}}},
	{"absolute symlink twice", "PPRR", "s", {{"s", '2', "/to"}, {"s", '2', "/to"}}},
	{"absolute symlink with another owner", "RPRR", "s",
		{{"s", '2', "/to"}, {"s", '2', "/to", .raw = {108, 7, "0000007"}}}},
	{"absolute symlink over its hard link", "RPRR", "h",
		{{"s", '2', "/to"}, {"h", '1', "s"}, {"h", '2', "/to"}}},
	{"symlink over absolute symlink", "RPRR", "s", {{"s", '2', "/one"}, {"s", '2', "/two"}}},
	{"FIFO over absolute symlink", "RPRR", "s", {{"s", '2', "/one"}, {"s", '6'}}},
	{"folder over absolute symlink", "RPRR", "s/",
		{{"s", '2', "/one"}, {"s/", '5'}, {"s/f", .content = "x"}}},
	{"folder over symlink", "PPRR", "s/",
		{{"s", '2', "to"}, {"s/", '5'}, {"s/f", .content = "x"}}},
	{"folder over file", "PPRP", "s/",
		{{"s", .content = "s"}, {"s/", '5'}, {"s/f", .content = "x"}}},
	{"file over folder", "PPRR", "d", {{"d/", '5'}, {"d", .content = "x"}}},
	{"symlink over folder", "PPRR", "d", {{"d/", '5'}, {"d", '2', "to"}}},
	{"lost+found as a file", "PPRR", "lost+found", {{"lost+found", .content = "x"}}},
	{"below a symlink", "RRRR", "s/f", {{"d/", '5'}, {"s", '2', "d"}, {"s/f", .content = "x"}}},
	/* formats */
	{"V7", "PPRP", "f", {{"f", .content = "x", .no_magic = true}}},
	{"V7 folder", "PPRR", "d/", {{"d/", .no_magic = true}, {"d/f", .no_magic = true}}},
	{"signed checksum", "PPRR", "?", {{"\xe4", .signed_sum = true}}},
	{"contiguous file", "PPPP", "", {{"f", '7', .content = "x"}}},
	{"dumpdir", "PPRR", "d/", {{"d/", 'D', .content = "Yf", .magic = "ustar  \0"}, {"d/f"}}},
	{"times of GNU", "PPRR", "f",
		{{"f", .magic = "ustar  \0", .raw = {345, 12, "14606164131"}}}},
	{"volume label", "PPRR", "f", {{"label", 'V'}, {"f"}}},
	{"long name of a volume label", "RRRR", "volume label",
		{{"label", 'V', .long_name = "l"}, {"f"}}},
	{"volume label with content", "RRRR", "volume label",
		{{"label", 'V', .content = "x"}, {"f"}}},
	{"mark of star", "PPPR", "f", {{"f", .raw = {508, 3, "tar"}}}},
	{"unknown magic", "PPRR", "f", {{"f", .magic = "unknown"}}},
	{"V7 with bytes of a prefix", "PPRR", "f", {{"f", .no_magic = true, .raw = {345, 1, "p"}}}},
	{"checksum that begins with a digit", "PPPR", "?",
		{{.name = HIGH100, .raw = {345, 155, HIGH155}}}},
	{"junk where devices have numbers", "PPRR", "f", {{"f", .raw = {329, 3, "zzz"}}}},
	{"blanks where devices have numbers", "PPRR", "f", {{"f", .raw = {329, 8, "        "}}}},
	{"size of a sparse file in a file", "RRRR", "f",
		{{"f", .magic = "ustar  \0", .raw = {483, 11, "00000000010"}}}},
	{"sparse file", "PPRR", "f",
		{{"f", .content = "x",
			.records = {"GNU.sparse.size=8192", "GNU.sparse.numblocks=2",
				"GNU.sparse.map=0,1,8192,0"}}}},
	{"sparse file without its end", "RPRR", "f",
		{{"f", .content = "x",
			.records = {"GNU.sparse.size=8192", "GNU.sparse.numblocks=1",
				"GNU.sparse.map=0,1"}}}},
	{"sparse file of odd parts", "RPRR", "f",
		{{"f", .content = "xy",
			.records = {"GNU.sparse.size=8192", "GNU.sparse.numblocks=3",
				"GNU.sparse.map=0,1,4096,1,8192,0"}}}},
	{"map of a folder", "RRRR", "d/", {{"d/", '5', .records = {"GNU.sparse.map=0,1"}}}},
	{"name of a sparse file", "RRRR", "n", {{"f", .records = {"GNU.sparse.name=n"}}}},
	{"unknown type", "RRRR", "f", {{"f", 'Z'}}},
	{"folder with a size", "PPPP", "", {{"d/", '5', .raw = {124, 11, "00000001000"}}, {"f"}}},
	{"hard link with a size", "PPPP", "",
		{{"a", .content = "x"}, {"h", '1', "a", .raw = {124, 11, "00000000001"}}, {"f"}}},
	/* numbers */
	{"user ID after a NUL", "RRRR", "f",
		{{"f", .raw = {108, 8,
			       "\0"
			       "000007"}}}},
	{"blank user ID", "RRRR", "f", {{"f", .raw = {108, 8, "        "}}}},
	{"junk in a time", "RRRR", "f", {{"f", .raw = {136, 11, "zzzzzzzzzzz"}}}},
	{"user ID of 32 bits in pax", "PPRR", "f",
		{{"f", .records = {"uid=4000000000", "gid=4000000000"}}}},
	{"user ID in base 256", "PPPP", "", {{"f", .raw = {108, 8, "\x80\0\0\0\0\x30\0\0"}}}},
	{"user ID 4294967295", "RRRR", "f", {{"f", .records = {"uid=4294967295"}}}},
	{"negative user ID", "RRRR", "f",
		{{"f", .raw = {108, 8, "\xff\xff\xff\xff\xff\xff\xff\xff"}}}},
	{"size in pax", "PPRR", "f",
		{{"f", .content = "x", .records = {"size=1"}, .raw = {124, 11, "00000000000"}}}},
	{"size of a symlink in pax", "RRRR", "s", {{"s", '2', "to", .records = {"size=5"}}}},
	{"minor number of 21 bits", "RRRR", "n",
		{{"n", '3', .raw = {329, 15, "0000001\0004000000"}}}},
	{"minor number of 19 bits", "PPPP", "",
		{{"n", '4', .raw = {329, 15, "0007777\0001777777"}}}},
	{"minor number of 20 bits", "PPPR", "n",
		{{"n", '3', .raw = {329, 15, "0007777\0003777777"}}}},
	{"other device numbers in pax", "RRRR", "n",
		{{"n", '3', .records = {"SCHILY.devminor=5"}}}},
	/* times */
	{"time before 1970", "PPPR", "f",
		{{"f", .raw = {136, 12, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf0"}}}},
	{"fraction before 1970", "PPPP", "",
		{{"f", .records = {"mtime=-86400.25"}}, {"d/", '5', .records = {"mtime=-0.5"}},
			{"s", '2', "f", .records = {"mtime=-1.75"}}}},
	{"time 1902", "PPPP", "", {{"f", .records = {"mtime=-2147483648"}}}},
	{"time 1901", "RRRR", "f", {{"f", .records = {"mtime=-2147483649"}}}},
	{"time 2446", "PPPP", "", {{"f", .records = {"mtime=15032385535"}}}},
	{"time 2447", "RRRR", "f", {{"f", .records = {"mtime=15032385536"}}}},
	{"fraction of the first second", "RRRR", "f", {{"f", .records = {"mtime=-2147483647.5"}}}},
	{"fraction of the last second", "RRRR", "f", {{"f", .records = {"mtime=15032385535.5"}}}},
	{"no time of access in pax", "RRRR", "f", {{"f", .records = {"atime="}}}},
	{"no time in pax", "RRRR", "f", {{"f", .records = {"mtime="}}}},
	/* headers */
	{"global owner", "PRRR", "f", {{"f", .global = {"uid=7", "gid=8"}}, {"g"}}},
	{"global path", "PRRR", "g", {{"f", .global = {"path=g"}}}},
	{"global time", "PRRR", "f", {{"f", .global = {"mtime=5.5"}}}},
	{"global comment", "PPPP", "", {{"f", .global = {"comment=c"}}}},
	{"two global owners", "RRRR", "g",
		{{"f", .global = {"uid=7"}}, {"g", .global = {"gid=8"}}}},
	{"global attribute", "RRRR", "f", {{"f", .global = {"SCHILY.xattr.user.n=1"}}}},
	{"two pax headers", "PRRR", "n", {{"f", .records = {"mtime=1.5"}, .second = {"path=n"}}}},
	{"pax and long name", "PRRR", "p", {{"f", .records = {"path=p"}, .long_name = "l"}}},
	{"name twice in pax", "PPPR", "n", {{"f", .records = {"path=no", "path=n"}}}},
	{"record without a key", "RRRR", "f", {{"f", .records = {"=value"}}}},
	{"record of five bytes", "RRRR", "f", {{"f", .records = {"a="}}}},
	{"pax header of a megabyte", "PRPP", "f", {{"f", .comment_bytes = 1000000}}},
	{"damaged pax header", "RRRR", "f", {{"f", .records = {"\n"}}}},
	/* attributes */
	{"attribute", "PPRR", "f", {{"f", .records = {"SCHILY.xattr.user.n=1"}}}},
	{"attribute of a folder", "PPRR", "d/",
		{{"d/", '5', .records = {"SCHILY.xattr.user.n=1"}}}},
	{"attribute twice", "PPRR", "f",
		{{"f", .records = {"SCHILY.xattr.user.n=1", "SCHILY.xattr.user.n=2"}}}},
	{"attribute with =", "PRRR", "f", {{"f", .records = {"SCHILY.xattr.user.a%3Db=1"}}}},
	{"attribute with %", "PRRR", "f", {{"f", .records = {"SCHILY.xattr.user.a%25b=1"}}}},
	{"attribute with a space", "PPRR", "f", {{"f", .records = {"SCHILY.xattr.user.a%20b=1"}}}},
	{"attribute of libarchive", "RPRR", "f",
		{{"f", .records = {"LIBARCHIVE.xattr.user.a%25b=MQ"}}}},
	{"attribute in both forms", "PPRR", "f",
		{{"f", .records = {"SCHILY.xattr.user.n=1", "LIBARCHIVE.xattr.user.n=MQ"}}}},
	{"attribute in two values", "RRRR", "f",
		{{"f", .records = {"SCHILY.xattr.user.n=1", "LIBARCHIVE.xattr.user.n=Mg"}}}},
	{"attribute of a symlink", "PPRR", "s",
		{{"s", '2', "to", .records = {"SCHILY.xattr.trusted.n=1"}}}},
	{"user attribute of a symlink", "RRRR", "s (user.n)",
		{{"s", '2', "to", .records = {"SCHILY.xattr.user.n=1"}}}},
	{"attribute of macOS", "RRRR", "f (com.apple.x)",
		{{"f", .records = {"SCHILY.xattr.com.apple.x=1"}}}},
	/* {USER_OBJ 7, USER 7 4, GROUP_OBJ 4, MASK 6, OTHER 0}, in a file with mode 644 */
	{"ACL that differs from the mode", "RRRR", "f",
		{{"f", .records =
				{"LIBARCHIVE.xattr.system.posix_acl_access="
				 "AgAAAAEABwD/////AgAEAAcAAAAEAAQA/////xAABgD/////IAAAAP////8"}}}},
	{"capability", "RPRR", "f", {{"f", .records = {CAPABILITY "AQAAAgAgAAAAAAAAAAAAAAAAAAA"}}}},
	{"capability of version 1", "RRRR", "f",
		{{"f", .records = {CAPABILITY "AQAAAQAgAAAAAAAA"}}}},
	{"capability of a namespace", "RPRR", "f",
		{{"f", .records = {CAPABILITY "AQAAAwAgAAAAAAAAAAAAAAAAAADoAwAA"}}}},
	{"capability of the first namespace", "RRRR", "f",
		{{"f", .records = {CAPABILITY "AQAAAwAgAAAAAAAAAAAAAAAAAAAAAAAA"}}}},
	{"capability of a symlink", "RRRR", "s",
		{{"s", '2', "to", .records = {CAPABILITY "AQAAAgAgAAAAAAAAAAAAAAAAAAA"}}}},
	{"folder twice, with other attributes", "PRRR", "d/",
		{{"d/", '5', .records = {"SCHILY.xattr.user.n=1"}}, {"d/", '5'}}},
	{"attribute of a hard link", "PPPP", "",
		{{"f"}, {"h", '1', "f", .records = {"SCHILY.xattr.user.n=1"}}}},
	{"SELinux label", "PPRR", "f", {{"f", .records = {"RHT.security.selinux=u:r:t:s0"}}}},
	{"ACL", "PPRR", "f",
		{{"f", .records =
				{"SCHILY.acl.access=user::rwx,user:7:r--,group::r--,mask::rw-,other::---"}}}},
	{"ACL with a name", "PRRR", "f",
		{{"f", .records =
				{"SCHILY.acl.access=user::rwx,user:root:r--,group::r--,mask::rw-,other::---"}}}},
	{"ACL with one name", "PRRR", "f",
		{{"f", .records =
				{"SCHILY.acl.access=user::rwx,user:root:r--:0,group:root:r--,group::r--,"
				 "mask::rw-,other::---"}}}},
	{"ACL in lines", "PPRR", "f",
		{{"f", .records =
				{"SCHILY.acl.access=user::rwx\nuser:7:r--\ngroup::r--\nmask::rw-\nother::---\n"}}}},
	{"ACL of bsdtar", "PPRR", "f",
		{{"f", .records =
				{"SCHILY.acl.access=user::rwx,group::r--,other::---,user:root:r--:0,"
				 "mask::rw-"}}}},
	{"default ACL of a file", "PRRR", "f", {{"f", .records = {"SCHILY.acl.default=" ACL}}}},
	{"both ACLs of a folder", "PPRR", "d/",
		{{"d/", '5', .records = {"SCHILY.acl.access=" ACL, "SCHILY.acl.default=" ACL}},
			{"d/f"}}},
	{"mode and default ACL", "PRRR", "d/",
		{{"d/", '5',
			.records = {"SCHILY.acl.access=user::rwx,group::r-x,other::---",
				"SCHILY.acl.default=" ACL}}}},
	{"ACL of a folder", "PRRR", "d/",
		{{"d/", '5',
			 .records =
				 {"SCHILY.acl.default=user::rwx,user:7:r--,group::r--,mask::rw-,other::---"}},
			{"d/f", .content = "x"}, {"d/e/", '5'}}},
	{"ACL that is a mode", "PPRR", "f",
		{{"f", .records = {"SCHILY.acl.access=user::rwx,group::r--,other::---"}}}},
	{"ACL with star's ID", "PPRR", "f",
		{{"f", .records =
				{"SCHILY.acl.access=user::rwx,user:root:r--:0,group::r--,mask::rw-,other::---"}}}},
	{"ACL with another ID", "RRRR", "f",
		{{"f", .records =
				{"SCHILY.acl.access=user::rwx,user:root:r--:7,group::r--,mask::rw-,other::---"}}}},
	{"flags", "PPPP", "", {{"f", .records = {"SCHILY.fflags=nodump,uimmutable"}}, {"g"}}},
};

static const char *const tars[TARS][2] = {
	[GNU] = {"tar", "GNU tar"},
	[BSD] = {"bsdtar", "bsdtar"},
	[BUSYBOX] = {"busybox", "BusyBox"},
	[TOYBOX] = {"toybox", "toybox"},
};

/* ---- archives ---- */

static void put_record(char *text, size_t size, const char *record)
{
	size_t used = strlen(text), rest = strlen(record) + 2, length = rest + 1;

	while ((size_t)snprintf(NULL, 0, "%zu", length) + rest != length)
		length++;
	assert_true(str_format(text + used, size - used, "%zu %s\n", length, record));
}

static void put_block(
	int fd, const struct part *part, char type, const char *name, const char *content)
{
	const struct member member = {name, type, part ? part->link : NULL, content};
	unsigned char block[BLOCK];
	int sum = 0;

	put_header(block, &member);
	if (part && part->magic)
		memcpy(block + 257, part->magic, 8);
	if (part && part->no_magic)
		memset(block + 257, 0, 8);
	if (part && part->raw.size)
		memcpy(block + part->raw.at, part->raw.bytes, part->raw.size);
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += part && part->signed_sum ? (signed char)block[i] : block[i];
	(void)snprintf((char *)block + 148, 8, "%06o", (unsigned)sum & 0777777u);
	assert_int_equal(write_full(fd, block, BLOCK), 0);
	for (size_t at = 0; content && at < strlen(content); at += BLOCK) {
		memset(block, 0, BLOCK);
		memcpy(block, content + at, strnlen(content + at, BLOCK));
		assert_int_equal(write_full(fd, block, BLOCK), 0);
	}
}

static void put_zeros(int fd)
{
	static const char zeros[BLOCK];

	assert_int_equal(write_full(fd, zeros, BLOCK), 0);
}

static void put_records(
	int fd, char type, const char *const *records, size_t max, size_t comment_bytes)
{
	static char text[COMMENT_MAX], comment[COMMENT_MAX];

	text[0] = '\0';
	if (comment_bytes > 0) {
		memset(comment, 'c', comment_bytes);
		memcpy(comment, "comment=", strlen("comment="));
		comment[comment_bytes] = '\0';
		put_record(text, sizeof(text), comment);
	}
	for (size_t i = 0; i < max && records[i]; i++)
		put_record(text, sizeof(text), records[i]);
	if (*text)
		put_block(fd, NULL, type, "PaxHeaders/x", text);
}

/* The same as GNU tar: with a NUL. */
static void put_long(int fd, char type, const char *name)
{
	char size[12];

	if (!name)
		return;
	STR_FORMAT(size, "%011zo", strlen(name) + 1);
	put_block(fd, &(const struct part){.raw = {124, 11, size}}, type, "././@LongLink",
		*name ? name : NULL);
	if (*name == '\0' || strlen(name) % BLOCK == 0)
		put_zeros(fd);
}

static void put_part(int fd, const struct part *part)
{
	put_records(fd, 'g', part->global, ARRAY_SIZE(part->global), 0);
	put_records(fd, 'x', part->records, ARRAY_SIZE(part->records), part->comment_bytes);
	put_records(fd, 'x', part->second, ARRAY_SIZE(part->second), 0);
	put_long(fd, 'L', part->long_name);
	put_long(fd, 'K', part->long_link);
	put_block(fd, part, part->type ? part->type : '0', part->name, part->content);
}

static void make_archive(const char *path, const struct part *parts)
{
	static const struct part root = {"./", '5'};
	static const char zeros[1024];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	/* bzip2's magic is that of the first name. */
	if (strncmp(parts[0].name, "BZh", 3) != 0)
		put_part(fd, &root);
	for (size_t i = 0; i < PARTS_MAX && parts[i].name; i++)
		put_part(fd, &parts[i]);
	assert_int_equal(write_full(fd, zeros, sizeof(zeros)), 0);
	(void)close(fd);
}

/* ---- verdicts ---- */

static struct world {
	struct sandbox *box;
	char archive[PATH_MAX], tree[PATH_MAX];
	int root;
	struct disk target;
	struct plan plan;
} world;

static int setup(void **state)
{
	char image[PATH_MAX];
	int fd;

	if (geteuid() != 0) {
		print_message("SKIPPED: owners and device nodes need root\n");
		return 0;
	}
	if (sandbox_setup(state) != 0)
		return -1;
	world.box = *state;
	(void)sandbox_path(world.box, "in.tar", world.archive);
	(void)sandbox_path(world.box, "tree", world.tree);
	fd = open(sandbox_path(world.box, "board.img", image), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)GIB(1)) < 0)
		return -1;
	(void)close(fd);
	world.root = sysroot_open("/");
	return disk_scan_target(world.root, image, &world.target);
}

static int teardown(void **state)
{
	close_fd(&world.root);
	return world.box ? sandbox_teardown(state) : 0;
}

/* The sentence that refuses the archive for the tar, or NULL. */
static const char *refusal(struct manifest *manifest, int r, const char *program)
{
	static struct plan_verdict verdict;
	static const char *const codes[] = {"archive-", "tar-lacks", "unfit", "foreign-attributes"};
	struct inspect_result inspected = {
		.state = INSPECT_OK, .totals = *manifest_totals(manifest)};
	struct plan_facts facts;
	struct stat st;

	if (r < 0) {
		static char text[400];

		(void)STR_FORMAT(text, "%s: %s", inspected.totals.problems[0].path,
			inspected.totals.problems[0].text);
		return text;
	}
	archive_list_make(&inspected.archives, world.archive, NULL);
	assert_int_equal(stat(world.archive, &st), 0);
	inspected.archives.list[0].id = file_id_of(&st);
	plan_begin(&world.plan, &(struct plan_request){.target = &world.target,
					.archive = world.archive,
					.layout = layout_find("single-gpt"),
					.tar_program = program,
					.allow = 1u << DISK_IMAGE,
					.verify = true});
	plan_complete(&world.plan, &inspected, manifest);
	plan_look(&facts, &world.plan, world.root);
	plan_check(&world.plan, &facts, &verdict);
	for (uint32_t i = 0; i < verdict.count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(codes); k++)
			if (strncmp(verdict.problems[i].code, codes[k], strlen(codes[k])) == 0)
				return verdict.problems[i].text;
	return NULL;
}

/* Extracts the archive as an install does. */
static int extract(const struct manifest *manifest)
{
	const char *argv[TAR_ARGS_MAX];
	struct diag diag = {0};
	int status, fd, r;
	pid_t pid;

	(void)nftw(world.tree, sandbox_remove, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(mkdir(world.tree, 0755), 0);
	(void)tar_argv(world.plan.tar, world.plan.tar_needs, NULL, world.tree, argv);
	pid = fork();
	if (pid == 0) {
		fd = open(world.archive, O_RDONLY);
		(void)dup2(fd, STDIN_FILENO);
		fd = open("/dev/null", O_WRONLY);
		(void)dup2(fd, STDERR_FILENO);
		(void)setenv("LC_ALL", "C.UTF-8", 1);
		execv(world.plan.tar_program, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		return -EIO;
	fd = open(world.tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = world.plan.tar == TAR_GNU ? 0 : tar_fixup_tree(fd, manifest, &diag);
	(void)close(fd);
	return r;
}

/* Returns why the tree is not that of the manifest, or NULL. */
static const char *difference(const struct manifest *manifest)
{
	static struct verify_result result;
	struct verify_spec spec = {.manifest = manifest};
	int r = extract(manifest);

	if (r < 0)
		return "tar or the fix-up fails";
	spec.root_fd = open(world.tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = verify_tree(&spec, &result);
	(void)close(spec.root_fd);
	return r < 0 || result.mismatches > 0 ? result.first : NULL;
}

static bool has_tar(int tar, char path[256])
{
	static const char *const dirs[] = {"/usr/bin", "/bin", "/usr/sbin", "/sbin"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		(void)str_format(path, 256, "%s/%s", dirs[i], tars[tar][0]);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* Returns true if the kind is treated as the table says. */
static bool try_kind(const struct kind *kind, int tar, const char *program)
{
	struct manifest *manifest = manifest_new();
	bool refuse = kind->verdicts[tar] == 'R', good;
	const char *text, *what = NULL;
	struct diag diag = {0};
	int r;

	make_archive(world.archive, kind->parts);
	r = read_fd(manifest, open(world.archive, O_RDONLY | O_CLOEXEC), &diag);
	text = refusal(manifest, r, program);
	good = refuse == (text != NULL) && (!text || strstr(text, kind->entry));
	if (good && !text)
		what = difference(manifest);
	if (!good || what)
		print_message("%s, %s: %s%s%s\n", tars[tar][1], kind->name,
			refuse ? "to be refused, with the name of its entry: " : "",
			text ? text : "not refused ", what ? what : "");
	manifest_free(manifest);
	return good && !what;
}

/* KIND, from the environment: a part of the names of kinds, to try them alone. */
static void each_kind_with(int tar)
{
	const char *only = getenv("KIND");
	char program[256];
	bool good = true;

	if (!world.box || !has_tar(tar, program))
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!only || strstr(kinds[i].name, only))
			good &= try_kind(&kinds[i], tar, program);
	assert_true(good);
}

static void gnu_tar(void **state)
{
	(void)state;
	each_kind_with(GNU);
}

static void bsdtar(void **state)
{
	(void)state;
	each_kind_with(BSD);
}

static void busybox(void **state)
{
	(void)state;
	each_kind_with(BUSYBOX);
}

static void toybox(void **state)
{
	(void)state;
	each_kind_with(TOYBOX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gnu_tar),
		cmocka_unit_test(bsdtar),
		cmocka_unit_test(busybox),
		cmocka_unit_test(toybox),
	};

	return cmocka_run_group_tests_name("tar_kinds", tests, setup, teardown);
}
