/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/uboot_script.h"

#include "tests/lib/boot_entries.h"

static struct uboot_env env;

static const char *parse_bytes(const char *text, size_t size, const struct uboot_env *with)
{
	static struct boot_entries seen;

	memset(&seen, 0, sizeof(seen));
	assert_int_equal(uboot_script_each(text, size, with, boot_entries_note, &seen), 0);
	return seen.text;
}

static const char *parse(const char *text)
{
	return parse_bytes(text, strlen(text), NULL);
}

static const char *parse_with(const char *text, const char *file, const char *variables)
{
	uboot_env_read(&env, file, variables ? variables : "", variables ? strlen(variables) : 0);
	env.is_missing = !variables;
	return parse_bytes(text, strlen(text), &env);
}

struct sample {
	const char *text, *found;
};

static void check(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(parse(samples[i].text), samples[i].found);
}

static void reads_plain_scripts(void **state)
{
	static const struct sample samples[] = {
		/* Buildroot's for a board */
		{"setenv bootargs console=ttyS0,115200 root=/dev/mmcblk0p2 rootwait\n"
		 "fatload mmc 0 $kernel_addr_r zImage\n"
		 "fatload mmc 0 $fdt_addr_r sun8i-h3-orangepi-pc.dtb\n"
		 "bootz $kernel_addr_r - $fdt_addr_r\n",
			"4*[bootz] kernel=/zImage fdt=/sun8i-h3-orangepi-pc.dtb"
			" options=console=ttyS0,115200 root=/dev/mmcblk0p2 rootwait\n"},
		/* from another partition */
		{"load mmc 0:2 0x40080000 /boot/Image\nload mmc 0:2 0x4fa00000 /boot/b.dtb\n"
		 "setenv bootargs root=/dev/mmcblk0p2\nbooti 40080000 - 0x4FA00000\n",
			"4*[booti] on=PARTITION=2 kernel=/boot/Image"
			" options=root=/dev/mmcblk0p2 ?F\n"},
		{"load mmc 0:a 1 k; load mmc 0#boot 2 i; booti 1 2",
			"1*[booti] on=PARTITION=10 kernel=/k ?IC\n"},
		{"load mmc 0#boot 1 /k; booti 1", "1*[booti] on=PARTLABEL=boot kernel=/k ?C\n"},
		{"load mmc 0:${rootpart} 1 /k; booti 1", "1*[booti] ?KC\n"},
		{"load mmc ${bootdev} 1 /k; booti 1", "1*[booti] ?KC\n"},
		{"load mmc 0:0 1 /k; booti 1", "1*[booti] ?KC\n"},
		{"load ${devtype} ${devnum}:${distro_bootpart} 1 /k; booti 1",
			"1*[booti] kernel=/k ?C\n"},
		/* the folder of the script */
		{"load mmc 0 1 ${prefix}boot/k; load mmc 0 2 ${prefix}/i; booti 1 2:${filesize}",
			"1*[booti] kernel=boot/k initrd=i ?C\n"},
		{"setenv prefix /boot/; load mmc 0 1 ${prefix}k; booti 1",
			"1*[booti] kernel=/boot/k ?C\n"},
		{"load mmc 0 1 /a${prefix}k; booti 1", "1*[booti] ?KC\n"},
		/* U-Boot knows the device tree */
		{"load mmc 0 1 k; load mmc 0 2 ${prefix}dtb/${fdtfile}; booti 1 - 2",
			"1*[booti] kernel=/k fdtdir=dtb ?FC\n"},
		{"load mmc 0 1 k; load mmc 0 2 ${fdtfile}; booti 1 - 2",
			"1*[booti] kernel=/k fdtdir=/ ?FC\n"},
		{"load mmc 0 1 k; load mmc 0 2 d/${v}/f; booti 1 - 2", "1*[booti] kernel=/k ?FC\n"},
		{"load mmc 0 1 k; booti 1 - ${fdtcontroladdr}", "1*[booti] kernel=/k ?FC\n"},
		/* a FIT */
		{"load mmc 0 1 /i.itb; setenv bootargs; bootm 1#conf-1",
			"1*[bootm] kernel=/i.itb options=\n"},
		/* overlays */
		{"load mmc 0 1 k; load mmc 0 2 f; load mmc 0 3 /o.dtbo; fdt addr 2; fdt apply 3; booti 1 - 2",
			"1*[booti] kernel=/k fdt=/f overlay=/o.dtbo ?C\n"},
		{"load mmc 0 1 k; load mmc 0 2 f; for o in ${overlays}; do load mmc 0 3 $o && fdt apply 3; done; "
		 "booti 1 - 2",
			"1*[booti] kernel=/k fdt=/f ?OC\n"},
		/* nothing at the address */
		{"booti ${kernel_addr_r} ${ramdisk_addr_r} ${fdt_addr_r}", "1*[booti] ?KIFC\n"},
		{"booti", "1*[booti] ?KIFOC\n"},
		{"load mmc 0 1 k 100 200; booti 1", "1*[booti] ?KC\n"},
		{"load mmc 0 1; booti 1", "1*[booti] ?KC\n"},
		{"tftp 1 k; booti 1", "1*[booti] ?KC\n"},
		{"load mmc 0 1 k.gz; unzip 1 2; booti 2", "1*[booti] ?KC\n"},
		{"load mmc 0 1 k; mmc read 1 0 100; booti 1", "1*[booti] ?KC\n"},
		/* other ways */
		{"load mmc 0 1 /EFI/BOOT/BOOTAA64.EFI; bootefi 1 ${fdt_addr_r}",
			"1*[bootefi] kernel=/EFI/BOOT/BOOTAA64.EFI ?IFOC\n"},
		{"sysboot mmc 0 any ${scriptaddr} /extlinux.conf", "1*[sysboot] ?KIFOC\n"},
		{"load mmc 0 1 b.scr; source 1; load mmc 0 2 k; booti 2",
			"1*[source] ?KIFOC\n1[booti] kernel=/k ?C\n"},
		{"run distro_bootcmd", "1[] ?KIFOC\n"},
		{"echo hello\nsetenv a b\n", ""},
		{"", ""},
		{"\xff\xfe\x01\x02", ""},
	};

	(void)state;
	check(samples, ARRAY_SIZE(samples));
}

