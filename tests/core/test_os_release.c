/* SPDX-License-Identifier: MIT */
#include "core/bootcheck/os_release.h"

#include "tests/lib/sandbox.h"

#include "device/base/util.h"

static void names_distributions(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n"
		 "VERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n",
			"Debian 12"},
		{"PRETTY_NAME=\"Debian GNU/Linux trixie/sid\"\nNAME=\"Debian GNU/Linux\"\nVERSION_CODENAME=trixie\n",
			"Debian trixie"},
		{"NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME=\"Alpine Linux v3.20\"\n",
			"Alpine 3.20.3"},
		{"NAME=Buildroot\nVERSION=2024.02\nID=buildroot\nVERSION_ID=2024.02\n",
			"Buildroot 2024.02"},
		{"NAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nVERSION=\"24.04.1 LTS (Noble Numbat)\"\n",
			"Ubuntu 24.04"},
		{"NAME=\"Arch Linux\"\nPRETTY_NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n",
			"Arch"},
		{"NAME=\"Arch Linux\"\nBUILD_ID=rolling\nVERSION_ID=20231112.0\n", "Arch"},
		{"NAME=\"Fedora Linux\"\nVERSION=\"39 (Container Image)\"\nVERSION_ID=39\nVERSION_CODENAME=\"\"\n",
			"Fedora 39"},
		{"ID=poky\nNAME=\"Poky (Yocto Project Reference Distro)\"\nVERSION_ID=4.0.15\n",
			"Poky 4.0.15"},
		{"NAME=\"openSUSE Leap\"\nVERSION_ID=\"15.5\"\n", "openSUSE Leap 15.5"},
		{"NAME=\"Void\"\nID=\"void\"\n", "Void"},
		{"PRETTY_NAME=\"Some 1\"\nVERSION_ID=1\n", "Some 1"},
		{"ID=some\n", "some"},
		{"NAME=Linux\n", "Linux"},
		{"NAME=\"(a)\"\n", "(a)"},
		{"NAME='a \"b\" \\'\nNAME=\n", ""},
		{"NAME='a \"b\" \\'\n", "a \"b\" \\"},
		{"NAME=\"a\\\"b\\$\"\r\n", "a\"b$"},
		{"NAME=a b # c\n", "a"},
		{"NAME=a\nNAME=b", "b"},
		{"#NAME=a\nname=b\nNAME\n", ""},
		{"NAME=\"a\x1b[2J\xff\"\n", "a?[2J?"},
		{"", ""},
	};
	char name[64], small[6], text[20000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		os_release_name(cases[i].text, strlen(cases[i].text), name, sizeof(name));
		assert_string_equal(name, cases[i].name);
	}
	os_release_name("NAME=a\n\0NAME=b", 14, name, sizeof(name));
	assert_string_equal(name, "a");
	os_release_name("NAME=Debian\n", 12, small, sizeof(small));
	assert_string_equal(small, "Debia");
	memset(text, 'x', sizeof(text));
	memcpy(text, "NAME=", 5);
	os_release_name(text, sizeof(text), name, sizeof(name));
	assert_int_equal(strlen(name), sizeof(name) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_distributions),
	};

	return cmocka_run_group_tests_name("os_release", tests, NULL, NULL);
}
