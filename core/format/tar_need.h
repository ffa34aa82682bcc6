/* SPDX-License-Identifier: MIT */
/*
 * tar_need - the properties of an archive that not every tar understands, or that tars understand
 * differently. core/tar/tar.c has the table of the tars.
 */
#ifndef CORE_FORMAT_TAR_NEED_H
#define CORE_FORMAT_TAR_NEED_H

#include <stdint.h>

enum tar_need {
	TAR_NEED_XATTRS,
	TAR_NEED_ACLS,	  /* in a pax record of its own */
	TAR_NEED_ACL_GNU, /* the same, with names that have no ID, or a default list alone */
	TAR_NEED_SPARSE,
	TAR_NEED_SPARSE_ENDS,	   /* parts that are no blocks, or none at the end of the file */
	TAR_NEED_ACL_XATTR,	   /* an ACL as an attribute alone */
	TAR_NEED_LIBARCHIVE_XATTR, /* an attribute in libarchive's record alone */
	TAR_NEED_XATTR_NAME,	   /* "%3D" or "%25" in the name of an attribute: '=' or '%' */
	TAR_NEED_SELINUX,	   /* a label in a record of its own */
	TAR_NEED_FOREIGN_XATTR,	   /* an attribute that Linux cannot store */
	TAR_NEED_GLOBAL,	   /* values in a global pax header */
	TAR_NEED_PAX_IDS,	   /* owner or group of the pax header differs from the header's */
	TAR_NEED_PAX_SIZE,
	TAR_NEED_TWO_HEADERS,  /* several extended headers for one entry */
	TAR_NEED_PAX_LINK,     /* link target in the pax header */
	TAR_NEED_NO_LINK,      /* link target in an extended header alone */
	TAR_NEED_NO_NAME,      /* an empty name in the header, without its prefix */
	TAR_NEED_PAX_BYTES,    /* a name in the pax header is not UTF-8 */
	TAR_NEED_DECOMPOSED,   /* a name in the pax header is in decomposed Unicode */
	TAR_NEED_SIGNED_SUM,   /* checksum of signed bytes */
	TAR_NEED_ODD_BYTES,    /* tar_header.odd_bytes */
	TAR_NEED_ODD_NODES,    /* tar_header.odd_nodes */
	TAR_NEED_LONG_4095,    /* a long name of GNU with 4095 bytes */
	TAR_NEED_LARGE_HEADER, /* an extended header of a megabyte */
	TAR_NEED_TWO_RECORDS,  /* the same record twice */
	TAR_NEED_V7,	       /* a header of the seventh edition */
	TAR_NEED_SLASH,	       /* a type other than a folder, and a name that ends in a slash */
	TAR_NEED_DUMPDIR,      /* of an incremental archive */
	TAR_NEED_LABEL,	       /* a volume label */
	TAR_NEED_GNU_TIMES,    /* GNU's other times where ustar has the prefix of a name */
	TAR_NEED_NEGATIVE,     /* a negative number in the header */
	TAR_NEED_WIDE_MINOR,   /* a minor device number of 20 bits */
	TAR_NEED_LINK_SELF,    /* a hard link to itself */
	TAR_NEED_LINK_SLASH,   /* a hard link to an absolute name */
	TAR_NEED_LINK_META, /* a hard link to a symlink, or with another mode or owner than its file */
	TAR_NEED_OVER_SYMLINK, /* replaces a symlink */
	TAR_NEED_OVER_LINK,    /* the same, if that is absolute or has ".." */
	TAR_NEED_OVER_SAME,    /* the same, by itself */
	TAR_NEED_DIR_XATTRS,   /* a folder again, with other attributes */
	TAR_NEED_OVER_DIR,     /* a folder without entries is replaced */
	TAR_NEED_DIR_OVER,     /* a folder replaces something else */
	TAR_NEED_LATE_DIR,     /* its folder comes later, and a part of its path is elsewhere */
	TAR_NEED_OVER_NAMES,   /* one of several hard links is replaced */
	TAR_NEED_STRIP,	       /* --strip-components */
	TAR_NEED_STRIP_LINKS,  /* the same for the targets of hard links */
	TAR_NEED_COUNT
};

#define TAR_NEED_BIT(need) (UINT64_C(1) << (need))

#endif