#define BOOT_K " load mmc 0 1 k; booti 1\n"

static void follows_variables(void **state)
{
	static const struct sample samples[] = {
		{"setenv k Image; load mmc 0 1 /boot/$k; booti 1",
			"1*[booti] kernel=/boot/Image ?C\n"},
		{"setenv k Image; setenv k; load mmc 0 1 /k$k; booti 1",
			"1*[booti] kernel=/k ?C\n"},
		{"env set k 'Image'; load mmc 0 1 \"/boot/${k}\"; booti 1",
			"1*[booti] kernel=/boot/Image ?C\n"},
		{"setenv -f k Image; env delete k; load mmc 0 1 /x$k; booti 1",
			"1*[booti] kernel=/x ?C\n"},
		{"setenv a 0x40; setenv b $a; load mmc 0 $a k; booti ${b}",
			"1*[booti] kernel=/k ?C\n"},
		{"setenv bootargs \"a  b\" c; setenv bootargs \"${bootargs} d\";" BOOT_K,
			"1*[booti] kernel=/k options=a  b c d\n"},
		{"setenv bootargs ${bootargs} root=/dev/sda1;" BOOT_K,
			"1*[booti] kernel=/k options=${bootargs} root=/dev/sda1 ?C\n"},
		{"setenv bootargs 'root=${root}';" BOOT_K,
			"1*[booti] kernel=/k options=root=${root} ?C\n"},
		{"part uuid mmc 0:2 uuid; setenv bootargs root=PARTUUID=${uuid};" BOOT_K,
			"1*[booti] kernel=/k options=root=PARTUUID=${uuid} ?C\n"},
		{"setenv uuid 1; part uuid mmc 0:2 uuid; setenv bootargs root=PARTUUID=${uuid};" BOOT_K,
			"1*[booti] kernel=/k options=root=PARTUUID=${uuid} ?C\n"},
		/* run */
		{"setenv f 'load mmc 0 1 ${k}'; setenv k Image; run f; booti 1",
			"1*[booti] kernel=/Image ?C\n"},
		{"setenv f 'load mmc 0 1 k'\nsetenv g 'run f; booti 1'\nrun g\n",
			"3*[booti] kernel=/k ?C\n"},
		{"load mmc 0 1 k; setenv x a; run other; setenv bootargs $x; booti 1",
			"1*[booti] options=${x} ?KC\n"},
		{"load mmc 0 1 k; ${cmd}; booti 1", "1*[booti] ?KC\n"},
		/* words */
		{"load mmc 0 \\\n  1 k # comment ; booti\nbooti 1", "3*[booti] kernel=/k ?C\n"},
		{"load mmc 0 1 k#x\r\nbooti 1\r\n", "2*[booti] kernel=/k#x ?C\n"},
		{"setenv e \"\"; load mmc 0 1 k; booti $e 1", "1*[booti] kernel=/k ?C\n"},
		{"setenv a 'mmc 0 1'; load $a 'k a'; booti 1", "1*[booti] kernel=/k a ?C\n"},
		{"load mmc 0 1 k\\ a; booti 1", "1*[booti] kernel=/k a ?C\n"},
		{"setenv bootargs a \\\"b\\\" $ $5;" BOOT_K,
			"1*[booti] kernel=/k options=a \"b\" $ ${5} ?C\n"},
	};

	(void)state;
	check(samples, ARRAY_SIZE(samples));
}

