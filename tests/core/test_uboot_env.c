/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/uboot_env.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"

static struct uboot_env env;

static const char *show(const char *text, size_t size)
{
	static char shown[4096];
	size_t used = 0;

	uboot_env_read(&env, "uEnv.txt", text, size);
	shown[0] = '\0';
	for (size_t i = 0; i < env.count; i++) {
		(void)str_format(shown + used, sizeof(shown) - used, "%s=%s\n",
			env.variables[i].name, env.variables[i].value);
		used += strlen(shown + used);
	}
	if (env.is_cut)
		(void)str_format(shown + used, sizeof(shown) - used, "cut\n");
	return shown;
}

static void reads_variables(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		/* Armbian */
		{"verbosity=1\nbootlogo=false\nrootdev=UUID=ab-cd\nrootfstype=ext4\n",
			"verbosity=1\nbootlogo=false\nrootdev=UUID=ab-cd\nrootfstype=ext4\n"},
		/* BeagleBone */
		{"#Docs: http://elinux.org/Beagleboard:U-boot_partitioning_layout_2.0\n\n"
		 "uname_r=5.10.168-ti-r72\n#uuid=\n#dtb=\ncmdline=coherent_pool=1M quiet\n",
			"uname_r=5.10.168-ti-r72\ncmdline=coherent_pool=1M quiet\n"},
		{"a=1\r\nb=2", "a=1\nb=2\n"},
		{"a=1\na=2\n", "a=2\n"},
		{"a=1\na=\n", "a=\n"},
		{"a=1\na\n", "a=\n"},
		{"  a=b=c\n", "a=b=c\n"},
		{"a=b\\\\c\\;d\n", "a=b\\c;d\n"},
		{"a=1\nb=x\\\ny\nc=2\n", "a=1\ncut\n"},
		{"a=1\n=2\nb=3\n", "a=1\ncut\n"},
		{"\xef\xbb\xbf"
		 "a=1\n",
			"a=1\n"},
		{"", ""},
		{"\n \n#\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(show(cases[i].text, strlen(cases[i].text)), cases[i].found);
	assert_string_equal(show("a=1\n\0b=2\n", 9), "a=1\n");
	assert_string_equal(show(NULL, 0), "");
}

static void finds_variables(void **state)
{
	(void)state;
	(void)show("ab=1\nabc=2\n", 11);
	assert_string_equal(env.file, "uEnv.txt");
	assert_string_equal(uboot_env_get(&env, "ab"), "1");
	assert_string_equal(uboot_env_get(&env, "abc"), "2");
	assert_null(uboot_env_get(&env, "a"));
}

static void is_bounded(void **state)
{
	char *text = malloc(1 << 20);
	size_t used = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < UBOOT_ENV_VARIABLES_MAX + 1; i++)
		used += (size_t)sprintf(text + used, "v%d=%d\n", i, i);
	(void)show(text, used);
	assert_int_equal(env.count, UBOOT_ENV_VARIABLES_MAX);
	assert_true(env.is_cut);
	memset(text, 'x', 1 << 20);
	memcpy(text, "a=1\nb=", 6);
	assert_string_equal(show(text, 1 << 20), "a=1\ncut\n");
	for (used = 0; used < 1 << 18; used += 1 << 12)
		memcpy(text + used, "same=", 5), text[used + 4095] = '\n';
	(void)show(text, used);
	assert_true(env.is_cut);
	assert_int_equal(env.count, 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_variables),
		cmocka_unit_test(finds_variables),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests_name("uboot_env", tests, NULL, NULL);
}