static void follows_conditions(void **state)
{
	static const struct sample samples[] = {
		/* that can be told */
		{"setenv a x; if test $a = x; then setenv k Y; else setenv k N; fi; load mmc 0 1 $k; booti 1",
			"1*[booti] kernel=/Y ?C\n"},
		{"setenv a x; if test $a != x; then setenv k Y; else setenv k N; fi; load mmc 0 1 $k; booti 1",
			"1*[booti] kernel=/N ?C\n"},
		{"setenv a; if test -n \"$a\"; then booti 9; fi; if test -z \"$a\"; then" BOOT_K
		 "fi",
			"1*[booti] kernel=/k ?C\n"},
		{"if false; then booti 9; elif true; then load mmc 0 1 k; booti 1\nelse booti 9; fi",
			"1*[booti] kernel=/k ?C\n"},
		{"setenv a x; test $a = y || test $a = x && setenv bootargs z;" BOOT_K,
			"1*[booti] kernel=/k options=z\n"},
		/* that cannot */
		{"if test -n \"${a}\"; then setenv k Y; fi; load mmc 0 1 /$k; booti 1",
			"1*[booti] ?KC\n"},
		{"setenv k X; if test $a = 1; then setenv k Y; else setenv k Z; fi; load mmc 0 1 $k; booti 1",
			"1*[booti] ?KC\n"},
		{"if test $a = 1; then setenv k Y; else setenv k Y; fi; load mmc 0 1 $k; booti 1",
			"1*[booti] kernel=/Y ?C\n"},
		{"setenv bootargs a; if test -e mmc 0 x; then load mmc 0 2 i; booti 1 2; else booti 1; fi",
			"1[booti] initrd=/i options=a ?K\n1[booti] options=a ?K\n"},
		{"test -n \"$a\" && setenv bootargs x;" BOOT_K, "1*[booti] kernel=/k ?C\n"},
		{"setenv bootargs y; test -n \"$a\" || setenv bootargs x;" BOOT_K,
			"1*[booti] kernel=/k ?C\n"},
		{"if test $a = 1; then load mmc 0 1 x; fi; booti 1", "1*[booti] ?KC\n"},
		{"if test $a = 1; then exit; fi;" BOOT_K, "1*[booti] kernel=/k ?C\n"},
		{"if true; then exit; fi;" BOOT_K, ""},
		{"load mmc 0 1 k; if test $a = 1; then booti 1; fi; booti 1",
			"1[booti] kernel=/k ?C\n1[booti] kernel=/k ?C\n"},
		/* loads as conditions: what follows knows that they succeeded */
		{"load mmc 0 1 k && load mmc 0 2 i && booti 1 2\nload mmc 0 1 l && booti 1",
			"1*[booti] kernel=/k initrd=/i ?C\n2[booti] kernel=/l ?C\n"},
		{"if load mmc 0 1 k; then load mmc 0 2 f; booti 1 - 2; else load mmc 0 1 l; booti 1; fi",
			"1*[booti] kernel=/k fdt=/f ?C\n1[booti] ?KC\n"},
		{"load mmc 0 1 k || load mmc 0 1 l; booti 1", "1*[booti] ?KC\n"},
		{"load mmc 0 1 k; load mmc 0 1 l; booti 1", "1*[booti] ?KC\n"},
		/* loops */
		{"for d in a b; do load mmc 0 1 /$d/k && booti 1; done",
			"1*[booti] kernel=/a/k ?C\n1[booti] kernel=/b/k ?C\n"},
		{"for d in ${dirs}\ndo\n load mmc 0 1 /$d/k && booti 1\ndone\n", "3[booti] ?KC\n"},
		{"for d in; do booti 1; done", ""},
		{"setenv k a; while test $x; do load mmc 0 1 $k; setenv k b; done; booti 1; load mmc 0 2 $k; booti 2",
			"1*[booti] ?KC\n1[booti] ?KC\n"},
		{"setenv d x; for d in ${l}; do load mmc 0 1 /$d; booti 1; done", "1[booti] ?KC\n"},
		{"setenv k a; if test $x = 1; then setenv k b; exit; fi; load mmc 0 1 /$k; booti 1",
			"1*[booti] kernel=/a ?C\n"},
		{"load mmc 0 1 k; load mmc 0 2 f; load mmc 0 3 o; if test $x = 1; then fdt apply 3; fi; "
		 "booti 1 - 2",
			"1*[booti] kernel=/k fdt=/f ?OC\n"},
		/* nonsense */
		{"fi; done; then" BOOT_K "if", "1*[booti] kernel=/k ?C\n"},
		{"if true; then" BOOT_K, "1*[booti] kernel=/k ?C\n"},
		{"for; do; done; while; if; then \"", "1[] ?KIFOC\n"},
	};

	(void)state;
	check(samples, ARRAY_SIZE(samples));
}

/* After Armbian's boot-sunxi.cmd. */
static const char armbian[] =
	"# DO NOT EDIT THIS FILE\n"
	"setenv load_addr \"0x45000000\"\n"
	"setenv overlay_error \"false\"\n"
	"setenv rootdev \"/dev/mmcblk0p1\"\n"
	"setenv verbosity \"1\"\n"
	"setenv console \"both\"\n"
	"setenv docker_optimizations \"on\"\n"
	"test \"${devnum}\" != \"\" || setenv devnum \"0\"\n"
	"if test -e ${devtype} ${devnum} ${prefix}armbianEnv.txt; then\n"
	"\tload ${devtype} ${devnum} ${load_addr} ${prefix}armbianEnv.txt\n"
	"\tenv import -t ${load_addr} ${filesize}\n"
	"fi\n"
	"if test \"${console}\" = \"display\" || test \"${console}\" = \"both\"; then setenv consoleargs "
	"\"console=ttyS0,115200 console=tty1\"; fi\n"
	"if test \"${console}\" = \"serial\"; then setenv consoleargs \"console=ttyS0,115200\"; fi\n"
	"if test \"${devtype}\" = \"mmc\"; then part uuid mmc ${devnum}:1 partuuid; fi\n"
	"setenv bootargs \"root=${rootdev} rootwait rootfstype=${rootfstype} ${consoleargs} "
	"loglevel=${verbosity} ${extraargs}\"\n"
	"load ${devtype} ${devnum} ${fdt_addr_r} ${prefix}dtb/${fdtfile}\n"
	"fdt addr ${fdt_addr_r}\n"
	"fdt resize 65536\n"
	"for overlay_file in ${overlays}; do\n"
	"\tif load ${devtype} ${devnum} ${load_addr} ${prefix}dtb/overlay/${overlay_prefix}-${overlay_file}.dtbo; then\n"
	"\t\techo \"Applying kernel provided DT overlay ${overlay_prefix}-${overlay_file}.dtbo\"\n"
	"\t\tfdt apply ${load_addr} || setenv overlay_error \"true\"\n"
	"\tfi\n"
	"done\n"
	"load ${devtype} ${devnum} ${ramdisk_addr_r} ${prefix}uInitrd\n"
	"load ${devtype} ${devnum} ${kernel_addr_r} ${prefix}zImage\n"
	"bootz ${kernel_addr_r} ${ramdisk_addr_r} ${fdt_addr_r}\n";

static void reads_armbian(void **state)
{
	(void)state;
	assert_string_equal(
		parse_with(armbian, "armbianEnv.txt",
			"verbosity=7\nrootdev=UUID=ab-cd\nrootfstype=ext4\nextraargs=quiet\n"
			"fdtfile=sun8i-h3-orangepi-pc.dtb\noverlays=\n"),
		"28*[bootz] kernel=zImage initrd=uInitrd fdt=dtb/sun8i-h3-orangepi-pc.dtb"
		" options=root=UUID=ab-cd rootwait rootfstype=ext4"
		" console=ttyS0,115200 console=tty1 loglevel=7 quiet\n");
	assert_string_equal(
		parse_with(armbian, "armbianEnv.txt",
			"rootdev=UUID=ab-cd\noverlay_prefix=sun8i-h3\noverlays=i2c0 uart1\n"),
		"28*[bootz] kernel=zImage initrd=uInitrd fdtdir=dtb"
		" options=root=UUID=ab-cd rootwait rootfstype=${rootfstype}"
		" console=ttyS0,115200 console=tty1 loglevel=1 ${extraargs} ?FOC\n");
	/* no such file: the script's own values */
	assert_string_equal(parse_with(armbian, "armbianEnv.txt", NULL),
		"28*[bootz] kernel=zImage initrd=uInitrd fdtdir=dtb"
		" options=root=/dev/mmcblk0p1 rootwait rootfstype=${rootfstype}"
		" console=ttyS0,115200 console=tty1 loglevel=1 ${extraargs} ?FOC\n");
	/* nothing known of it */
	assert_string_equal(parse(armbian),
		"28*[bootz] kernel=zImage initrd=uInitrd fdtdir=dtb"
		" options=root=${rootdev} rootwait rootfstype=${rootfstype}"
		" ${consoleargs} loglevel=${verbosity} ${extraargs} ?FOC\n");
}

static void imports_what_was_loaded(void **state)
{
	static const char with[] =
		"setenv k a; load mmc 0 1 uEnv.txt && env import -t 1 ${filesize}; "
		"load mmc 0 2 $k; booti 2";

	(void)state;
	assert_string_equal(parse_with(with, "uEnv.txt", "k=b\n"), "1*[booti] kernel=/b ?C\n");
	assert_string_equal(parse_with(with, "uEnv.txt", NULL), "1*[booti] kernel=/a ?C\n");
	assert_string_equal(
		parse_with("if load mmc 0 1 uEnv.txt; then setenv k a; else setenv k b; fi;"
			   "load mmc 0 2 $k; booti 2",
			"uEnv.txt", NULL),
		"1*[booti] kernel=/b ?C\n");
	assert_string_equal(parse_with(with, "other.txt", "k=b\n"), "1*[booti] ?KC\n");
	assert_string_equal(parse_with(with, "uEnv.txt", "k=b\n=\n"), "1*[booti] ?KC\n");
	assert_string_equal(
		parse_with("setenv k a; setenv j a; load mmc 0 1 uEnv.txt;"
			   "env import -t -r 1 ${filesize} j; load mmc 0 2 /$k/$j; booti 2",
			"uEnv.txt", "k=b\nj=c\n"),
		"1*[booti] kernel=/a/c ?C\n");
	assert_string_equal(
		parse("setenv k a; env default -a; load mmc 0 2 $k; booti 2"), "1*[booti] ?KC\n");
}

/* After Debian's flash-kernel, boot script "bootscr.uboot-generic". */
static void reads_flash_kernel(void **state)
{
	(void)state;
	assert_string_equal(
		parse("# boot script for Das U-boot\n"
		      "if test -n \"${console}\"; then\n"
		      "  setenv bootargs \"${bootargs} console=${console}\"\n"
		      "fi\n"
		      "setenv bootargs root=/dev/mmcblk0p2 ${bootargs}\n"
		      "setenv fk_kvers '6.1.0-13-armmp'\n"
		      "if test -z \"${fk_image_locations}\"; then\n"
		      "  setenv fk_image_locations ${prefix}\n"
		      "fi\n"
		      "for pathprefix in ${fk_image_locations}\n"
		      "do\n"
		      "  load ${devtype} ${devnum}:${partition} ${kernel_addr_r} ${pathprefix}vmlinuz-${fk_kvers} \\\n"
		      "  && load ${devtype} ${devnum}:${partition} ${ramdisk_addr_r} "
		      "${pathprefix}initrd.img-${fk_kvers} \\\n"
		      "  && echo \"Booting Debian ${fk_kvers}...\" \\\n"
		      "  && bootz ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdt_addr_r}\n"
		      "done\n"),
		"15[bootz] options=root=/dev/mmcblk0p2 ${bootargs} ?KIFC\n");
}

static void is_bounded(void **state)
{
	char *text = malloc(1 << 20);
	struct boot_entries seen = {0};
	size_t used = 0;

	(void)state;
	assert_non_null(text);
	/* a variable that runs itself */
	assert_string_equal(parse("setenv f 'run f'; run f; booti 1"), "1[] ?KIFOC\n");
	assert_string_equal(
		parse("setenv f 'run f; run f'; while true; do run f; done"), "1[] ?KIFOC\n");
	/* scripts that run each other, 8 times each */
	for (char name = 'a'; name < 'k'; name++)
		used += (size_t)sprintf(text + used, "setenv %c run %c %c %c %c %c %c %c %c\n",
			name, name + 1, name + 1, name + 1, name + 1, name + 1, name + 1, name + 1,
			name + 1);
	used += (size_t)sprintf(text + used, "setenv k true; run a; booti 1\n");
	assert_string_equal(parse_bytes(text, used, NULL), "1[] ?KIFOC\n");
	used = 0;
	/* loops within loops */
	assert_string_equal(
		parse("setenv l 'a b c d e f g h'; for a in $l; do for b in $l; do "
		      "for c in $l; do for d in $l; do for e in $l; do for f in $l; do "
		      "for g in $l; do x; done; done; done; done; done; done; done; booti 1"),
		"1*[booti] ?KC\n");
	for (int i = 0; i < 1000; i++)
		used += (size_t)sprintf(text + used, "load mmc 0 %d k%d && booti %d\n", i, i, i);
	assert_int_equal(uboot_script_each(text, used, NULL, boot_entries_note, &seen), 0);
	assert_int_equal(seen.count, 1000);
	seen = (struct boot_entries){.stop_at = 2};
	assert_int_equal(uboot_script_each(text, used, NULL, boot_entries_note, &seen), 7);
	assert_int_equal(seen.count, 2);
	/* deep, long */
	for (used = 0; used < 1 << 19; used += 14)
		memcpy(text + used, "if true; then ", 14);
	assert_string_equal(parse_bytes(text, used, NULL), "1[] ?KIFOC\n");
	memset(text, 'x', 1 << 20);
	memcpy(text, "load mmc 0 1 ", 13);
	memcpy(text + (1 << 20) - 8, ";booti 1", 8);
	assert_string_equal(parse_bytes(text, 1 << 20, NULL), "1*[booti] ?KC\n");
	/* many variables, and one that grows */
	for (used = 0; used < 200000;)
		used += (size_t)sprintf(text + used, "setenv v%zu 1; setenv g x${g}y\n", used);
	used += (size_t)sprintf(text + used, "load mmc 0 1 /k; booti 1");
	assert_non_null(strstr(parse_bytes(text, used, NULL), "[booti] ?KC\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_plain_scripts),
		cmocka_unit_test(follows_variables),
		cmocka_unit_test(follows_conditions),
		cmocka_unit_test(reads_armbian),
		cmocka_unit_test(imports_what_was_loaded),
		cmocka_unit_test(reads_flash_kernel),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests_name("uboot_script", tests, NULL, NULL);
}
